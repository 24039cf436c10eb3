import Foundation
import Questions
@_spi(Host) import SQLiteEngine
@_spi(Host) import Storage
import Testing

/// A control store engine, for tests that apply to every engine.
struct ControlStoreEngine: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Opens a new store.
    let open: @Sendable () async throws -> any ControlEngine

    /// The engines that need no server. PostgreSQL is tested in `PostgreSQLControlStoreTests`.
    static let all: [ControlStoreEngine] = [
        ControlStoreEngine(testDescription: "SQLite") { try SQLiteControlStore.temporary() }
    ]

    /// Gives `body` a new store with the table `probe`, and closes it.
    func use(_ body: (any ControlEngine) async throws -> Void) async throws {
        let store = try await open()
        do {
            try await store.write { transaction in
                for statement in Migration.Step.createTable(Self.probe).statements(for: store.dialect) {
                    try await transaction.run(statement)
                }
            }
            try await body(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    /// One column of each type; only `id` is required.
    static let probe = Table(
        "probe",
        [
            Column("id", .int64), Column("number", .int64, nullable: true), Column("ratio", .double, nullable: true),
            Column("name", .text, nullable: true), Column("flag", .bool, nullable: true),
        ],
        primaryKey: ["id"], unique: [["name"]]
    )
}

/// A gate for tests: `wait` returns once `open` has been called, immediately if it was called before.
final class Door: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func open() { continuation.finish() }
    func wait() async { for await _ in stream {} }
}
