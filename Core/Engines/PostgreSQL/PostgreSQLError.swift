import CLibPQ
import Common
import Storage

/// An error from PostgreSQL: its code, its message, and the statement with placeholders instead of the bound values.
public struct PostgreSQLError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The five-character SQLSTATE code; `PU000` for a misuse of the store.
    /// - Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
    public let sqlState: String
    /// PostgreSQL's message, without quoted row data.
    public let message: String
    /// The statement that failed. Nil when no statement was running.
    public let statement: String?

    public var description: String {
        "PostgreSQL error \(sqlState): \(message)" + (statement.map { " - while executing: \($0.excerpt(2_000))" } ?? "")
    }

    /// A misuse of the store: a bug in the calling code.
    static func misuse(_ message: String, statement: String? = nil) -> PostgreSQLError {
        PostgreSQLError(sqlState: "PU000", message: message, statement: statement)
    }

    /// Whether the transaction conflicted with another transaction. A retry may succeed.
    var isConflict: Bool { sqlState == "40001" || sqlState == "40P01" }

    /// Whether the server can't run statements at the moment: its disk or memory is full, it has no connections left, it is
    /// shutting down, or its disk is failing. With Citus, also if that holds for one of its nodes, or one can't be reached.
    var isUnavailable: Bool {
        // 08P01 is a mistake in a message that we sent.
        (sqlState != "08P01" && ["08", "53", "57P", "58"].contains { sqlState.hasPrefix($0) })
            || sqlState == "XX000" && Self.lossesOfNodes.contains { message.contains($0) }
    }

    /// Parts of the messages about a lost connection between nodes. The coordinator reports them under the code for internal errors.
    private static let lossesOfNodes = [
        "unexpected postmaster exit", "server closed the connection unexpectedly", "connection to the remote node", "connection not open",
        "could not connect to server", "the database system is", "SSL SYSCALL error", "could not receive data from server",
        "failure on connection marked as essential",
    ]

    /// Whether the statement had to gather more rows than `citus.max_intermediate_result_size` allows.
    var isTooLarge: Bool { message.contains("citus.max_intermediate_result_size") }

    /// Whether a table does not exist.
    var isMissingTable: Bool { sqlState == "42P01" }

    /// Whether the server has become a read-only standby.
    var isReadOnly: Bool { sqlState == "25006" }

    /// Whether a prepared statement can no longer be used: the server has dropped it, or its tables have changed since it was
    /// prepared.
    var isStalePlan: Bool {
        sqlState == "26000" || (sqlState == "0A000" && message.contains("cached plan must not change result type"))
    }

    /// Whether the partition for a row's month is missing, because someone has dropped it.
    var isMissingPartition: Bool { sqlState == "23514" && message.contains("no partition of relation") }
}

/// The connection broke, or the server closed it. A statement that ran on it may have taken effect, unless the statement was part
/// of a transaction whose COMMIT had not been sent.
struct ConnectionLost: Error {
    let reason: String
}

/// The connection broke after COMMIT was sent but before the server's response arrived.
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
        "database_busy", "The database is overloaded at the moment. Try again in a few seconds.",
        retryAfterSeconds: 2
    )
}

extension PostgreSQLError {
    /// Reads the error of a result, without the parts that quote row data: DETAIL and, for data errors (class 22), everything that
    /// the message quotes.
    init(result: OpaquePointer, statement: String?) {
        func field(_ name: Character) -> String? {
            PQresultErrorField(result, Int32(name.asciiValue!)).map { String(cString: $0) }
        }
        let sqlState = field("C") ?? "XX000"
        var message = field("M") ?? "unknown error"
        if sqlState.hasPrefix("22") { message = Self.withoutQuotations(message) }
        if let column = field("c"), !message.contains(column) { message += " (column \(column))" }
        // Of `COPY core_activity, line 3, column path: "/secret"`, keep the location and drop the value.
        if let place = field("W"), place.hasPrefix("COPY ") {
            message += " (" + (place.split(separator: "\n").first?.prefix { $0 != ":" } ?? "COPY") + ")"
        }
        self.init(sqlState: sqlState, message: message, statement: statement)
    }

    /// Returns `text` with everything between double quotes replaced by `...`.
    static func withoutQuotations(_ text: String) -> String {
        let parts = text.split(separator: "\"", omittingEmptySubsequences: false)
        return parts.enumerated().map { $0.offset % 2 == 1 ? "..." : String($0.element) }.joined(separator: "\"")
    }
}
