import Core

/// A dataset that queries may read, and the columns they may name. Days are in UTC.
struct BIDataset: Sendable {
    struct Column: Sendable {
        let name: String
        let type: SQLType
        /// Whether the column is left out of `*` and of detail rows, and rejected as a dimension.
        var isHidden = false
        /// Whether the values are stored as whole millionths of a unit, so sums can be exact.
        var isStoredInMillionths = false
        /// What the column means; empty unless the module describes it.
        var summary = ""
        /// The SQL expression that computes the column from a row of `source`.
        let sql: @Sendable (Dialect) -> SQL

        init(_ name: String, _ type: SQLType, isHidden: Bool = false, _ sql: @escaping @Sendable (Dialect) -> SQL) {
            self.name = name
            self.type = type
            self.isHidden = isHidden
            self.sql = sql
        }

        /// Defines a column that reads the source column `own`. Without `own`, the source column has the same name.
        init(_ name: String, _ type: SQLType, from own: String? = nil) {
            self.init(name, type) { _ in SQL(sql: own ?? name) }
        }
    }

    let name: String
    /// What one row of the dataset represents; empty unless the module describes it.
    var summary = ""
    /// The module that owns the facts. When it is off, so is the dataset.
    let module: String
    let columns: [Column]
    /// Built-in metrics, as expressions over the columns.
    let metrics: [(name: String, expression: String)]
    /// The fact table of a module's dataset; nil for Core's own datasets.
    let table: FactTable?
    /// The SQL after `FROM`.
    let source: @Sendable (Dialect) -> SQL
    /// Whether the scope applies row policies to the dataset. If not, `table(_:project:policies:)` applies them.
    let scopeAppliesPolicies: Bool
    /// For a dataset whose rows are each about several visitors: the part of a report that computes them, and the SQL after `FROM` that
    /// reads the part. Nil if each row is about one visitor.
    var ofAllVisitors: (@Sendable (Scope) -> (part: ReportPart, source: SQL))?

    func column(_ name: String) -> Column? { columns.first { $0.name == name } }

    /// Columns that dimensions, filters and row policies may name.
    var fields: [Column] { columns.filter { !$0.isHidden && $0.type != .visitor } }

    /// - Parameter place: the path of the field of the request body that names it.
    func field(_ name: String, at place: String) throws -> Column {
        guard let column = fields.first(where: { $0.name == name }) else {
            throw ServiceError.body(
                field: place,
                because: "'\(name.excerpt(60))' is not a field of \(self.name); accepted are \(fields.map(\.name).joined(separator: ", "))."
            )
        }
        return column
    }

    /// Returns the SELECT that becomes the dataset's common table in a statement.
    func table(_ dialect: Dialect, project: String, policies: [SQL]) -> SQL {
        let columns = columns.map { "\($0.sql(dialect)) AS \"\(sql: $0.name)\"" as SQL } + ["\(project) AS project_id"]
        let rows: SQL = "SELECT \(SQL.joined(columns)) FROM \(source(dialect))"
        return scopeAppliesPolicies || policies.isEmpty ? rows : "\(rows) WHERE \(SQL.all(policies))"
    }
}

/// The datasets that queries may read, by name.
struct BIDatasets: Sendable {
    /// The dataset name of uploaded tables. They are handled separately because they are stored in the control plane.
    static let uploads = "csv_uploads"

    private let all: [BIDataset]

    init(_ catalog: DatasetCatalog) { all = Self.shared + catalog.entries.map(BIDataset.init) }
    init(only dataset: BIDataset) { all = [dataset] }

    subscript(_ name: String) -> BIDataset? { all.first { $0.name == name } }
    var names: [String] { all.map(\.name) }

    func require(_ name: String) throws -> BIDataset {
        guard let dataset = self[name] else {
            throw ServiceError.body(
                field: "dataset", "must be one of \(names.map { "'\($0)'" }.joined(separator: ", ")); got '\(name.excerpt(60))'.")
        }
        return dataset
    }

    private static let shared = [pageviews, events, sessions, dailyStats]
    private static let day: Int64 = 86_400_000

    /// The time columns, derived from epoch milliseconds.
    static func times(_ milliseconds: SQL) -> [BIDataset.Column] {
        [
            .init("occurred_at", .text) { $0.byCodePoints($0.timestampText(milliseconds)) },
            .init("occurred_ms", .integer) { _ in milliseconds },
            .init("date", .text) { $0.byCodePoints($0.dayText(milliseconds)) },
            .init("week", .text) { dialect in
                // 1970-01-01 was a Thursday.
                let number: SQL = "(\(dialect.quotient(milliseconds, "\(day)")))"
                return dialect.byCodePoints(dialect.dayText("(\(number) - ((\(number) + 3) % 7)) * \(day)"))
            },
            .init("month", .text) { dialect in dialect.byCodePoints("\"left\"(\(dialect.dayText(milliseconds)), 7)") },
            .init("hour", .integer) { "\($0.quotient("(\(milliseconds)) % \(day)", "3600000"))" },
        ]
    }

    private static let visitor = BIDataset.Column("visitor_id", .visitor, isHidden: true) { _ in "visitor" }
    private static let ofSession = [
        "source", "referrer", "country", "region", "city", "browser", "browser_version", "os", "os_version", "device", "screen", "language",
    ].map { BIDataset.Column($0, .text) }
    private static let visitors = ("visitors", "count(DISTINCT visitor_id)")

    private static let pageviews = BIDataset(
        name: "pageviews", module: "core",
        columns: times("occurred_at") + [.init("path", .text), .init("title", .text), .init("from_path", .text)] + ofSession + [visitor],
        metrics: [("count", "count(*)"), ("pageviews", "count(*)"), visitors], table: nil, source: { _ in "pageviews" },
        scopeAppliesPolicies: true)

    private static let events = BIDataset(
        name: "events", module: "core",
        columns: times("occurred_at") + [.init("event_name", .text, from: "name"), .init("path", .text)] + ofSession
            + [visitor, .init("data", .text, isHidden: true) { _ in "data" }],
        metrics: [("count", "count(*)"), ("events", "count(*)"), visitors], table: nil, source: { _ in "events" },
        scopeAppliesPolicies: true)

    private static let sessions = BIDataset(
        name: "sessions", module: "core",
        columns: times("started_at") + [
            .init("duration", .double) { _ in "CAST(ended_at - started_at AS double precision) / 1000.0" },
            .init("pageviews", .integer), .init("events", .integer), .init("is_bounce", .boolean) { _ in "pageviews = 1" },
            .init("entry_path", .text), .init("exit_path", .text), .init("source", .text), .init("country", .text), .init("device", .text),
            visitor,
        ],
        metrics: [
            ("count", "count(*)"), ("sessions", "count(*)"), visitors, ("pageviews", "sum(pageviews)"), ("events", "sum(events)"),
            ("avg_duration", "avg(duration)"), ("bounces", "count(*) FILTER (WHERE is_bounce)"),
            ("bounce_rate", "100.0 * count(*) FILTER (WHERE is_bounce) / count(*)"),
        ],
        table: nil, source: { _ in "sessions" }, scopeAppliesPolicies: true)

    /// One row for each day with activity.
    private static let dailyStats = BIDataset(
        name: "daily_stats", module: "core",
        columns: [
            .init("date", .text) { $0.byCodePoints($0.dayText("day * \(day)")) },
            .init("week", .text) { $0.byCodePoints($0.dayText("(day - ((day + 3) % 7)) * \(day)")) },
            .init("month", .text) { $0.byCodePoints("\"left\"(\($0.dayText("day * \(day)")), 7)") },
            .init("visitors", .integer), .init("pageviews", .integer), .init("sessions", .integer), .init("events", .integer),
        ],
        metrics: [
            ("count", "count(*)"), ("visitors", "sum(visitors)"), ("pageviews", "sum(pageviews)"), ("sessions", "sum(sessions)"),
            ("events", "sum(events)"),
        ],
        table: nil,
        source: { dialect in
            """
            (SELECT day, count(DISTINCT visitor) AS visitors, CAST(sum(pageviews) AS bigint) AS pageviews, count(*) AS sessions,
               CAST(sum(events) AS bigint) AS events
             FROM \(visits(dialect)) GROUP BY day) days
            """
        }, scopeAppliesPolicies: false,
        ofAllVisitors: { scope in
            let part = ReportPart.tally(
                "days", by: ["day"],
                [.visitors("visitors"), .sum("pageviews", of: "pageviews"), .count("sessions"), .sum("events", of: "events")],
                from: visits(scope.dialect), groups: scope.range.milliseconds / day + 2)
            let source: SQL = """
                (SELECT day, visitors, CAST(pageviews AS bigint) AS pageviews, sessions, CAST(events AS bigint) AS events FROM days) all_days
                """
            return (part: part, source: source)
        })

    /// The text after `FROM` with one row for each session and day: `day`, `visitor`, `session_at`, `pageviews` and `events`.
    private static func visits(_ dialect: Dialect) -> SQL {
        """
        (SELECT \(dialect.quotient("occurred_at", "\(day)")) AS day, visitor, session_at, count(*) FILTER (WHERE kind = 0) AS pageviews,
           count(*) FILTER (WHERE kind = 1) AS events
         FROM activity GROUP BY 1, 2, 3) visits
        """
    }
}

extension BIDataset {
    /// Creates the dataset that a module declares.
    init(_ entry: DatasetCatalog.Entry) {
        let reserved = Set(["occurred_at", "occurred_ms", "date", "week", "month", "hour", "visitor_id", "project_id"])
        let own = entry.columns.filter { !reserved.contains($0.name) }.map { column in
            let type: SQLType =
                switch column.type {
                case .int16, .int32, .int64: .integer
                case .double: .double
                case .text: .text
                case .bool: .boolean
                }
            // Dividing the millionths gives the nearest double, the same value as parsing the amount from decimal text.
            let isStoredInMillionths = entry.millionths.contains(column.name)
            var result = Column(column.name, isStoredInMillionths ? .double : type) { _ in
                isStoredInMillionths ? "CAST(\"\(sql: column.name)\" AS double precision) / 1000000.0" : SQL(sql: "\"\(column.name)\"")
            }
            result.isStoredInMillionths = isStoredInMillionths
            result.summary = entry.summaries[column.name] ?? ""
            return result
        }
        self.init(
            name: entry.table.name, summary: entry.summary, module: entry.module,
            columns: BIDatasets.times("occurred_at") + own + [Column("visitor_id", .visitor, isHidden: true) { _ in "visitor" }],
            metrics: [("count", "count(*)"), ("visitors", "count(DISTINCT visitor_id)")], table: entry.table,
            source: { _ in SQL(sql: entry.table.name) }, scopeAppliesPolicies: true)
    }
}

extension ProjectRequest {
    var datasets: BIDatasets { BIDatasets(services.datasets) }
}
