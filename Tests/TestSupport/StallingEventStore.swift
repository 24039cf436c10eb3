import Common
@_spi(Host) import Storage
import Synchronization

/// An event store that applies no batches while a test holds it, but still runs queries. To readers, it looks like a slow store.
package final class StallingEventStore: EventStore {
    private struct State {
        var isHeld = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let store: any EventStore
    private let isRefusing: Bool
    private let state = Mutex(State())

    /// - Parameter refusing: whether every batch fails. What a host acknowledges then stays in its journal, as if the host had been killed.
    package init(_ store: any EventStore, refusing: Bool = false) {
        self.store = store
        isRefusing = refusing
    }

    package func hold() { state.withLock { $0.isHeld = true } }

    package func release() {
        let waiters = state.withLock { state in
            defer { state = State() }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    package func apply(_ batch: FactBatch) async throws -> AppliedBatch {
        if isRefusing { throw ServiceError.unavailable("test_store_refuses", "The test's store applies nothing.") }
        await withCheckedContinuation { waiter in
            let isHeld = state.withLock { state in
                if state.isHeld { state.waiters.append(waiter) }
                return state.isHeld
            }
            if !isHeld { waiter.resume() }
        }
        return try await store.apply(batch)
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
