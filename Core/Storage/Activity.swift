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
        return row.replacing([columns.firstIndex(of: "kind")!: .int(Kind.duplicate.rawValue), columns.firstIndex(of: "seq")!: .int(-1)])
    }

    /// The columns that the session's first activity decides, which stand one after the other.
    public static let attributes = [
        "source", "referrer", "country", "region", "city", "browser", "browser_version", "os", "os_version", "device", "screen", "language",
    ]

    // MARK: The order of rows

    /// The `seq` of a row that has no place among those that are numbered: the so-manyth of its session.
    public static func seq(late number: Int32) -> Int32 { -min(number, afterAll - 1) }

    /// A session's numbered rows of one instant stand before its late ones in the order of arrival, so they end here.
    private static let afterAll: Int32 = 524_288

    /// The condition that `seq`, `gap`, `pageview_no` and `from_path` of a row can't be relied on. Null is what rows have from before the
    /// late ones were numbered.
    public static let isLate: SQL = "seq < 0 OR seq IS NULL"

    /// The so-manyth late row of its session that a row is; 0 for any other.
    public static let lateNumber: SQL = "CASE WHEN seq < 0 AND seq > -524288 THEN -seq ELSE 0 END"

    /// What orders rows of one instant and session by arrival: below 1048576.
    public static let order: SQL = """
        CASE WHEN seq > 0 THEN least(seq, 524287) WHEN seq > -524288 THEN 524288 - seq WHEN seq IS NULL THEN 1048575 ELSE greatest(seq + 1048576, 0) END
        """

    /// The `seq` of a numbered row whose session became part of another one: it keeps its place among rows of its instant.
    static let withdrawnSeq: SQL = "CASE WHEN seq > 0 THEN least(seq, 524287) - 1048576 ELSE seq END"

    public static let table = FactTable(
        "core_activity",
        [
            Column("kind", .int16),
            /// Start of the session; with `visitor` it identifies the session.
            Column("session_at", .int64),
            /// 1, 2, 3 ... in order of time and arrival. Negative for a row that arrived after a later one of its session, or whose session
            /// is not the one that counted it: -1, -2, -3 ... in order of arrival, or far below for one that was counted in another session.
            Column("seq", .int32, nullable: true),
            /// Milliseconds since the row before in the session; null for the first, and where `seq` is negative.
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

    /// For each fact of a visitor there is a row of `visitors` from at most so many days before it, or a later one. No more than the
    /// shortest month has: so a visitor of whom nothing is kept any more is written down again on coming back.
    public static let idDays: Int64 = 28

    /// The ids by which visitors were called, where they were sent: facts carry a 64-bit key instead. A row is added
    /// when a host sees a visitor for the first time in a while, so a visitor may have several.
    public static let visitors = FactTable("core_visitors", [Column("id", .text)])

    public static let migrations = [
        Migration("001-create", on: .events, [.createFactTable(table), .createFactTable(visitors)]),
    ]
}
