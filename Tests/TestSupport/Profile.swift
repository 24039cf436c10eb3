import Common
import Foundation
import Testing

/// The two sets of engines that Pulse runs on. Tests that go the whole way run on each.
public enum Profile: String, Sendable, CaseIterable, CustomTestStringConvertible {
    case embedded, server

    public var testDescription: String { rawValue }

    /// Both where `make test` has started servers; the embedded one alone for a plain `swift test`.
    public static let available: [Profile] =
        serverURL == nil ? [.embedded] : [.embedded, .server]

    /// A PostgreSQL server on which databases may be made, and a Redis: private ones, started by `make test`.
    static let serverURL = ProcessInfo.processInfo.environment["PULSE_TEST_DATABASE_URL"]
    static let redisURL = ProcessInfo.processInfo.environment["PULSE_TEST_REDIS_URL"]

    /// The environment that makes a host run on this profile, with a database of its own.
    public func environment() async throws -> [String: String] {
        guard self == .server, let server = Self.serverURL else { return [:] }
        let name = "pulse_" + Identifiers.token(prefix: "", length: 12).lowercased().replacingOccurrences(of: "-", with: "x")
        try createDatabase(name, on: server)
        var environment = ["DATABASE_URL": Self.replacing(database: name, in: server)]
        if let redis = Self.redisURL { environment["REDIS_URL"] = redis }
        return environment
    }

    /// With PostgreSQL's own program, which is there wherever its server is.
    private func createDatabase(_ name: String, on server: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["psql", "-q", "-d", server, "-c", "CREATE DATABASE \(name)"]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw ServiceError.unavailable("test_database", "psql could not create database \(name)")
        }
    }

    private static func replacing(database: String, in url: String) -> String {
        guard let slash = url.lastIndex(of: "/") else { return url }
        let query = url[slash...].firstIndex(of: "?").map { String(url[$0...]) } ?? ""
        return url[...slash] + database + query
    }
}
