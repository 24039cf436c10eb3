import Access
import Common
import Core
import Foundation
@testable import Host
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Platform
import Settings
import Storage
import Testing

/// A whole Pulse in this process, with data of its own, for one test: collect, then ask.
///
/// Every successful JSON answer is checked against the schema that its route declares, so that OpenAPI can't say
/// anything else than what is served.
public struct TestApp: Sendable {
    public let installation: Installation
    public let time: ManualTime
    public let project: Project
    /// Keys by what they may do.
    public let keys: [Caller: String]
    let client: any TestClientProtocol

    public enum Caller: Hashable, Sendable {
        case ingest, query, admin, server
        /// The installation's admin token, as a bearer.
        case token
        case nobody
        /// Any other key.
        case key(String)
        /// Any other bearer.
        case bearer(String)
    }

    public enum Wire: Sendable { case inProcess, socket }

    /// Shorter limits for the connections of a test that runs over sockets.
    @TaskLocal static var limits: (@Sendable (inout ConnectionLimits) -> Void)?

    public static let noon = "2026-03-02T12:00:00Z"

    /// Opens a Pulse on `profile`, runs `body` against it, and takes everything away again.
    /// - Parameters:
    ///   - modules: nil for those of the binary.
    ///   - yaml: configuration on top of the defaults.
    public static func run(
        _ profile: Profile = .embedded, modules: [any AnalyticsModule]? = nil, now: String = noon, yaml: String = "",
        events: ((any EventStore) -> any EventStore)? = nil, over wire: Wire = .inProcess,
        _ body: @escaping @Sendable (TestApp) async throws -> Void
    ) async throws {
        let folder = NSTemporaryDirectory() + "pulse-test-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await run(in: folder, environment: try await profile.environment(), modules: modules, now: now, yaml: yaml, events: events, over: wire,
            body)
    }

    /// The same on a given data folder: for tests that start a second time.
    public static func run(
        in folder: String, environment: [String: String] = [:], modules: [any AnalyticsModule]? = nil, now: String = noon,
        yaml: String = "", events: ((any EventStore) -> any EventStore)? = nil, over wire: Wire = .inProcess,
        _ body: @escaping @Sendable (TestApp) async throws -> Void
    ) async throws {
        let defaults = [
            "PULSE_DATA": folder, "PULSE_HOST": "127.0.0.1", "PULSE_PORT": "0", "PULSE_LIMIT_INGEST": "0", "PULSE_LIMIT_QUERY": "0",
        ]
        let names = (modules ?? []).map(\.name) + ModuleList.names
        var configuration = try HostConfiguration.parse(
            yaml, environment: defaults.merging(environment) { $1 }, knownModules: names)
        if !yaml.contains("admin_per_second") { configuration.limits.adminPerSecond = 0 }
        let time = ManualTime(now), telemetry = Telemetry(configuration.telemetry, quiet: true)
        let installation = try await Installation.open(
            configuration, modules: modules, time: time, events: events, telemetry: telemetry, logger: telemetry.logger("test"))
        do {
            let project = if let known = installation.directory.projects.first { known } else {
                try await installation.createProject("Test", domain: "example.com")
            }
            let keys = try await installation.createKeys(in: project)
            var connections = installation.connectionLimits
            Self.limits?(&connections)
            try await installation.application(limits: connections).test(wire == .socket ? .live : .router) { client in
                // Before the server ends, which waits for every answer.
                defer { installation.stream.close() }
                try await body(TestApp(installation: installation, time: time, project: project, keys: keys, client: client))
            }
            await installation.close()
        } catch {
            await installation.close()
            throw error
        }
    }

    // MARK: Requests

    public struct Answer: Sendable {
        public let status: Int
        public let headers: HTTPFields
        public let body: String

        public func json() throws -> JSON { try JSON.parse(body) }
    }

    public func send(
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

    public func get(_ path: String, as caller: Caller = .query, headers: HTTPFields = [:]) async throws -> Answer {
        try await send(.get, path, as: caller, headers: headers)
    }

    public func post(_ path: String, _ body: String = "", as caller: Caller, headers: HTTPFields = [:]) async throws -> Answer {
        try await send(.post, path, ByteBuffer(string: body), as: caller, headers: headers)
    }

    public func put(_ path: String, _ body: String, as caller: Caller) async throws -> Answer {
        try await send(.put, path, ByteBuffer(string: body), as: caller)
    }

    public func delete(_ path: String, as caller: Caller) async throws -> Answer { try await send(.delete, path, as: caller) }

    /// `POST /api/collect`
    @discardableResult
    public func collect(_ body: String, as caller: Caller = .ingest, headers: HTTPFields = [:]) async throws -> Answer {
        try await post("/api/collect", body, as: caller, headers: headers)
    }

    public static let chrome =
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36"

    // MARK: Checks

    /// An answer must be what its route declares.
    private func checkSchema(_ answer: Answer, _ method: HTTPRequest.Method, _ path: String) throws {
        guard (200..<300).contains(answer.status), answer.headers[.contentType]?.hasPrefix("application/json") == true else { return }
        let parts = path.prefix { $0 != "?" }.split(separator: "/")
        let matching = installation.registry.routes.map(\.route).filter { route in
            let pattern = route.path.split(separator: "/")
            return route.method == method && pattern.count == parts.count
                && zip(pattern, parts).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
        }
        // The most literal one is the one that the router takes.
        guard let route = matching.max(by: { $0.path.filter { $0 == "{" }.count > $1.path.filter { $0 == "{" }.count }) else { return }
        if let schema = route.success.schema {
            do { try schema.check(try answer.json()) } catch {
                Issue.record("\(method) \(path) answered what its route does not declare: \(error)\n\(answer.body)")
            }
        }
    }
}

extension Installation {
    public func createProject(_ name: String, domain: String) async throws -> Project {
        try await directory.createProject(name: name, domain: domain, privacy: PrivacyRules(configuration.privacy), by: "test")
    }

    public func createKeys(in project: Project) async throws -> [TestApp.Caller: String] {
        func key(_ scopes: [KeyScope], server: Bool = false) async throws -> String {
            try await directory.createKey(.init(name: "test", scopes: scopes, isServer: server), in: project, by: "test").secret
        }
        return [
            .ingest: try await key([.ingest]), .query: try await key([.query]), .admin: try await key([.admin]),
            .server: try await key([.ingest], server: true),
        ]
    }
}
