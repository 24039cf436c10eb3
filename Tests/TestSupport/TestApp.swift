@_spi(Host) import Access
@_spi(Host) import Common
import Core
import Foundation
@_spi(Host) @testable import Host
import Hummingbird
import HummingbirdTesting
@_spi(Host) import Ingest
@_spi(Host) import Jobs
import Logging
import NIOCore
@_spi(Host) import Platform
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing

/// A complete Pulse in this process, with its own data, for one test: collect, then query.
///
/// Every successful JSON response is checked against the schema that its route declares, so the OpenAPI document can't
/// contradict the actual responses.
package struct TestApp: Sendable {
    package let installation: Installation
    package let time: ManualTime
    package let project: Project
    /// Key secrets by caller.
    package let keys: [Caller: String]
    let client: any TestClientProtocol
    private let declared: DeclaredAnswers

    package enum Caller: Hashable, Sendable {
        case ingest, query, admin, server
        /// The installation's admin token, as a bearer token.
        case token
        case nobody
        /// Any other key.
        case key(String)
        /// Any other bearer token.
        case bearer(String)
    }

    package enum Wire: Sendable { case inProcess, socket }

    /// Changes the connection limits of a test that runs over sockets.
    @TaskLocal static var limits: (@Sendable (inout ConnectionLimits) -> Void)?

    package static let noon = "2026-03-02T12:00:00Z"

    /// Waits until what was collected can be queried, also if that takes longer than a report waits, as it may on a cluster.
    package func settle() async throws {
        while true {
            do { return try await installation.writer.settle() } catch let error as ServiceError where error.status == 503 {
                try Task.checkCancellation()  // a node is coming back
            }
        }
    }

    /// Opens a Pulse on `profile`, runs `body` against it, and removes everything afterwards.
    /// - Parameters:
    ///   - modules: the modules to load; nil for those of the suite (`.modules(...)`).
    ///   - yaml: configuration on top of the defaults.
    package static func run(
        _ profile: Profile = .embedded, modules: [any AnalyticsModule]? = nil, now: String = noon, yaml: String = "",
        events: ((any EventStore) -> any EventStore)? = nil, followers: [any JournalFollower] = [], over wire: Wire = .inProcess,
        _ body: @escaping @Sendable (TestApp) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "pulse-test-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let modules =
            try modules
            ?? ModuleList.current.load(
                HostConfiguration.parse(yaml, knownModules: ModuleList.current.names, knownSurfaces: ModuleList.current.surfaces).modules)
        let environment = try await StoreTemplates.shared.stores(profile, modules, in: folder)
        try await run(
            in: folder, environment: environment, modules: modules, now: now, yaml: yaml, events: events, followers: followers, over: wire,
            body)
        await StoreTemplates.shared.leave(environment)
    }

    /// Runs `body` against a Pulse on a given data folder, for tests that start Pulse more than once.
    package static func run(
        in folder: String, environment: [String: String] = [:], modules: [any AnalyticsModule]? = nil, now: String = noon,
        yaml: String = "", events: ((any EventStore) -> any EventStore)? = nil, followers: [any JournalFollower] = [],
        over wire: Wire = .inProcess,
        _ body: @escaping @Sendable (TestApp) async throws -> Void
    ) async throws {
        let defaults = [
            "PULSE_DATA": folder, "PULSE_HOST": "127.0.0.1", "PULSE_PORT": "0", "PULSE_LIMIT_INGEST": "0", "PULSE_LIMIT_QUERY": "0",
        ]
        let names = (modules ?? []).map(\.name) + ModuleList.current.names
        var configuration = try HostConfiguration.parse(
            yaml, environment: defaults.merging(environment) { $1 }, knownModules: names, knownSurfaces: ModuleList.current.surfaces)
        if !yaml.contains("admin_per_second") { configuration.limits.adminPerSecond = 0 }
        let time = ManualTime(now), telemetry = Telemetry(configuration.telemetry, quiet: true)
        let installation = try await Installation.open(
            configuration, modules: try modules ?? ModuleList.current.load(configuration.modules), time: time,
            events: { store in
                let store = events?(store) ?? store
                return store.dialect == .postgresql ? PartsCheck(store) : store
            },
            followers: followers, telemetry: telemetry, logger: telemetry.logger("test"))
        do {
            let project =
                if let known = installation.directory.projects.first { known } else {
                    try await installation.createProject("Test", domain: "example.com")
                }
            let keys = try await installation.createKeys(in: project)
            var connections = installation.connectionLimits
            Self.limits?(&connections)
            let declared = DeclaredAnswers(installation.registry.routes.map(\.route))
            try await installation.application(limits: connections).test(wire == .socket ? .live : .router) { client in
                // Close the streams before the server stops, because it waits for every response to end.
                defer { installation.stream.close() }
                // A test that moves the clock on doesn't mean to run the schedules.
                await installation.taskRunner.firstLook()
                try await body(
                    TestApp(installation: installation, time: time, project: project, keys: keys, client: client, declared: declared))
            }
            await installation.close()
        } catch {
            await installation.close()
            throw error
        }
    }

    // MARK: Requests

    package struct Answer: Sendable {
        package let status: Int
        package let headers: HTTPFields
        package let body: String

        package func json() throws -> JSON { try JSON.parse(body) }
    }

    package func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: ByteBuffer? = nil, as caller: Caller = .nobody, headers: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = headers
        switch caller {
        case .nobody: break
        case .token: headers[.authorization] = "Bearer \(installation.adminToken)"
        case .bearer(let token): headers[.authorization] = "Bearer \(token)"
        case .key(let key): headers[PulseSurface.keyHeader] = key
        case .admin where path.hasPrefix("/api/admin"): headers[.authorization] = "Bearer \(keys[.admin]!)"
        default: headers[PulseSurface.keyHeader] = keys[caller]
        }
        if headers[.userAgent] == nil { headers[.userAgent] = Self.chrome }
        return try await client.execute(uri: path, method: method, headers: headers, body: body) { response in
            let answer = Answer(status: Int(response.status.code), headers: response.headers, body: String(buffer: response.body))
            try checkSchema(answer, method, path)
            return answer
        }
    }

    package func get(_ path: String, as caller: Caller = .query, headers: HTTPFields = [:]) async throws -> Answer {
        try await send(.get, path, as: caller, headers: headers)
    }

    package func post(_ path: String, _ body: String = "", as caller: Caller, headers: HTTPFields = [:]) async throws -> Answer {
        try await send(.post, path, ByteBuffer(string: body), as: caller, headers: headers)
    }

    package func put(_ path: String, _ body: String, as caller: Caller) async throws -> Answer {
        try await send(.put, path, ByteBuffer(string: body), as: caller)
    }

    package func delete(_ path: String, as caller: Caller) async throws -> Answer { try await send(.delete, path, as: caller) }

    /// `POST /api/collect`
    @discardableResult
    package func collect(_ body: String, as caller: Caller = .ingest, headers: HTTPFields = [:]) async throws -> Answer {
        try await post("/api/collect", body, as: caller, headers: headers)
    }

    package static let chrome =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"

    // MARK: Checks

    /// Checks that a successful JSON response matches the schema that its route declares.
    private func checkSchema(_ answer: Answer, _ method: HTTPRequest.Method, _ path: String) throws {
        guard (200..<300).contains(answer.status), answer.headers[.contentType]?.hasPrefix("application/json") == true else { return }
        guard let schema = declared.schema(method, path) else { return }
        do { try schema.check(try answer.json()) } catch {
            Issue.record("\(method) \(path) returned a response that its route does not declare: \(error)\n\(answer.body)")
        }
    }

    /// The schemas that a host's routes declare for their responses.
    struct DeclaredAnswers: Sendable {
        /// The routes by method and number of path segments. Routes with the fewest placeholders come first, because the router
        /// prefers them.
        private let routes: [String: [(pattern: [Substring], route: Route)]]

        init(_ routes: [Route]) {
            self.routes = Dictionary(grouping: routes.map { (pattern: $0.path.split(separator: "/"), route: $0) }) {
                Self.key($0.route.method, $0.pattern)
            }.mapValues { $0.sorted { Self.placeholders($0.pattern) < Self.placeholders($1.pattern) } }
        }

        func schema(_ method: HTTPRequest.Method, _ path: String) -> Schema? {
            let parts = path.prefix { $0 != "?" }.split(separator: "/")
            return routes[Self.key(method, parts)]?.first { route in
                zip(route.pattern, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
            }?.route.success.schema
        }

        private static func key(_ method: HTTPRequest.Method, _ parts: [Substring]) -> String { "\(method) \(parts.count)" }
        private static func placeholders(_ pattern: [Substring]) -> Int { pattern.count { $0.hasPrefix("{") } }
    }
}

extension Installation {
    package func createProject(_ name: String, domain: String) async throws -> Project {
        try await directory.createProject(name: name, domain: domain, privacy: PrivacyRules(configuration.privacy), by: "test")
    }

    package func createKeys(in project: Project) async throws -> [TestApp.Caller: String] {
        func key(_ scopes: [KeyScope], server: Bool = false) async throws -> String {
            try await directory.createKey(.init(name: "test", scopes: scopes, isServer: server), in: project, by: "test").secret
        }
        return [
            .ingest: try await key([.ingest]), .query: try await key([.query]), .admin: try await key([.admin]),
            .server: try await key([.ingest], server: true),
        ]
    }
}
