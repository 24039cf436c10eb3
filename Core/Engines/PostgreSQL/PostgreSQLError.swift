import CLibPQ
import Common
import Storage

/// What PostgreSQL refused: its code, its words and the statement, with placeholders and never with the bound values.
public struct PostgreSQLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Five characters.
    /// - Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
    public let sqlState: String
    public let message: String
    /// Nil when no statement of ours was running.
    public let statement: String?

    public var description: String {
        "PostgreSQL error \(sqlState): \(message)" + (statement.map { " - while executing: \($0.excerpt(2_000))" } ?? "")
    }

    /// A use of the store that can't work: a mistake of ours.
    static func misuse(_ message: String, statement: String? = nil) -> PostgreSQLError {
        PostgreSQLError(sqlState: "PU000", message: message, statement: statement)
    }

    /// Transactions met; tried again, this one may succeed.
    var isConflict: Bool { sqlState == "40001" || sqlState == "40P01" }

    /// The server can't do it at the moment, whatever it is: its disk or memory is full, it has no connection left, it stops, or its disk fails.
    var isUnavailable: Bool { ["53", "57P", "58"].contains { sqlState.hasPrefix($0) } }

    /// The server has become one that only follows another.
    var isReadOnly: Bool { sqlState == "25006" }

    /// A prepared statement that the server doesn't have any more, or whose tables have changed since.
    var isStalePlan: Bool {
        sqlState == "26000" || (sqlState == "0A000" && message.contains("cached plan must not change result type"))
    }

    /// A row for whose month there is no partition: somebody dropped it.
    var isMissingPartition: Bool { sqlState == "23514" && message.contains("no partition of relation") }
}

/// The connection broke, or was closed by the server. What ran on it may have happened, unless it was a transaction
/// whose COMMIT had not been sent.
struct ConnectionLost: Error {
    let reason: String
}

/// The connection broke between sending COMMIT and its answer.
struct CommitUnknown: Error {
    let reason: String
}

extension ServiceError {
    static func databaseUnavailable(retryAfterSeconds: Int = 1) -> ServiceError {
        .unavailable(
            "database_unavailable", "The database is not available at the moment. Try again in a few seconds.",
            retryAfterSeconds: retryAfterSeconds
        )
    }

    static let databaseBusy = ServiceError.unavailable(
        "database_busy", "The database has more to do than it can at the moment. Try again in a few seconds.",
        retryAfterSeconds: 2
    )
}

extension PostgreSQLError {
    /// The error of a result, without the parts that quote rows: DETAIL, and for data that doesn't fit
    /// (class 22) whatever the message quotes.
    init(result: OpaquePointer, statement: String?) {
        func field(_ name: Character) -> String? {
            PQresultErrorField(result, Int32(name.asciiValue!)).map { String(cString: $0) }
        }
        let sqlState = field("C") ?? "XX000"
        var message = field("M") ?? "unknown error"
        if sqlState.hasPrefix("22") { message = Self.withoutQuotations(message) }
        if let column = field("c"), !message.contains(column) { message += " (column \(column))" }
        // "COPY core_activity, line 3, column path: "/secret"": the place, and not the value.
        if let place = field("W"), place.hasPrefix("COPY ") {
            message += " (" + (place.split(separator: "\n").first?.prefix { $0 != ":" } ?? "COPY") + ")"
        }
        self.init(sqlState: sqlState, message: message, statement: statement)
    }

    /// Everything between double quotes as `"..."`.
    static func withoutQuotations(_ text: String) -> String {
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        return parts.enumerated().map { $0.offset % 2 == 1 ? "..." : String($0.element) }.joined(separator: "\"")
    }
}
