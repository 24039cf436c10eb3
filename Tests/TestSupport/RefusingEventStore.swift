import Common
import Foundation
@_spi(Host) import Storage
import Synchronization

/// An event store that runs queries but applies nothing, like one whose disk is full. What a host acknowledges then stays in its journal, as
/// if the host had been killed.
package final class RefusingEventStore: EventStore {
    private let store: any EventStore

    package init(_ store: any EventStore) { self.store = store }

    package func apply(_ batch: FactBatch) async throws -> AppliedBatch {
        throw ServiceError.unavailable("test_store_refuses", "The test's store applies nothing.")
    }

    // MARK: Forwarded

    package var dialect: Dialect { store.dialect }
    package func query(_ statement: SQL, timeoutSeconds: Double) async throws -> Rows {
        try await store.query(statement, timeoutSeconds: timeoutSeconds)
    }
    package func reader(of project: Int32, secondsPerBatch: Double) throws -> any BatchReader {
        try store.reader(of: project, secondsPerBatch: secondsPerBatch)
    }
    package func change(_ statements: [SQL]) async throws { try await store.change(statements) }
    package func erase(_ statements: [SQL]) async throws { try await store.erase(statements) }
    package func erasure(of visitor: Int64, in project: Int32, from table: FactTable) -> [SQL] {
        store.erasure(of: visitor, in: project, from: table)
    }
    package func position(of journal: String) async throws -> JournalPosition? { try await store.position(of: journal) }
    package func visitor(_ key: Int64, of project: Int32) async throws -> Int64? { try await store.visitor(key, of: project) }
    package func visitorBound(of project: Int32) async throws -> Int64? { try await store.visitorBound(of: project) }
    package func erasure(of visitor: Int64, in project: Int32) -> [SQL] { store.erasure(of: visitor, in: project) }
    package func ping() async throws { try await store.ping() }
    package func backup(to path: String) async throws -> [String: Int64] { try await store.backup(to: path) }
    package func restore(from path: String) async throws { try await store.restore(from: path) }
    package func close() async { await store.close() }
}
