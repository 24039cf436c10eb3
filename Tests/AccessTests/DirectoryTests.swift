@_spi(Host) import Access
@_spi(Host) import Common
import Coordination
import Logging
@_spi(Host) import Storage
import Synchronization
import TestSupport
import Testing

@Suite("Directory")
struct DirectoryTests {
    /// A store without rows that accepts every change. Counts how often keys are read, which each reload does once.
    private final class CountingStore: ControlStore {
        let reloads = Mutex(0)
        var dialect: Dialect { .sqlite }

        func read(_ statement: SQL) async throws -> Rows {
            if statement.rendered(for: dialect).0.contains("access.keys") { reloads.withLock { $0 += 1 } }
            return Rows()
        }

        func write<Result: Sendable>(
            _ body: @escaping @Sendable (any ControlTransaction) async throws -> Result
        ) async throws -> Result {
            try await body(Transaction())
        }

        private struct Transaction: ControlTransaction {
            func run(_ statement: SQL) async throws -> Rows { Rows() }
        }
    }

    /// Buffers all messages until a subscriber reads them.
    private struct BufferedCoordination: Coordination {
        let messages = AsyncStream<CoordinationEvent>.makeStream()

        func publish(_ channel: String, _ message: String) async throws { messages.continuation.yield(.message(message)) }
        func subscribe(_ channel: String) -> AsyncStream<CoordinationEvent> { messages.stream }
        func take(_ key: String, _ limit: RateLimit) async throws -> RateDecision {
            RateDecision(isAllowed: true, remaining: 1, seconds: 1)
        }
        func acquire(lease name: String, owner: String, seconds: Int) async throws -> Bool { true }
        func release(lease name: String, owner: String) async throws {}
        func ping() async throws {}
        func close() async { messages.continuation.finish() }
    }

    @Test("a host reloads once for its own change, and once for a change by another host")
    func ownChanges() async throws {
        let store = CountingStore(), coordination = BufferedCoordination()
        let directory = Directory(
            control: store, coordination: coordination, time: SystemTime(), defaults: ModuleDefaults(modules: ["core"]))
        try await directory.endSession("a", lifetimeDays: 1)
        #expect(store.reloads.withLock { $0 } == 1)
        try await coordination.publish("access", "another host")
        await coordination.close()
        await directory.follow(logger: .quiet)
        #expect(store.reloads.withLock { $0 } == 2)
    }
}
