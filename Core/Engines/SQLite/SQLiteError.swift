import Common
import GRDB
import Storage

/// What SQLite could not do: its code, its words and the statement, with placeholders and never with the bound values.
public struct SQLiteError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The extended result code.
    /// - Source: https://www.sqlite.org/rescode.html
    public let code: Int32
    public let message: String
    /// Nil when no statement of ours was running.
    public let statement: String?

    public var description: String {
        "SQLite error \(code): \(message)" + (statement.map { " - while executing: \($0)" } ?? "")
    }

    /// A use of the store that can't work: a mistake of ours.
    static func misuse(_ message: String, statement: String? = nil) -> SQLiteError {
        SQLiteError(code: ResultCode.SQLITE_MISUSE.rawValue, message: message, statement: statement)
    }

    /// GRDB's error as the contract of `ControlStore` has it; any other error as it is.
    static func from(_ error: any Error, _ statement: String) -> any Error {
        guard let failure = error as? DatabaseError else { return error }
        switch failure.extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_ROWID:
            return UniqueViolation()
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return ServiceError.unavailable(
                "control_store_busy", "The configuration database is locked by another process; try again."
            )
        default: break
        }
        switch failure.resultCode {
        case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_NOMEM:
            return ServiceError.unavailable(
                "control_store_unavailable",
                "The configuration database can't be used at the moment: \(failure.message ?? "its disk fails"). Try again in 5 seconds.",
                retryAfterSeconds: 5)
        default: return named(error, statement)
        }
    }

    /// GRDB's error with its code, whatever it is: for what a person does with files.
    static func named(_ error: any Error, _ what: String) -> any Error {
        guard let error = error as? DatabaseError else { return error }
        return SQLiteError(code: error.extendedResultCode.rawValue, message: error.message ?? "unknown error", statement: what)
    }

    /// The disk or the rights of the file are in the way.
    public var isStorage: Bool {
        [ResultCode.SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM].contains { $0.rawValue == code & 0xFF }
    }

    /// The file is no database, or not a whole one.
    public var isDamage: Bool { [ResultCode.SQLITE_CORRUPT, .SQLITE_NOTADB].contains { $0.rawValue == code & 0xFF } }
}
