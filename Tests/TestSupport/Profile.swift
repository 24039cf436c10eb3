import Common
import Foundation
import Testing

/// The two sets of engines that Pulse runs on. Integration tests run on both.
package enum Profile: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case embedded, server

    package var testDescription: String { rawValue }

    /// Both profiles if `make test` has started the servers; only `embedded` for a plain `swift test`.
    package static let available: [Profile] =
        serverURL == nil ? [.embedded] : [.embedded, .server]

    /// A private PostgreSQL server on which tests create databases, and a private Redis, both started by `make test`.
    static let serverURL = ProcessInfo.processInfo.environment["PULSE_TEST_DATABASE_URL"]
    static let redisURL = ProcessInfo.processInfo.environment["PULSE_TEST_REDIS_URL"]

    /// The environment variables that make a host run on this profile, with a new and empty database.
    package func environment() async throws -> [String: String] {
        guard self == .server else { return [:] }
        return try environment(database: try createDatabase())
    }

    /// The environment variables that make a host use this database.
    func environment(database: String) throws -> [String: String] {
        guard let server = Self.serverURL else { return [:] }
        var environment = ["DATABASE_URL": Self.replacing(database: database, in: server)]
        if let redis = Self.redisURL { environment["REDIS_URL"] = redis }
        return environment
    }

    /// The ports of a Citus cluster, its coordinator first, if `server` is to be one; otherwise empty.
    static let clusterNodes: [String] = {
        let environment = ProcessInfo.processInfo.environment
        guard environment["PULSE_TEST_ENGINE"] == "citus" else { return [] }
        return (environment["PULSE_TEST_CITUS_NODES"] ?? "").split(separator: " ").map(String.init)
    }()

    /// Creates a database with `psql`, which is installed on every machine that has the server.
    /// - Parameter template: the database to copy, which must have no open connections; nil to create an empty database.
    /// - Returns: its name.
    func createDatabase(copying template: String? = nil) throws -> String {
        let name = Self.newDatabaseName()
        if Self.clusterNodes.isEmpty {
            try Self.psql(Self.serverURL!, ["CREATE DATABASE \(name)\(template.map { " TEMPLATE \($0)" } ?? "")"])
        } else {
            try Self.createDatabase(name, onNodes: Self.clusterNodes)
        }
        return name
    }

    package static func newDatabaseName() -> String {
        "pulse_" + Identifiers.token(prefix: "", length: 12).lowercased().replacingOccurrences(of: "-", with: "x")
    }

    /// Creates a database on each node of a Citus cluster, and makes the nodes known to its coordinator, which is the first.
    package static func createDatabase(_ name: String, onNodes ports: [String]) throws {
        for port in ports { try psql(superuser(port), ["CREATE DATABASE \(name) OWNER pulse TEMPLATE citus_template"]) }
        try psql(
            superuser(ports[0], name),
            ["SELECT citus_set_coordinator_host('127.0.0.1', \(ports[0]))"]
                + ports.dropFirst().map { "SELECT citus_add_node('127.0.0.1', \($0))" })
    }

    package static func superuser(_ port: String, _ database: String = "postgres") -> String {
        "postgresql://postgres@127.0.0.1:\(port)/\(database)"
    }

    /// Runs commands, and returns the rows that they print, with `|` between columns.
    @discardableResult
    package static func psql(_ url: String, _ commands: [String]) throws -> String {
        let process = Process(), output = Pipe()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", url] + commands.flatMap { ["-c", $0] }
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ServiceError.unavailable("test_database", "psql failed: \(commands.joined(separator: "; "))")
        }
        return text.trimmingCharacters(in: .newlines)
    }

    /// Deletes the rows of all tables of a database, but for the records of migrations. For clusters, where new tables take seconds.
    static func empty(_ database: String) throws {
        try psql(
            superuser(clusterNodes[0], database),
            [
                """
                DO $empty$ DECLARE list text; BEGIN
                  SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
                  SELECT string_agg(format('%I.%I', n.nspname, c.relname), ', ') INTO list FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname LIKE 'pulse%' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
                    AND c.relname NOT LIKE '%migrations%' AND c.relname <> 'ingest_shards';
                  EXECUTE 'TRUNCATE ' || list;
                END $empty$
                """
            ])
    }

    private static func replacing(database: String, in url: String) -> String {
        guard let slash = url.lastIndex(of: "/") else { return url }
        let query = url[slash...].firstIndex(of: "?").map { String(url[$0...]) } ?? ""
        return url[...slash] + database + query
    }
}
