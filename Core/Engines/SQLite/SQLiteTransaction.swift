import GRDB
import Storage
import Synchronization

/// A transaction on the store's one writing connection, from BEGIN IMMEDIATE to COMMIT or ROLLBACK.
///
/// As in `PostgreSQLTransaction`, a failed statement fails the transaction: later statements throw, and all changes are rolled
/// back, even if the body caught the error. So a body behaves the same on both engines.
final class SQLiteTransaction: ControlTransaction {
    private enum State {
        case open
        case failed(any Error)
        case ended
    }

    let store: SQLiteControlStore
    private let state = Mutex(State.open)
    private let deleted = Mutex(false)

    init(_ store: SQLiteControlStore) { self.store = store }

    var isOpen: Bool { state.withLock { if case .ended = $0 { false } else { true } } }

    /// Whether the transaction has deleted any rows.
    var hasDeleted: Bool { deleted.withLock { $0 } }

    func begin() async throws {
        try await store.onWriter { database in
            // Immediate takes the write lock now, so no other process can change what the body reads.
            do { try database.beginTransaction(.immediate) } catch { throw SQLiteError.from(error, "BEGIN IMMEDIATE") }
        }
    }

    func run(_ statement: Storage.SQL) async throws -> Rows {
        try Task.checkCancellation()
        let (text, values) = statement.rendered(for: .sqlite)
        return try await store.onWriter { database in
            try self.requireOpen()
            do {
                let rows = try self.store.statements.run(text, values, in: database)
                guard database.isInsideTransaction else {
                    throw SQLiteError.misuse("a statement ended the transaction", statement: text)
                }
                if text.contains("DELETE FROM"), database.changesCount > 0 { self.deleted.withLock { $0 = true } }
                return rows
            } catch {
                let error = SQLiteError.from(error, text)
                self.state.withLock { $0 = .failed(error) }
                throw error
            }
        }
    }

    /// - Throws: the error of the statement that failed the transaction, or the error of COMMIT.
    func commit() async throws {
        try await store.onWriter { database in
            try self.requireOpen()
            do { try database.commit() } catch { throw SQLiteError.from(error, "COMMIT") }
            self.state.withLock { $0 = .ended }
        }
    }

    func rollback() async {
        // This fails only if SQLite has rolled back by itself.
        try? await store.onWriter { database in
            self.state.withLock { $0 = .ended }
            if database.isInsideTransaction { try database.rollback() }
        }
    }

    private func requireOpen() throws {
        try state.withLock {
            switch $0 {
            case .open: break
            case .failed(let error): throw error
            case .ended: throw SQLiteError.misuse("the transaction has ended; it can't be used after its body returns")
            }
        }
    }
}
