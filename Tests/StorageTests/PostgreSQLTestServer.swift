import Foundation
@_spi(Host) @testable import PostgreSQLEngine
@_spi(Host) import Storage
import TestSupport

/// The server at `PULSE_TEST_DATABASE_URL`. Each test creates its own schema there and drops it.
enum PostgreSQLTestServer {
    /// Nil without a server. In that case, suites that need one are skipped.
    static let url = ProcessInfo.processInfo.environment["PULSE_TEST_DATABASE_URL"]
    static var isThere: Bool { url != nil }

    static func newSchema() -> String {
        "test_" + UUID().uuidString.lowercased().filter { $0 != "-" }
    }

    static func drop(_ schema: String) async throws {
        let store = try PostgreSQLControlStore(url: url!, maximumConnections: 1, schema: schema, logger: .quiet)
        try await store.write("DROP SCHEMA IF EXISTS \(sql: schema) CASCADE")
        await store.close()
    }

    /// Gives `body` a control store in its own schema.
    static func withControlStore(
        connections: Int = 5, url: String? = nil, _ body: (PostgreSQLControlStore, _ schema: String) async throws -> Void
    ) async throws {
        try await withSchema { schema in
            let store = try PostgreSQLControlStore(url: url ?? Self.url!, maximumConnections: connections, schema: schema, logger: .quiet)
            try await closing(store.close) { try await body(store, schema) }
        }
    }

    /// Gives `body` an event store in its own schema, with the ingest tables and those of `FactSamples`.
    static func withEventStore(
        url: String? = nil, _ body: (PostgreSQLEventStore, _ schema: String) async throws -> Void
    ) async throws {
        try await withSchema { schema in
            let store = try eventStore(schema, url: url)
            try await closing(store.close) {
                for migration in IngestTables.migrations + [FactSamples.migration] {
                    try await store.change(migration.steps.flatMap { $0.statements(for: .postgresql) })
                }
                try await body(store, schema)
            }
        }
    }

    static func eventStore(_ schema: String, url: String? = nil) throws -> PostgreSQLEventStore {
        try PostgreSQLEventStore(url: url ?? Self.url!, maximumConnections: 5, schema: schema, logger: .quiet)
    }

    static func withSchema(_ body: (String) async throws -> Void) async throws {
        let schema = newSchema()
        await turns.take()
        try await closing({ [turns] in
            try? await drop(schema)
            await turns.giveBack()
        }) { try await body(schema) }
    }

    /// Limits concurrent tests to what a server with 100 connections can handle.
    private static let turns = Turns(8)

    static func closing(_ close: () async -> Void, _ body: () async throws -> Void) async throws {
        do { try await body() } catch {
            await close()
            throw error
        }
        await close()
    }
}

/// Lets at most a fixed number of tasks run at the same time.
private actor Turns {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    func take() async {
        if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
    }

    func giveBack() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
