import Common
import GRDB
import Storage

/// An error from SQLite: its code, its message, and the statement with placeholders instead of the bound values.
public struct SQLiteError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The extended result code.
    /// - Source: https://www.sqlite.org/rescode.html
    public let code: Int32
    /// The message from SQLite, or from Pulse itself.
    public let message: String
    /// The statement that failed, or the operation, such as `open` and a path. Nil when no statement was running.
    public let statement: String?

    public var description: String {
        "SQLite error \(code): \(message)" + (statement.map { " - while executing: \($0)" } ?? "")
    }

    /// A misuse of the store: a bug in the calling code.
    static func misuse(_ message: String, statement: String? = nil) -> SQLiteError {
        SQLiteError(code: ResultCode.SQLITE_MISUSE.rawValue, message: message, statement: statement)
    }

    /// Converts GRDB's error to one that the contract of `ControlStore` allows. Returns any other error unchanged.
    static func from(_ error: any Error, _ statement: String) -> any Error {
        guard let failure = error as? DatabaseError else { return error }
        switch failure.extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_ROWID:
            return UniqueViolation()
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return ServiceError.unavailable(
                "control_store_busy", "The configuration database is locked by another process. Try again."
            )
        default: break
        }
        switch failure.resultCode {
        case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_NOMEM:
            return ServiceError.unavailable(
                "control_store_unavailable",
                "The configuration database can't be used at the moment: \(failure.message ?? "disk error"). Try again in 5 seconds.",
                retryAfterSeconds: 5)
        default: return named(error, statement)
        }
    }

    /// Converts GRDB's error to a `SQLiteError`, whatever its code. For opening, backup and restore, whose errors are shown to the
    /// administrator.
    static func named(_ error: any Error, _ what: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        return SQLiteError(code: error.extendedResultCode.rawValue, message: error.message ?? "unknown error", statement: what)
    }

    /// Whether the error is about the disk or the file's permissions.
    public var isStorage: Bool {
        [ResultCode.SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM].contains { $0.rawValue == code & 0xFF }
    }

    /// Whether the file is not a database, or is damaged.
    public var isDamage: Bool { [ResultCode.SQLITE_CORRUPT, .SQLITE_NOTADB].contains { $0.rawValue == code & 0xFF } }
}
