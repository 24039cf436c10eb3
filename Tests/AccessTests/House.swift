@testable import Host
import Coordination
import Core
import NIOCore
import TestSupport
import Testing

/// A running Pulse with two projects and all kinds of keys, for walks over its routes.
struct House: Sendable {
    let app: TestApp
    let endpoints: [Endpoint]
    /// A second project, whose things are none of the first one's business.
    let other: Project
    let otherKeys: [TestApp.Caller: String]

    /// Opens one with the modules of the binary and the probe module.
    static func open(_ profile: Profile, _ body: @escaping @Sendable (House) async throws -> Void) async throws {
        try await TestApp.run(profile, modules: ProbeModule.besideBinary()) { app in
            let other = try await app.installation.createProject("Other", domain: "other.example")
            let otherKeys = try await app.installation.createKeys(in: other)
            let endpoints = app.installation.registry.routes.map { Endpoint(module: $0.module, route: $0.route) }
            try await body(House(app: app, endpoints: endpoints, other: other, otherKeys: otherKeys))
        }
    }

    var project: Project { app.project }
    var directory: Directory { app.installation.directory }

    /// Whether the clock of the rate limits is the test's; Redis has its own.
    var hasOwnClock: Bool { app.installation.engines.coordination is LocalCoordination }

    func key(_ scopes: [KeyScope], modules: [String]? = nil, expiresAt: Instant? = nil, in project: Project? = nil) async throws -> String {
        try await directory.createKey(
            .init(name: "stranger", scopes: scopes, expiresAt: expiresAt, allowedModules: modules), in: project ?? self.project, by: "test"
        ).secret
    }

    func revokedKey(_ scopes: [KeyScope]) async throws -> String {
        let made = try await directory.createKey(.init(name: "stranger", scopes: scopes), in: project, by: "test")
        try await directory.revokeKey(made.key.id, in: project, by: "test")
        return made.secret
    }

    /// Another module than `module`.
    func module(otherThan module: String?) -> String { module == "core" ? "probe" : "core" }

    func set(_ module: String, isEnabled: Bool? = nil, access: AccessLevel? = nil) async throws {
        try await directory.setModules([.init(module: module, isEnabled: isEnabled, access: access)], in: project, by: "test")
    }

    /// All modules on, at every level.
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

    /// The caller for whom `endpoint` is made.
    func owner(of endpoint: Endpoint) -> TestApp.Caller {
        switch endpoint.kind {
        case .ingest, .frontend: .ingest
        case .query: .query
        case .adminKey: .admin
        case .admin, .installation: .token
        case .publicToken, .anonymous: .nobody
        }
    }

    // MARK: Asking

    /// Sends what `endpoint` takes; a stream is ended as soon as it has begun.
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
            // Who is refused is answered at once. Who is not would listen for ever, and goes after a while.
            let pause = patience
            let leaving = Task {
                try await Task.sleep(for: .milliseconds(pause))
                request.cancel()
            }
            let result = await request.result
            leaving.cancel()
            // On a busy machine it may have been too early.
            if case .success(let answer) = result, answer.status != 503 { return answer }
            guard patience < 10_000 else { return try result.get() }
            patience *= 2
        }
    }

    /// Records where an answer is not the refusal that it must be.
    func expect(
        _ answer: TestApp.Answer, _ status: Int, _ sentence: String, _ endpoint: Endpoint, asking: String = "",
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let body = #"{"error":"\#(sentence)"}"#
        guard answer.status != status || answer.body != body else { return }
        let who = asking.isEmpty ? "" : ", asked by \(asking)"
        Issue.record("\(endpoint)\(who): expected \(status) \(body); got \(answer.status) \(answer.body)", sourceLocation: sourceLocation)
    }

    // MARK: Things of a project

    /// Ids for the names in the path of `endpoint`, of things made for it in `project` by its owner. A name that nothing
    /// creates is no id (the name of a module, a visitor), and is left out.
    func things(for endpoint: Endpoint, in project: Project, keys: [TestApp.Caller: String]) async throws -> [String: String] {
        var values: [String: String] = [:]
        var prefix: [Substring] = []
        for part in endpoint.route.path.split(separator: "/") {
            defer { prefix.append(part) }
            let name = String(part.dropFirst().dropLast())
            guard part.hasPrefix("{"), !endpoint.isProject(name), let maker = maker(at: "/" + prefix.joined(separator: "/")) else { continue }
            let caller: TestApp.Caller = maker.takesKey ? .key(keys[owner(of: maker)]!) : .token
            let answer = try await ask(maker, as: caller, path: maker.path(in: project, values), body: unique(maker.body))
            guard answer.status == 201, let id = try answer.json()["id"]?.string else {
                Issue.record("\(maker) refuses the sample made from its schema: \(answer.body) Add one to SampleBodies.")
                continue
            }
            values[name] = id
        }
        return values
    }

    /// Whether a name in the path is the id of something that a route makes.
    func namesThings(_ endpoint: Endpoint) -> Bool {
        let parts = endpoint.route.path.split(separator: "/")
        return parts.indices.contains { index in
            parts[index].hasPrefix("{") && !endpoint.isProject(String(parts[index].dropFirst().dropLast()))
                && maker(at: "/" + parts[..<index].joined(separator: "/")) != nil
        }
    }

    /// The route that makes the things of which `path` is the list.
    func maker(at path: String) -> Endpoint? {
        endpoints.first { $0.route.method == .post && $0.route.path == path && $0.route.success.status == 201 }
    }

    /// The body with a name that was not used before.
    private func unique(_ body: String?) -> String? {
        guard let body, let json = try? JSON.parse(body), ["name", "user_name", "user_id"].contains(where: { json[$0]?.string != nil }) else { return body }
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
