import Common
import Storage
import Synchronization

/// An event store that takes no batch while a test holds it, and answers questions all the same: what one that is slow looks
/// like to those who ask.
public final class StallingEventStore: EventStore {
    private struct State {
        var isHeld = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let store: any EventStore
    private let state = Mutex(State())

    public init(_ store: any EventStore) { self.store = store }

    public func hold() { state.withLock { $0.isHeld = true } }

    public func release() {
        let waiters = state.withLock { state in
            defer { state = State() }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    public func apply(_ batch: FactBatch) async throws -> AppliedBatch {
        await withCheckedContinuation { waiter in
            let isHeld = state.withLock { state in
                if state.isHeld { state.waiters.append(waiter) }
                return state.isHeld
            }
            if !isHeld { waiter.resume() }
        }
        return try await store.apply(batch)
    }

    // MARK: As it is

    public var dialect: Dialect { store.dialect }
    public func query(_ statement: SQL, timeoutSeconds: Double) async throws -> Rows {
        try await store.query(statement, timeoutSeconds: timeoutSeconds)
    }
    public func change(_ statements: [SQL]) async throws { try await store.change(statements) }
    public func erase(_ statements: [SQL]) async throws { try await store.erase(statements) }
    public func erasure(of visitor: Int64, in project: Int32, from table: FactTable) -> [SQL] { store.erasure(of: visitor, in: project, from: table) }
    public func position(of journal: String) async throws -> JournalPosition? { try await store.position(of: journal) }
    public func visitor(_ key: Int64, of project: Int32) async throws -> Int64? { try await store.visitor(key, of: project) }
    public func visitorBound(of project: Int32) async throws -> Int64? { try await store.visitorBound(of: project) }
    public func erasure(of visitor: Int64, in project: Int32) -> [SQL] { store.erasure(of: visitor, in: project) }
    public func ping() async throws { try await store.ping() }
    public func backup(to path: String) async throws -> [String: Int64] { try await store.backup(to: path) }
    public func restore(from path: String) async throws { try await store.restore(from: path) }
    public func close() async { await store.close() }
}
