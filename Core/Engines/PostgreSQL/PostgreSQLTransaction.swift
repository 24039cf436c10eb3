import Common
import Storage
import Synchronization

/// A transaction of the control plane on one connection, from BEGIN to COMMIT or ROLLBACK.
///
/// A failed statement fails the transaction: later statements throw, and all changes are rolled back, even if the body caught the
/// error. `SQLiteTransaction` behaves the same.
final class PostgreSQLTransaction: ControlTransaction {
    private enum State {
        case open
        case failed(any Error)
        case ended
    }

    /// The time limit for each statement, far longer than a write to the control plane normally takes.
    private static let timeoutSeconds = 300.0

    let store: PostgreSQLControlStore
    private let connection: PostgreSQLConnection
    private let state = Mutex(State.open)

    init(_ store: PostgreSQLControlStore, on connection: PostgreSQLConnection) {
        self.store = store
        self.connection = connection
    }

    var isOpen: Bool { state.withLock { if case .ended = $0 { false } else { true } } }

    /// The error that failed the transaction, if any.
    var failure: (any Error)? { state.withLock { if case .failed(let error) = $0 { error } else { nil } } }

    func begin() async throws {
        try await connection.perform(timeoutSeconds: 30) { session in
            try session.ready()
            _ = try session.command("BEGIN ISOLATION LEVEL SERIALIZABLE")
        }
    }

    func run(_ statement: SQL) async throws -> Rows {
        let (text, values) = statement.rendered(for: .postgresql)
        return try await connection.perform(timeoutSeconds: Self.timeoutSeconds) { session in
            try self.requireOpen()
            do { return try session.execute(text, values) } catch {
                self.state.withLock { if case .open = $0 { $0 = .failed(error) } }
                throw PostgreSQLControlStore.contractError(error)
            }
        }
    }

    /// - Throws: the error of the statement that failed the transaction, or the error of COMMIT.
    func commit() async throws {
        try await connection.performAlways { session in
            try self.requireOpen()
            try session.commit()
            self.state.withLock { $0 = .ended }
        }
    }

    func rollback() async {
        try? await connection.performAlways { session in
            self.state.withLock { $0 = .ended }
            session.rollback()
        }
    }

    private func requireOpen() throws {
        try state.withLock {
            switch $0 {
            case .open: break
            case .failed(let error): throw PostgreSQLControlStore.contractError(error)
            case .ended: throw PostgreSQLError.misuse("the transaction has ended; it can't be used after its body returns")
            }
        }
    }
}
