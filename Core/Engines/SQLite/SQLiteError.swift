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
        guard let error = error as? DatabaseError else { return error }
        switch error.extendedResultCode {
        case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_ROWID:
            return UniqueViolation()
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return ServiceError.unavailable(
                "control_store_busy", "The configuration database is locked by another process; try again."
            )
        default:
            return SQLiteError(
                code: error.extendedResultCode.rawValue, message: error.message ?? "unknown error", statement: statement
            )
        }
    }
}
