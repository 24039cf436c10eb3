import Common
@_spi(Host) import Coordination
import Foundation
@_spi(Host) @testable import Jobs
import Logging
import Metrics
@_spi(Host) import PostgreSQLEngine
@_spi(Host) import SQLiteEngine
@_spi(Host) import Storage
import Synchronization
import TestSupport

/// An empty control store with the tables of tasks, on one engine, and the parts that share it.
struct TaskFixture: Sendable {
    let control: any ControlEngine
    let time = ManualTime("2026-03-02T12:00:00Z")
    let coordination: LocalCoordination
    let store: TaskStore
    let log = Log()

    /// What tasks did, in order.
    final class Log: Sendable {
        private let list = Mutex<[String]>([])
        var lines: [String] { list.withLock { $0 } }
        func add(_ line: String) { list.withLock { $0.append(line) } }
    }

    /// A door that is closed until `open` is called.
    final class Door: Sendable {
        private let stream: AsyncStream<Void>
        private let continuation: AsyncStream<Void>.Continuation
        init() { (stream, continuation) = AsyncStream.makeStream() }
        func open() { continuation.finish() }
        func wait() async { for await _ in stream {} }
    }

    struct Broken: Error, CustomStringConvertible { let description: String }

    private init(_ control: any ControlEngine, random: @escaping @Sendable (ClosedRange<Int64>) -> Int64) {
        self.control = control
        coordination = LocalCoordination(time: time)
        store = TaskStore(control: control, coordination: coordination, time: time, random: random)
    }

    static func run(
        _ profile: Profile, random: @escaping @Sendable (ClosedRange<Int64>) -> Int64 = { $0.upperBound },
        _ body: (TaskFixture) async throws -> Void
    ) async throws {
        guard profile == .server else {
            let control = try SQLiteControlStore.temporary()
            return try await run(on: control, random, body) { await control.close() }
        }
        let schema = "test_" + UUID().uuidString.lowercased().filter { $0 != "-" }
        let url = ProcessInfo.processInfo.environment["PULSE_TEST_DATABASE_URL"] ?? ""
        let control = try PostgreSQLControlStore(url: url, maximumConnections: 4, schema: schema, logger: Logger(label: "test"))
        try await run(on: control, random, body) {
            _ = try? await control.write("DROP SCHEMA IF EXISTS \(sql: schema) CASCADE")
            await control.close()
        }
    }

    private static func run(
        on control: any ControlEngine, _ random: @escaping @Sendable (ClosedRange<Int64>) -> Int64,
        _ body: (TaskFixture) async throws -> Void, close: () async -> Void
    ) async throws {
        do {
            try await control.write { transaction in
                for step in TaskTables.migrations.flatMap(\.steps) {
                    for statement in step.statements(for: control.dialect) { try await transaction.run(statement) }
                }
            }
            try await body(TaskFixture(control, random: random))
        } catch {
            await close()
            throw error
        }
        await close()
    }

    func runner(_ host: String = "host", concurrency: Int = 4) -> TaskRunner {
        var settings = TaskRunner.Settings()
        settings.concurrency = concurrency
        return TaskRunner(
            store, host: host, settings: settings, metrics: NOOPMetricsHandler.instance,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    var queue: TaskQueue { TaskQueue(store, module: "test") }

    /// The state of a task, and when it runs, in seconds from noon.
    func state(_ id: String) async throws -> String {
        let task = try await store.task(id)
        return "\(task.state) \(task.attempts) \((task.runAt - Instant(iso: "2026-03-02T12:00:00Z")) / 1_000)"
    }
}
