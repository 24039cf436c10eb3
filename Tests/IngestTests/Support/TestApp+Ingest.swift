@_spi(Host) import Access
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
import NIOCore
@_spi(Host) import Questions
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing
@testable import TestSupport

extension TestApp {
    /// Starts Pulse with only the core and probe modules, even if the binary has others.
    static func collecting(
        _ profile: Profile, now: String = noon, yaml: String = "", _ body: @escaping @Sendable (TestApp) async throws -> Void
    ) async throws {
        try await run(profile, modules: try ProbeModule.withCore(), now: now, yaml: yaml, body)
    }

    /// One line per activity row, ordered by time: the values of `columns` separated by spaces, null as `-`.
    func activity(_ columns: String, where condition: SQL = "kind < 2") async throws -> [String] {
        try await lines(
            "SELECT \(sql: columns) FROM core_activity WHERE \(condition) ORDER BY occurred_at, CASE WHEN seq > 0 THEN seq ELSE 1000000 - seq END, path, name"
        )
    }

    func lines(_ statement: SQL) async throws -> [String] {
        try await installation.writer.settle()
        return try await installation.engines.events.query(statement, timeoutSeconds: 20).values.map { row in
            row.map { value in
                switch value {
                case .null: "-"
                case .int(let value): "\(value)"
                case .double(let value): "\(value)"
                case .bool(let value): "\(value)"
                case .text(let value): value
                }
            }.joined(separator: " ")
        }
    }

    /// The ledger, one line per hour: `12:00 received 3 = stored 1 + duplicate 0 + waiting 0 + bot 1 + consent 1, adjusted: too_long 1`.
    func ledger(_ query: String = "", as caller: Caller = .query, sourceLocation: SourceLocation = #_sourceLocation) async throws
        -> [String]
    {
        let answer = try await get("/api/v1/ingest/ledger" + query, as: caller)
        #expect(answer.status == 200, "\(answer.body)", sourceLocation: sourceLocation)
        return try #require(try answer.json()["data"]).elements.map { hour in
            func count(_ name: String) -> Int64 { hour[name]?.integer ?? -1 }
            let refused = (hour["refused"]?.members ?? []).map { ($0.name, $0.value.integer ?? -1) }
            let adjusted = (hour["adjusted"]?.members ?? []).enumerated()
                .map { ($0 == 0 ? ", adjusted: " : " ") + "\($1.name) \($1.value.integer ?? -1)" }.joined()
            let fates = [("stored", count("stored")), ("duplicate", count("duplicate")), ("waiting", count("waiting"))] + refused
            #expect(
                count("received") == fates.reduce(0) { $0 + $1.1 }, "the ledger does not balance: \(hour["hour"]?.string ?? "")",
                sourceLocation: sourceLocation)
            return "\((hour["hour"]?.string ?? "").dropFirst(11).prefix(5)) received \(count("received")) = "
                + fates.map { "\($0.0) \($0.1)" }.joined(separator: " + ") + adjusted
        }
    }

    /// A metric's values by its first label, such as `reason`; the key is `""` if the metric has no labels.
    func metric(_ name: String) async throws -> [String: Int] {
        let text = try await get("/metrics", as: .nobody).body
        var values: [String: Int] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix(name) && !line.hasPrefix("#") {
            let parts = line.split(separator: " "), rest = parts[0].dropFirst(name.count)
            guard rest.isEmpty || rest.hasPrefix("{"), let value = Int(parts[1]) else { continue }
            let reason = rest.split(separator: "\"").dropFirst().first.map(String.init) ?? ""
            values[reason, default: 0] += value
        }
        return values
    }

    /// The metric `name` of the current period in `/api/v1/stats`.
    func stats(_ name: String, _ query: String = "") async throws -> Int64? {
        try await get("/api/v1/stats" + query).json()["current"]?[name]?.integer
    }

    func collect(bytes: [UInt8], as caller: Caller = .ingest, headers: HTTPFields = [:]) async throws -> Answer {
        try await send(.post, "/api/collect", ByteBuffer(bytes: bytes), as: caller, headers: headers)
    }

    func setModule(_ module: String, isEnabled: Bool? = nil, access: AccessLevel? = nil) async throws {
        try await installation.directory.setModules([.init(module: module, isEnabled: isEnabled, access: access)], in: project, by: "test")
    }

    func setPrivacy(_ change: (inout PrivacyRules) -> Void) async throws {
        var rules = PrivacyRules()
        change(&rules)
        try await installation.directory.setPrivacy(rules, in: project, by: "test")
    }

    /// A second project with its keys.
    func otherProject() async throws -> (project: Project, keys: [Caller: String]) {
        let other = try await installation.createProject("Other", domain: "other.example")
        return (other, try await installation.createKeys(in: other))
    }

    func key(_ scopes: [KeyScope], modules: [String]? = nil) async throws -> Caller {
        .key(
            try await installation.directory.createKey(
                .init(name: "test", scopes: scopes, allowedModules: modules), in: project, by: "test"
            ).secret)
    }

    var journalFolder: String { installation.configuration.storage.dataFolder + "/journal" }
}

/// User agents of people and bots.
enum Agent {
    static let firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0"
    static let googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
    static let curl = "curl/8.5.0"
}

extension HTTPFields {
    /// Header fields with arbitrary names.
    static func named(_ fields: [String: String]) -> HTTPFields {
        var headers = HTTPFields()
        for (name, value) in fields { headers[HTTPField.Name(name)!] = value }
        return headers
    }
}

/// A collect request and its exact response.
struct Exchange: Sendable, CustomTestStringConvertible {
    let body: String
    let status: Int
    let answer: String
    let headers: [String: String]

    /// - Parameter error: nil for `{"ok":true}`.
    init(_ body: String, _ status: Int = 200, _ error: String? = nil, headers: [String: String] = [:]) {
        self.body = body
        self.status = status
        answer = error.map { #"{"error":"\#($0)"}"# } ?? #"{"ok":true}"#
        self.headers = headers
    }

    /// - Parameter answer: the exact response body.
    init(_ body: String, _ status: Int, exactly answer: String, headers: [String: String] = [:]) {
        self.body = body
        self.status = status
        self.answer = answer
        self.headers = headers
    }

    var testDescription: String { body.count > 80 ? body.prefix(77) + "..." : body }

    /// Sends the request, and records an issue if the response differs.
    func check(_ app: TestApp, as caller: TestApp.Caller = .ingest, sourceLocation: SourceLocation = #_sourceLocation) async throws {
        let found = try await app.collect(body, as: caller, headers: .named(headers))
        guard found.status != status || found.body != answer else { return }
        Issue.record(
            "\(testDescription) \(headers)\nexpected \(status) \(answer)\ngot      \(found.status) \(found.body)",
            sourceLocation: sourceLocation)
    }
}
