/// The facts that all modules share: every pageview and every custom event, one row each.
///
/// The session's first activity decides its attributes (source, place, device, language), which are repeated in all of its
/// rows. `seq`, `gap`, `pageview_no` and `from_path` are the row's place in its session; with them most reports don't need to
/// group by session (see "Place of a row in its session" in `docs/decisions.md`).
public enum Activity {
    /// The values of `kind`.
    public enum Kind: Int64, Sendable {
        case pageview = 0, event = 1
        /// The trace of a duplicate. No report includes it, but it marks a gap in the session's numbering.
        case duplicate = 2
    }

    /// The row that is stored instead of a duplicate. Without it the `seq` and `gap` of the session's other rows would be
    /// trusted, although a row is missing between them.
    @_spi(Host) public static func trace(of row: EncodedRow) -> EncodedRow {
        let columns = table.allColumns.map(\.name)
        return row.replacing([columns.firstIndex(of: "kind")!: .int(Kind.duplicate.rawValue), columns.firstIndex(of: "seq")!: .int(-1)])
    }

    /// The columns that the session's first activity decides. They are adjacent in the table.
    public static let attributes = [
        "source", "referrer", "country", "region", "city", "browser", "browser_version", "os", "os_version", "device", "screen", "language",
    ]

    // MARK: The order of rows

    /// The `seq` of a late row, which has no place among the numbered rows.
    /// - Parameter number: from 1 in each session.
    public static func seq(late number: Int32) -> Int32 { -min(number, afterAll - 1) }

    /// The boundary in `order` between a session's numbered rows of one instant and its late rows, which arrived after them.
    private static let afterAll: Int32 = 524_288

    /// The condition that `seq`, `gap`, `pageview_no` and `from_path` of a row are not reliable. `seq` is null in late rows from before
    /// these were numbered.
    public static let isLate: SQL = "seq < 0 OR seq IS NULL"

    /// The number of a late row in its session, from 1; 0 for any other row.
    public static let lateNumber: SQL = "CASE WHEN seq < 0 AND seq > -524288 THEN -seq ELSE 0 END"

    /// Orders the rows of one instant and session by arrival; below 1048576.
    public static let order: SQL = """
        CASE WHEN seq > 0 THEN least(seq, 524287) WHEN seq > -524288 THEN 524288 - seq WHEN seq IS NULL THEN 1048575 ELSE greatest(seq + 1048576, 0) END
        """

    /// The `seq` of a numbered row whose session became part of another one. The row keeps its place among the rows of its instant.
    static let withdrawnSeq: SQL = "CASE WHEN seq > 0 THEN least(seq, 524287) - 1048576 ELSE seq END"

    /// The table of all activity.
    public static let table = FactTable(
        "core_activity",
        [
            Column("kind", .int16),
            /// Start of the session; with `visitor` it identifies the session.
            Column("session_at", .int64),
            /// 1, 2, 3 ... in order of time and arrival. Negative for a row that arrived after a later one of its session (-1, -2, -3 ...
            /// in order of arrival), and far below zero for a row that was numbered in another session.
            Column("seq", .int32, nullable: true),
            /// Milliseconds since the session's previous row; null for the first, and if `seq` is negative.
            Column("gap", .int32, nullable: true),
            /// The pageview's number in its session; for an event, the number of pageviews before it.
            Column("pageview_no", .int32),
            /// Path of the session's last pageview before this row; "" if there was none.
            Column("from_path", .text),
            Column("path", .text), Column("title", .text),
            /// Name of a custom event; "" for a pageview.
            Column("name", .text),
            /// Properties as JSON text; null if there were none.
            Column("data", .text, nullable: true),
            Column("source", .text), Column("referrer", .text),
            Column("country", .text), Column("region", .text), Column("city", .text),
            Column("browser", .text), Column("browser_version", .text), Column("os", .text), Column("os_version", .text),
            Column("device", .text), Column("screen", .text), Column("language", .text),
            /// The `session_id` that was sent, if any.
            Column("session_id", .text, nullable: true),
        ])

    /// For each fact of a visitor, `visitors` has a row from at most this many days before it, or a later one. Not longer than the shortest
    /// month, so a visitor whose rows have all been deleted gets a new one on coming back.
    public static let idDays: Int64 = 28

    /// The visitor ids that were sent; facts have a 64-bit key instead. A host adds a row when it sees a visitor for the first time in
    /// a while, so a visitor may have several.
    public static let visitors = FactTable("core_visitors", [Column("id", .text)])

    /// The migrations of the shared tables, oldest first.
    public static let migrations = [
        Migration("001-create", on: .events, [.createFactTable(table), .createFactTable(visitors)])
    ]
}
