import Core

/// A log entry as it is sent in responses and in the live stream, and the fact table that stores it.
struct LogEntry: Sendable {
    static let table = FactTable(
        "logs_entries",
        [
            /// An `EntryNumber`. It orders entries with the same millisecond, and is part of the entry's id.
            Column("number", .int64),
            /// Start of the visitor's session, in epoch milliseconds; the entry's own time if there is no session.
            Column("session_at", .int64),
            Column("level", .text), Column("message", .text),
            /// The message in lower case, for search. It is stored because DuckDB and PostgreSQL lowercase letters beyond ASCII
            /// differently.
            Column("search_text", .text),
            /// The body as JSON text. The column has the same name as the properties of events, so exports write its value as JSON.
            Column("data", .text, nullable: true),
            Column("path", .text, nullable: true), Column("release", .text, nullable: true), Column("environment", .text),
            /// The visitor's id as sent; null if none was sent.
            Column("visitor_id", .text, nullable: true),
        ])

    let id: String, level: String, message: String
    let body: JSON
    let path: String?
    let release: String?
    let environment: String
    let visitorID: String?
    let createdAt: Instant

    static let shape = Shape<LogEntry>([
        .required("id", \.id, .uuid), .required("level", \.level, .choice(LogLevel.names)),
        .required("message", \.message, .string(0...LogCollector.messageLimit)),
        .required("body", \.body, .document, "Properties sent with the entry; {} if there are none."),
        .required("path", \.path, .nullable(.string(0...2_048))), .required("release", \.release, .nullable(.text(200))),
        .required("environment", \.environment, .text(100)), .required("visitor_id", \.visitorID, .nullable(.text(200))),
        .required("created_at", \.createdAt, .timestamp),
    ])

    init(_ row: Row) {
        createdAt = Instant(milliseconds: row.int("occurred_at"))
        id = EntryNumber.uuid(row.int("number"), at: createdAt)
        level = row.text("level")
        message = row.text("message")
        body = row.optionalText("data").flatMap { try? JSON.parse($0) } ?? .emptyObject
        path = row.optionalText("path")
        release = row.optionalText("release")
        environment = row.text("environment")
        visitorID = row.optionalText("visitor_id")
    }
}
