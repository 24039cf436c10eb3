import Foundation
import SQLiteEngine
import Storage
import Testing

/// An engine of the control plane, for tests that hold for each of them.
struct ControlStoreEngine: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// A store that nobody else uses.
    let open: @Sendable () async throws -> any ControlStore

    /// Every engine that this machine can run. Here PostgreSQL is added: when `PULSE_TEST_DATABASE_URL` is set, with a
    /// store whose connections have a schema of their own as `search_path`, so that tests don't meet each other's tables.
    static let all: [ControlStoreEngine] = [
        ControlStoreEngine(testDescription: "SQLite") { try SQLiteControlStore.temporary() },
    ]

    /// Gives `body` a store with the table `probe`, and closes it.
    func use(_ body: (any ControlStore) async throws -> Void) async throws {
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

    /// One column of each type; nothing but `id` is required.
    static let probe = Table(
        "probe",
        [
            Column("id", .int64), Column("number", .int64, nullable: true), Column("ratio", .double, nullable: true),
            Column("name", .text, nullable: true), Column("flag", .bool, nullable: true),
        ],
        primaryKey: ["id"], unique: [["name"]]
    )
}

/// A door that tests wait at: `wait` returns when `open` was called, whichever comes first.
final class Door: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream() }

    func open() { continuation.finish() }
    func wait() async { for await _ in stream {} }
}
