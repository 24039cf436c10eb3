/// The facts that all modules share: every pageview and every custom event, one row each.
///
/// What concerns the session (source, place, device, language) is decided by its first activity and stands in each
/// row, so that it is the same in all rows of a session. `seq`, `gap`, `pageview_no` and `from_path` say where in its
/// session a row stands: with them most reports need no grouping by session (see `docs/decisions.md`).
public enum Activity {
    public enum Kind: Int64, Sendable {
        case pageview = 0, event = 1
        /// The trace of a duplicate: never part of a report, but it tells that the session's counting has a hole.
        case duplicate = 2
    }

    /// What is stored in place of a duplicate. Without it the `seq` and `gap` of the session's other rows would be
    /// believed, though a row is missing between them.
    public static func trace(of row: EncodedRow) -> EncodedRow {
        let columns = table.allColumns.map(\.name)
        return row.replacing([columns.firstIndex(of: "kind")!: .int(Kind.duplicate.rawValue), columns.firstIndex(of: "seq")!: .null])
    }

    public static let table = FactTable(
        "core_activity",
        [
            Column("kind", .int16),
            /// Start of the session; with `visitor` it identifies the session.
            Column("session_at", .int64),
            /// 1, 2, 3 ... in order of arrival; null for a row that arrived before an earlier one of its session.
            Column("seq", .int32, nullable: true),
            /// Milliseconds since the row before in the session; null for the first.
            Column("gap", .int32, nullable: true),
            /// Which pageview of the session this is; for an event, how many there were before it.
            Column("pageview_no", .int32),
            /// Path of the session's pageview before this row; "" when there was none.
            Column("from_path", .text),
            Column("path", .text), Column("title", .text),
            /// Name of a custom event; "" for a pageview.
            Column("name", .text),
            /// Properties as JSON text; null when none came.
            Column("data", .text, nullable: true),
            Column("source", .text), Column("referrer", .text),
            Column("country", .text), Column("region", .text), Column("city", .text),
            Column("browser", .text), Column("browser_version", .text), Column("os", .text), Column("os_version", .text),
            Column("device", .text), Column("screen", .text), Column("language", .text),
            /// The `session_id` that was sent, if any.
            Column("session_id", .text, nullable: true),
        ])

    /// The ids by which visitors were called, where they were sent: facts carry a 64-bit key instead. A row is added
    /// when a host sees a visitor for the first time in a while, so a visitor may have several.
    public static let visitors = FactTable("core_visitors", [Column("id", .text)])

    public static let migrations = [
        Migration("001-create", on: .events, [.createFactTable(table), .createFactTable(visitors)]),
    ]
}
