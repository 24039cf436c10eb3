@_spi(Host) import Access
@_spi(Host) import Coordination
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
import NIOCore
@_spi(Host) import Platform
@_spi(Host) import Questions
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing
import TestSupport

/// A running Pulse with two projects and keys of every kind, for tests that go over all routes.
struct AccessFixture: Sendable {
    let app: TestApp
    let endpoints: [Endpoint]
    /// A second project, whose resources must be invisible to the first.
    let other: Project
    let otherKeys: [TestApp.Caller: String]
    private let ring = KeyRing()

    /// Runs `body` with a fixture that has all modules of the binary, plus the probe module.
    static func open(_ profile: Profile, _ body: @escaping @Sendable (AccessFixture) async throws -> Void) async throws {
        try await TestApp.run(profile, modules: ProbeModule.withLoadedModules()) { app in
            let other = try await app.installation.createProject("Other", domain: "other.example")
            let otherKeys = try await app.installation.createKeys(in: other)
            let endpoints = app.installation.registry.routes.map { Endpoint(module: $0.module, route: $0.route) }
            try await body(AccessFixture(app: app, endpoints: endpoints, other: other, otherKeys: otherKeys))
        }
    }

    var project: Project { app.project }
    var directory: Directory { app.installation.directory }

    /// Whether rate limits use the test's clock. Redis has its own clock.
    var hasOwnClock: Bool { app.installation.engines.coordination is LocalCoordination }

    /// A key of the first project with these rights. Equal rights get the same key: each new key makes the directory read all keys again.
    func key(_ scopes: [KeyScope], modules: [String]? = nil) async throws -> String {
        try await ring.key("\(scopes) \(modules ?? ["all"])") { try await newKey(scopes, modules: modules) }
    }

    /// A key that nothing else uses.
    func newKey(_ scopes: [KeyScope], modules: [String]? = nil, expiresAt: Instant? = nil) async throws -> String {
        try await directory.createKey(
            .init(name: "stranger", scopes: scopes, expiresAt: expiresAt, allowedModules: modules), in: project, by: "test"
        ).secret
    }

    /// A key that expires at the present instant.
    func expiredKey(_ scopes: [KeyScope]) async throws -> String {
        try await ring.key("\(scopes) until \(app.time.now)") {
            try await newKey(scopes, expiresAt: app.time.now)
        }
    }

    func revokedKey(_ scopes: [KeyScope]) async throws -> String {
        try await ring.key("\(scopes) revoked") {
            let made = try await directory.createKey(.init(name: "stranger", scopes: scopes), in: project, by: "test")
            try await directory.revokeKey(made.key.id, in: project, by: "test")
            return made.secret
        }
    }

    /// The keys made so far, by their rights.
    actor KeyRing {
        private var secrets: [String: String] = [:]

        func key(_ rights: String, _ make: () async throws -> String) async throws -> String {
            if let secret = secrets[rights] { return secret }
            let secret = try await make()
            secrets[rights] = secret
            return secret
        }
    }

    /// A module other than `module`.
    func module(otherThan module: String?) -> String { module == "core" ? "probe" : "core" }

    func set(_ module: String, isEnabled: Bool? = nil, access: AccessLevel? = nil) async throws {
        try await directory.setModules([.init(module: module, isEnabled: isEnabled, access: access)], in: project, by: "test")
    }

    /// Enables all modules with full access.
    func openEverything() async throws {
        let changes = directory.defaults.modules.map { Directory.ModuleChange(module: $0, isEnabled: true, access: .all) }
        try await directory.setModules(changes, in: project, by: "test")
    }

    func setLimits(ingest: Int = 0, query: Int = 0, admin: Int = 0) {
        var configuration = app.installation.configuration
        configuration.limits.ingestPerSecond = ingest
        configuration.limits.queryPerSecond = query
        configuration.limits.adminPerSecond = admin
        app.installation.apply(configuration)
    }

    /// A caller that may use `endpoint`.
    func owner(of endpoint: Endpoint) -> TestApp.Caller {
        switch endpoint.kind {
        case .ingest, .frontend: .ingest
        case .query: .query
        case .adminKey: .admin
        case .admin, .installation: .token
        case .publicToken, .anonymous: .nobody
        }
    }

    // MARK: Requests

    /// Sends a valid request to `endpoint`. If the response is a stream, closes it soon.
    func ask(
        _ endpoint: Endpoint, as caller: TestApp.Caller, path: String? = nil, body: String? = nil, headers: HTTPFields = [:],
        method: HTTPRequest.Method? = nil
    ) async throws -> TestApp.Answer {
        let buffer = (body ?? endpoint.body).map { ByteBuffer(string: $0) }
        let path = path ?? endpoint.path(in: project), method = method ?? endpoint.route.method
        guard endpoint.isStream else { return try await app.send(method, path, buffer, as: caller, headers: headers) }
        var patience = 250
        while true {
            let request = Task { try await app.send(method, path, buffer, as: caller, headers: headers) }
            // A rejected caller gets a response immediately. An admitted caller would wait for the stream's end forever, so the request is
            // cancelled after a while.
            let pause = patience
            let leaving = Task {
                try await Task.sleep(for: .milliseconds(pause))
                request.cancel()
            }
            let result = await request.result
            leaving.cancel()
            // On a busy machine, the request may have been cancelled too early.
            if case .success(let answer) = result, answer.status != 503 { return answer }
            guard patience < 10_000 else { return try result.get() }
            patience *= 2
        }
    }

    /// Records an issue unless the response is the expected error.
    func expect(
        _ answer: TestApp.Answer, _ status: Int, _ sentence: String, _ endpoint: Endpoint, asking: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let body = #"{"error":"\#(sentence)"}"#
        guard answer.status != status || answer.body != body else { return }
        let who = asking.isEmpty ? "" : ", asked by \(asking)"
        Issue.record("\(endpoint)\(who): expected \(status) \(body); got \(answer.status) \(answer.body)", sourceLocation: sourceLocation)
    }

    // MARK: Resources of a project

    /// Creates the resources in `project` that the path of `endpoint` refers to. Returns their ids by placeholder. Leaves out placeholders
    /// for what no route creates, such as module names and visitor ids.
    func things(for endpoint: Endpoint, in project: Project, keys: [TestApp.Caller: String]) async throws -> [String: String] {
        var values: [String: String] = [:]
        var prefix: [Substring] = []
        for part in endpoint.route.path.split(separator: "/") {
            defer { prefix.append(part) }
            let name = String(part.dropFirst().dropLast())
            guard part.hasPrefix("{"), !endpoint.isProject(name), let maker = maker(at: "/" + prefix.joined(separator: "/")) else {
                continue
            }
            let caller: TestApp.Caller = maker.takesKey ? .key(keys[owner(of: maker)]!) : .token
            let answer = try await ask(maker, as: caller, path: maker.path(in: project, values), body: unique(maker.body))
            guard answer.status == 201, let id = try answer.json()["id"]?.string else {
                Issue.record("\(maker) rejects the sample made from its schema: \(answer.body) Add one to the module's samples.json.")
                continue
            }
            values[name] = id
        }
        return values
    }

    /// Whether the path has the id of a resource that some route creates.
    func namesThings(_ endpoint: Endpoint) -> Bool {
        let parts = endpoint.route.path.split(separator: "/")
        return parts.indices.contains { index in
            parts[index].hasPrefix("{") && !endpoint.isProject(String(parts[index].dropFirst().dropLast()))
                && maker(at: "/" + parts[..<index].joined(separator: "/")) != nil
        }
    }

    /// The route that creates the resources listed at `path`.
    func maker(at path: String) -> Endpoint? {
        endpoints.first { $0.route.method == .post && $0.route.path == path && $0.route.success.status == 201 }
    }

    /// The body with random values for its names and keys, so that they are unique.
    private func unique(_ body: String?) -> String? {
        guard let body, let json = try? JSON.parse(body), ["name", "user_name", "user_id"].contains(where: { json[$0]?.string != nil })
        else { return body }
        var text = JSONText(), first = true
        text.append(raw: "{")
        for (name, value) in json.members {
            if !first { text.append(raw: ",") }
            first = false
            text.append(string: name)
            text.append(raw: ":")
            switch name {
            case "name", "user_name", "user_id": text.append(string: Identifiers.token(prefix: "n", length: 10))
            case "key": text.append(string: Identifiers.token(prefix: "k", length: 10).lowercased().replacing("-", with: "_"))
            default: text.append(value)
            }
        }
        text.append(raw: "}")
        return text.string
    }
}
