import Core
import Foundation

/// `pulse serve` as a separate process, on a data folder that outlives it, so it can be killed and started again.
struct PulseProcess: Sendable {
    static let adminToken = "an-admin-token-of-the-tests"

    let child: Child
    /// The base URL, such as `http://127.0.0.1:41235`.
    let address: String

    /// The settings that all starts have in common.
    struct Setup: Sendable {
        let folder: String
        /// The profile's variables, which say where its databases are.
        var environment: [String: String] = [:]
        /// The contents of the configuration file; nil for the defaults.
        var configuration: String?

        var data: String { folder + "/data" }
        var configurationFile: String { folder + "/pulse.yaml" }

        func write(_ yaml: String) throws { try yaml.write(toFile: configurationFile, atomically: true, encoding: .utf8) }

        /// Starts Pulse without waiting for it.
        func spawn(_ arguments: [String] = ["serve"]) throws -> Child {
            if let configuration, !FileManager.default.fileExists(atPath: configurationFile) { try write(configuration) }
            let file = configuration == nil ? [] : ["--config", configurationFile]
            let defaults = [
                "PULSE_DATA": data, "PULSE_HOST": "127.0.0.1", "PULSE_PORT": "0", "PULSE_ADMIN_TOKEN": PulseProcess.adminToken,
                "PULSE_LIMIT_INGEST": "0", "PULSE_LIMIT_QUERY": "0",
            ]
            return try Child(
                [Repository.pulse] + arguments + file,
                environment: defaults.merging(environment) { $1 }.filter { !$0.value.isEmpty }, in: folder)
        }

        /// Starts Pulse, and returns once it accepts requests.
        func start(_ arguments: [String] = ["serve"]) async throws -> PulseProcess {
            try await PulseProcess(child: spawn(arguments))
        }
    }

    /// Waits until `child` accepts requests.
    init(child: Child) async throws {
        self.child = child
        // NIO writes an address as [IPv4]127.0.0.1/127.0.0.1:41235.
        let port = try await child.word(after: "ready address=", seconds: 60).split(separator: ":").last ?? ""
        address = "http://127.0.0.1:\(port)"
    }

    // MARK: Its API

    struct Keys: Sendable { let ingest, query: String }

    func createProject() async throws -> Keys {
        let project = try await administer("/api/admin/projects", #"{"name":"Shop","domain":"example.com"}"#)["id"]?.string ?? ""
        func key(_ scope: String) async throws -> String {
            try await administer("/api/admin/projects/\(project)/keys", #"{"name":"\#(scope)","scopes":["\#(scope)"]}"#)["key"]?.string
                ?? ""
        }
        return Keys(ingest: try await key("ingest"), query: try await key("query"))
    }

    private func administer(_ path: String, _ body: String) async throws -> JSON {
        let answer = try await HTTP.post(
            address + path, body, headers: [("Authorization", "Bearer \(Self.adminToken)"), ("Content-Type", "application/json")])
        guard answer.status == 201 else { throw Patience.Exhausted(description: "\(path) answered \(answer.status) \(answer.body)") }
        return try answer.json()
    }

    func collect(_ body: String, _ keys: Keys, seconds: Int64 = 60) async throws -> HTTP.Answer {
        try await HTTP.post(address + "/api/collect", body, headers: [("X-Pulse-Key", keys.ingest)] + Self.browser, seconds: seconds)
    }

    private static let browser = [
        ("Content-Type", "application/json"), ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0"),
    ]

    func ask(_ path: String, _ keys: Keys) async throws -> JSON {
        let answer = try await HTTP.get(address + path, headers: [("X-Pulse-Key", keys.query)])
        guard answer.status == 200 else { throw Patience.Exhausted(description: "\(path) answered \(answer.status) \(answer.body)") }
        return try answer.json()
    }

    /// The number of stored events by name.
    func eventCounts(_ keys: Keys) async throws -> [String: Int64] {
        var counts: [String: Int64] = [:]
        while true {
            let rows = try await ask("/api/v1/events?limit=1000&offset=\(counts.count)", keys)["data"]?.elements ?? []
            for row in rows { counts[row["name"]?.string ?? "", default: 0] += row["count"]?.integer ?? 0 }
            if rows.count < 1_000 { return counts }
        }
    }

    struct Balance: Sendable, Equatable {
        var received: Int64 = 0, stored: Int64 = 0, duplicate: Int64 = 0, refused: Int64 = 0, waiting: Int64 = 0
    }

    /// The ledger, summed over the hours.
    func balance(_ keys: Keys) async throws -> Balance {
        try await (ask("/api/v1/ingest/ledger", keys)["data"]?.elements ?? []).reduce(into: Balance()) { sum, hour in
            sum.received += hour["received"]?.integer ?? 0
            sum.stored += hour["stored"]?.integer ?? 0
            sum.duplicate += hour["duplicate"]?.integer ?? 0
            sum.refused += hour["refused"]?.members.reduce(0) { $0 + ($1.value.integer ?? 0) } ?? 0
            sum.waiting += hour["waiting"]?.integer ?? 0
        }
    }

    /// Asks Pulse to stop, waits for it, and returns its exit status.
    @discardableResult
    func stop(within seconds: Double = 30) async throws -> Int32 {
        child.signal(SIGTERM)
        return try await child.exit(within: seconds)
    }
}
