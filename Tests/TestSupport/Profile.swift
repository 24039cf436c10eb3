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

    /// Creates a database with `psql`, which is installed on every machine that has the server.
    /// - Parameter template: the database to copy, which must have no open connections; nil to create an empty database.
    /// - Returns: its name.
    func createDatabase(copying template: String? = nil) throws -> String {
        let name = "pulse_" + Identifiers.token(prefix: "", length: 12).lowercased().replacingOccurrences(of: "-", with: "x")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [
            "psql", "-q", "-d", Self.serverURL!, "-c", "CREATE DATABASE \(name)\(template.map { " TEMPLATE \($0)" } ?? "")",
        ]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ServiceError.unavailable("test_database", "psql could not create database \(name)")
        }
        return name
    }

    private static func replacing(database: String, in url: String) -> String {
        guard let slash = url.lastIndex(of: "/") else { return url }
        let query = url[slash...].firstIndex(of: "?").map { String(url[$0...]) } ?? ""
        return url[...slash] + database + query
    }
}
