/// The facts that all modules share: one row for every pageview and every custom event.
///
/// The session's first activity determines its attributes (source, place, device, language), which are repeated in all of the session's
/// rows. `seq`, `gap`, `pageview_no` and `from_path` describe the row's place in its session. Because of these columns, most reports don't
/// need to group by session (see "Place of a row in its session" in `docs/decisions.md`).
public enum Activity {
    /// What a row of activity records: the values of the `kind` column.
    public enum Kind: Int64, Sendable {
        case pageview = 0, event = 1
        /// Marks a duplicate. No report includes the row, but it shows that there is a gap in the session's numbering.
        case duplicate = 2
    }

    /// The row that is stored in place of a duplicate. Without it, reports would trust the `seq` and `gap` of the session's other rows,
    /// although a row between them is missing.
    @_spi(Host) public static func trace(of row: EncodedRow) -> EncodedRow {
        let columns = table.allColumns.map(\.name)
        return row.replacing([columns.firstIndex(of: "kind")!: .int(Kind.duplicate.rawValue), columns.firstIndex(of: "seq")!: .int(-1)])
    }

    /// The columns whose values come from the session's first activity. They are adjacent in the table.
    public static let attributes = [
        "source", "referrer", "country", "region", "city", "browser", "browser_version", "os", "os_version", "device", "screen", "language",
    ]

    // MARK: The order of rows

    /// The `seq` of a late row, which can't be numbered like the session's other rows.
    /// - Parameter number: the number of the late row among its session's late rows, starting at 1.
    public static func seq(late number: Int32) -> Int32 { -min(number, afterAll - 1) }

    /// The value of `order` at which late rows begin. Numbered rows of the same session and instant have lower values.
    private static let afterAll: Int32 = 524_288

    /// A condition that holds if a row's `seq`, `gap`, `pageview_no` and `from_path` are not reliable. `seq` is null in late rows from
    /// versions of Pulse that didn't number them.
    public static let isLate: SQL = "seq < 0 OR seq IS NULL"

    /// The number of a late row among its session's late rows, starting at 1; 0 for any other row.
    public static let lateNumber: SQL = "CASE WHEN seq < 0 AND seq > -524288 THEN -seq ELSE 0 END"

    /// Orders the rows of one session and instant by arrival. The value is below 1048576.
    public static let order: SQL = """
        CASE WHEN seq > 0 THEN least(seq, 524287) WHEN seq > -524288 THEN 524288 - seq WHEN seq IS NULL THEN 1048575 ELSE greatest(seq + 1048576, 0) END
        """

    /// The new `seq` of a row whose session became part of another one. The row keeps its place among the rows of the same instant.
    static let withdrawnSeq: SQL = "CASE WHEN seq > 0 THEN least(seq, 524287) - 1048576 ELSE seq END"

    /// The table of all activity.
    public static let table = FactTable(
        "core_activity",
        [
            Column("kind", .int16),
            /// The start of the session. Together with `visitor`, it identifies the session.
            Column("session_at", .int64),
            /// 1, 2, 3 ... in order of time and arrival. A row that arrived after a later row of its session has a negative number: -1, -2,
            /// -3 ... in order of arrival. A row that was numbered in another session has a number far below zero.
            Column("seq", .int32, nullable: true),
            /// Milliseconds since the session's previous row. Null for the first row, and if `seq` is negative.
            Column("gap", .int32, nullable: true),
            /// For a pageview, its number in the session; for an event, the number of pageviews before it.
            Column("pageview_no", .int32),
            /// The path of the session's last pageview before this row; "" if there was none.
            Column("from_path", .text),
            Column("path", .text), Column("title", .text),
            /// Name of a custom event; "" for a pageview.
            Column("name", .text),
            /// The event's properties as JSON text; null if it has none.
            Column("data", .text, nullable: true),
            Column("source", .text), Column("referrer", .text),
            Column("country", .text), Column("region", .text), Column("city", .text),
            Column("browser", .text), Column("browser_version", .text), Column("os", .text), Column("os_version", .text),
            Column("device", .text), Column("screen", .text), Column("language", .text),
            /// The `session_id` that was sent; null if none was.
            Column("session_id", .text, nullable: true),
        ])

    /// The age in days at which a visitor's latest row in `visitors` is too old, so a host adds a new one. For each fact of a visitor,
    /// `visitors` has a row from at most this many days before the fact, or a later one. The age is no longer than the shortest month, so
    /// a returning visitor whose rows have all been deleted gets a new row.
    public static let idDays: Int64 = 28

    /// The visitor ids as they were sent. Facts have a 64-bit key instead. A host adds a row if it hasn't seen a visitor for a while, so a
    /// visitor may have several rows.
    public static let visitors = FactTable("core_visitors", [Column("id", .text)])

    /// The migrations of the shared tables, oldest first.
    public static let migrations = [
        Migration("001-create", on: .events, [.createFactTable(table), .createFactTable(visitors)]),
        // What reports look up beside the rows of their range: the few late rows, and the rows of sessions that began before it.
        Migration(
            "002-reports", on: .events,
            [
                .statements { dialect in
                    guard dialect == .postgresql else { return [] }
                    return [
                        "CREATE INDEX core_activity_late ON core_activity (project, occurred_at) WHERE \(isLate)",
                        "CREATE INDEX core_activity_sessions ON core_activity (project, occurred_at, session_at)",
                        "DROP INDEX core_activity_project_time",
                    ]
                }
            ]),
    ]
}
