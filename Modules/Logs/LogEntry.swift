import Core

/// An entry as it is stored, and as responses and the live stream show it.
struct LogEntry: Encodable, Sendable {
    static let table = FactTable(
        "logs_entries",
        [
            /// An `EntryNumber`. It orders entries of one millisecond, and forms the entry's id together with the time.
            Column("number", .int64),
            /// Start of the visitor's session; the entry's own time if there is no session.
            Column("session_at", .int64),
            Column("level", .text), Column("message", .text),
            /// The message in lower case, for search. It is stored because engines lowercase letters beyond ASCII differently.
            Column("search_text", .text),
            /// The body as JSON text. Named like the properties of events, so exports show it as JSON.
            Column("data", .text, nullable: true),
            Column("path", .text, nullable: true), Column("release", .text, nullable: true), Column("environment", .text),
            /// The visitor's id as sent; null for a visitor without an id.
            Column("visitor_id", .text, nullable: true),
        ])

    let id: String, level: String, message: String
    let body: JSON
    @Nullable var path: String?
    @Nullable var release: String?
    let environment: String
    @Nullable var visitorID: String?
    let createdAt: Instant

    private enum CodingKeys: String, CodingKey {
        case id, level, message, body, path, release, environment
        case visitorID = "visitor_id", createdAt = "created_at"
    }

    static let schema = Schema.object([
        .required("id", .uuid), .required("level", .choice(LogLevel.names)), .required("message", .string(0...LogCollector.messageLimit)),
        .required("body", .map(.any), "Properties sent with the entry; {} if there are none."),
        .required("path", .nullable(.string(0...2_048))),
        .required("release", .nullable(.text(200))), .required("environment", .text(100)), .required("visitor_id", .nullable(.text(200))),
        .required("created_at", .timestamp),
    ])

    private static let emptyBody = try! JSON.parse("{}")  // a constant

    init(_ row: Row) {
        createdAt = Instant(milliseconds: row.int("occurred_at"))
        id = EntryNumber.uuid(row.int("number"), at: createdAt)
        level = row.text("level")
        message = row.text("message")
        body = row.optionalText("data").flatMap { try? JSON.parse($0) } ?? Self.emptyBody
        path = row.optionalText("path")
        release = row.optionalText("release")
        environment = row.text("environment")
        visitorID = row.optionalText("visitor_id")
    }
}
