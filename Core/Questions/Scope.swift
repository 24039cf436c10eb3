import Common
import Foundation
@_spi(Host) import Storage

/// What a report may see: one project and one time range, limited by the request's filters and segment.
///
/// A report's SQL reads from names that the scope provides, so it can't forget to restrict itself to the project. The names are:
/// - `activity`: matching pageviews and custom events, with the columns of `Activity.table`
/// - `pageviews`, `events`: the two kinds of activity
/// - `scope_rows`: whole sessions, even if a filter such as `path` matches only some of their rows. `is_chosen` is true for the rows that
///   match; they make up `activity`
/// - `sessions`: one row per session with matching activity: `visitor`, `session_at`, `started_at`, `ended_at` (epoch milliseconds),
///   `pageviews`, `events`, `entry_path`, `exit_path`, `source`, `country`, `device`. A row describes the whole session, even if a filter
///   such as `path` matched only one of its pages.
/// - the name of each `FactTable` of a module that the caller may read: the table's matching rows in the project and range
/// - `core_visitors`: the ids of the project's visitors, as they were sent, from all time
public struct Scope: Sendable {
    /// The project's number.
    public let project: Int32
    /// The time range of the facts to report on.
    public let range: TimeRange
    /// The IANA name of the time zone of the report's days and hours.
    public let timezone: String
    /// The request's filters. All of them must hold.
    public let filters: [Filter]
    /// The segment whose visitors the report is limited to; nil for all visitors.
    public let segment: Segment?
    /// Nil if the report counts visitors. Otherwise it counts people, and the `visitor` column identifies the person.
    public let people: People?
    /// Policies that hide rows; see `restricted(by:)`.
    public let restrictions: [RowRestriction]
    /// The maximum number of rows that a list report returns.
    public let limit: Int
    /// The number of rows that a list report skips.
    public let offset: Int
    let reader: any ReportReader
    var facts: FactAccess
    /// The range that decides which visitors are in the segment. Differs from `range` only after `widened(to:)`.
    private(set) var segmentRange: TimeRange
    /// The conditions of filters on dimensions of modules; see `withModuleConditions()`.
    var moduleConditions: [Filter: SQL] = [:]

    /// The time zone of the report's days and hours. `timezone` was validated before the scope was created.
    public var zone: TimeZone { TimeZone(tzName: timezone) ?? .gmt }

    /// The range of the same length just before this scope's range, for comparisons.
    public var previousRange: TimeRange { range.previous(in: zone) }

    // Only the `Definitions` target imports this SPI, because code that can create a scope can read any project.
    @_spi(Scopes) public init(
        project: Int32, range: TimeRange, timezone: String = "UTC", filters: [Filter] = [], segment: Segment? = nil, people: People? = nil,
        restrictions: [RowRestriction] = [], limit: Int = 10, offset: Int = 0, reader: any ReportReader, facts: FactAccess
    ) {
        self.project = project
        self.range = range
        self.timezone = timezone
        self.filters = filters
        self.segment = segment
        self.people = people
        self.restrictions = restrictions
        self.limit = limit
        self.offset = offset
        self.reader = reader
        self.facts = facts
        segmentRange = range
    }

    public var dialect: Dialect { reader.dialect }

    /// This scope with another range.
    public func over(_ range: TimeRange) -> Scope {
        var copy = copy(range: range)
        copy.segmentRange = range
        return copy
    }

    /// This scope with the rows of a longer range, for reports about what visitors did before or after the original range. The original
    /// range still decides which visitors are in the segment.
    public func widened(to range: TimeRange) -> Scope {
        var copy = copy(range: range)
        copy.segmentRange = segmentRange
        return copy
    }

    /// This scope with additional filters. Rows must match the existing filters as well.
    public func filtered(by more: [Filter]) -> Scope { copy(filters: filters + more) }

    /// This scope limited to a segment. If the scope already has a segment, only visitors in both segments count.
    public func of(_ segment: Segment) -> Scope { copy(segment: self.segment.map { $0.and(segment) } ?? segment) }

    /// This scope with additional restrictions. If a restriction names a dataset, only the rows that meet its condition are visible.
    /// Restrictions on `pageviews` and `events` also affect everything that is computed from rows of activity, such as sessions.
    /// Restrictions on `sessions` or on a fact table apply only to that dataset.
    public func restricted(by more: [RowRestriction]) -> Scope { more.isEmpty ? self : copy(restrictions: restrictions + more) }

    /// This scope with another page of a list.
    @_spi(Scopes) public func page(limit: Int, offset: Int) -> Scope { copy(limit: limit, offset: offset) }

    private func copy(
        limit: Int? = nil, offset: Int? = nil, range: TimeRange? = nil, filters: [Filter]? = nil, segment: Segment? = nil,
        restrictions: [RowRestriction]? = nil
    ) -> Scope {
        var copy = Scope(
            project: project, range: range ?? self.range, timezone: timezone, filters: filters ?? self.filters,
            segment: segment ?? self.segment,
            people: people, restrictions: restrictions ?? self.restrictions, limit: limit ?? self.limit,
            offset: offset ?? self.offset, reader: reader, facts: facts)
        copy.segmentRange = segmentRange
        return copy
    }

    /// Runs a report's statement, whose parts are computed where the rows of each visitor are.
    /// - Parameters:
    ///   - name: a comment at the start of the statement, so a slow statement can be traced to its code.
    ///   - ctes: CTEs for the parts, separated by commas. They and the parts read the names that the scope provides. Rows of different
    ///     visitors must not meet in them.
    ///   - parts: the parts.
    ///   - continues: whether `query` begins with more CTEs: `x AS (...) SELECT`. Otherwise it is a SELECT.
    ///   - query: the SQL after the statement's `WITH` clause. It reads the parts, and nothing else.
    /// - Throws: 403 if the statement names a fact table of a module that the caller may not read.
    public func rows(
        _ name: StaticString, with ctes: SQL? = nil, _ parts: [ReportPart], continues: Bool = false, _ query: SQL
    ) async throws -> Rows {
        try await reader.rows(
            try await parted(name, with: ctes, parts, continues: continues, query), of: project, over: decisiveRange)
    }

    /// Runs a report's statement that can't be computed in parts. A database with several nodes gathers the rows that it reads on one of
    /// them, so their number must be limited by something other than the range.
    /// - Parameters:
    ///   - continues: whether `query` begins with more CTEs: `x AS (...) SELECT`. Otherwise it is a SELECT.
    ///   - query: the SQL that follows the scope's `WITH` clause. It reads the names that the scope provides and those that it defines.
    /// - Throws: 403 if the statement names a fact table of a module that the caller may not read.
    public func gathered(_ name: StaticString, continues: Bool = false, _ query: SQL) async throws -> Rows {
        try await reader.rows(try await whole(name, continues: continues, query), of: project, over: decisiveRange)
    }

    /// Like `gathered`, for results of any length, such as exports: hands out the rows in batches, and caches none.
    /// - Throws: 403 if the statement names a fact table of a module that the caller may not read; 503 if too many streams are open.
    public func stream(_ name: StaticString, continues: Bool = false, _ query: SQL) async throws -> RowStream {
        try await reader.stream(try await whole(name, continues: continues, query).statement, of: project)
    }

    /// - Parameter more: a fact table whose rows the parts read regardless of the range, and the name of the CTE with them.
    private func parted(
        _ name: StaticString, with ctes: SQL?, _ parts: [ReportPart], continues: Bool, _ query: SQL,
        more: (table: FactTable, name: SQL)? = nil
    ) async throws -> PartedQuery {
        let count = parts.contains(where: \.countsVisitors) ? try await visitorCount() : VisitorCount(bound: nil)
        let parts = parts.map { $0.make(dialect, count) }
        // The parts may read only what the scope provides, and the query only the parts.
        let inner = SQL.joined(([ctes].compactMap { $0 }) + parts.map { "\(sql: $0.name) AS (\($0.whole))" })
        let words = inner.words, tables = try facts.tables(in: words.union(more.map { [$0.table.name] } ?? []), of: name)
        try checkSources("WITH \(inner) SELECT 1", tables.map(\.name) + (more?.name.words ?? []), of: name)
        let unknown = query.sources.subtracting(parts.map(\.name))
        if !unknown.isEmpty { try facts.refuse(unknown, in: name) }
        var prelude = try await preparedPrelude(for: inner, words, reading: tables.filter { $0 != more?.table })
        if let more {
            let rows = matching(more.table, SQL.all(["project = \(Int64(project))"] + rowConditions(on: more.table.name)))
            prelude = "\(prelude), \(more.name) AS NOT MATERIALIZED (\(rows))"
        }
        return PartedQuery(
            "\(name)", ctes: ctes.map { "\(prelude), \($0)" } ?? prelude, parts: parts, isLocal: people == nil, continues: continues, query)
    }

    /// A statement without parts.
    private func whole(_ name: StaticString, continues: Bool, _ query: SQL) async throws -> PartedQuery {
        let words = query.words, tables = try facts.tables(in: words, of: name)
        try checkSources(query, tables.map(\.name), of: name)
        return PartedQuery(
            "\(name)", ctes: try await preparedPrelude(for: query, words, reading: tables), parts: [], isLocal: false,
            continues: continues, query)
    }

    /// - Throws: 403 if the segment or a filter reads facts that the caller may not read.
    private func preparedPrelude(for query: SQL, _ words: Set<String>, reading tables: [FactTable]) async throws -> SQL {
        let scope = try await withModuleConditions(), prelude = scope.prelude(for: query, words, reading: tables)
        // Without them, the prelude reads activity and `tables` alone.
        if segment != nil || !scope.moduleConditions.isEmpty { try facts.check(prelude) }
        return prelude
    }

    /// - Throws: an error if a statement reads from a name that nothing defines, which could be a stored table.
    private func checkSources(_ query: SQL, _ tables: [String], of name: StaticString) throws {
        let own = dialect.tablesOfVisitorKeys
        let unknown = query.sources.filter { !Self.provided.contains($0) && !tables.contains($0) && !own.contains($0) }
        if !unknown.isEmpty { try facts.refuse(unknown, in: name) }
    }

    /// The names that every statement may read.
    private static let provided: Set<String> = [
        "scope_rows", "activity", "pageviews", "events", "sessions", "segment", "people", Activity.visitors.name,
    ]

    /// Like `rows`, but adds a CTE named `facts` with all of the project's rows of `table`, regardless of the range. For facts about who
    /// visitors are, such as traits, rather than about what they did.
    public func rowsOverAllTime(
        _ name: StaticString, _ table: FactTable, as facts: SQL, with ctes: SQL? = nil, _ parts: [ReportPart], continues: Bool = false,
        _ query: SQL
    ) async throws -> Rows {
        try await reader.rows(
            try await parted(name, with: ctes, parts, continues: continues, query, more: (table, facts)), of: project, over: .always)
    }

    /// This scope for statements of another module, such as its named reports.
    @_spi(Host) public func reading(for module: String) -> Scope { with { $0.module = module } }

    /// This scope for statements over any datasets that the caller may read. Other statements may name only the fact tables of their own
    /// module and of those that its manifest lists in `reads`.
    public func overDatasets() -> Scope { with { $0.module = nil } }

    private func with(_ change: (inout FactAccess) -> Void) -> Scope {
        var copy = self
        change(&copy.facts)
        return copy
    }

    /// The range of the facts that the result depends on. A cached result is stale if any of them changes.
    private var decisiveRange: TimeRange {
        if people != nil || segment?.looksBeyondRange == true { return .always }
        guard segment != nil else { return range }
        return TimeRange(start: min(range.start, segmentRange.start), end: max(range.end, segmentRange.end))
    }

    /// The CTEs that the scope provides for `query`, separated by commas: only the CTEs and columns that `query` names. The engine would plan
    /// unused ones too, and planning takes most of a short statement's time.
    /// - Parameter named: the words of `query`.
    func prelude(for query: SQL, _ named: Set<String>, reading tables: [FactTable]) -> SQL {
        let sessionFilters = filters.filter { $0.dimension.isOfSession }
        let rowFilters = filters.filter { !$0.dimension.isOfSession }
        // PostgreSQL would look for the sessions again each time that a statement reads rows.
        var chosenSessions: [SQL] = []
        let sessionConditions = sessionFilters.map { filter in
            guard dialect == .postgresql, let sessions = filter.sessions(self) else { return filter.condition(self) }
            let name = SQL(sql: "chosen_sessions_\(chosenSessions.count + 1)")
            chosenSessions.append("\(name) AS MATERIALIZED (\(sessions))")
            return "(visitor, session_at) IN (SELECT visitor, session_at FROM \(name))"
        }
        let base = SQL.all([bounds] + activityRestrictions + sessionConditions)
        let chosen: SQL = rowFilters.isEmpty ? "TRUE" : SQL.all(rowFilters.map { $0.condition(self) })
        let withMatches: SQL =
            rowFilters.isEmpty
            ? "" : " WHERE (visitor, session_at) IN (SELECT visitor, session_at FROM activity)"
        let shared: [(name: String, definition: SQL)] = [
            ("activity", "SELECT * FROM scope_rows WHERE is_chosen"),
            ("pageviews", "SELECT * FROM activity WHERE kind = 0"),
            ("events", "SELECT * FROM activity WHERE kind = 1"),
            ("sessions", sessions(of: "scope_rows\(withMatches)")),
        ]
        // Goes from last to first, because each CTE reads only earlier ones.
        var words = named, parts: [SQL] = []
        for (name, definition) in shared.reversed() where words.contains(name) {
            words.formUnion(definition.words)
            parts.insert("\(sql: name) AS NOT MATERIALIZED (\(definition))", at: 0)
        }
        let columns = Activity.table.allColumns.map(\.name).filter { query.takesAllColumns || words.contains($0) }
        let scopeRows: SQL = """
            SELECT \(sql: columns.map { $0 + ", " }.joined())(\(chosen)) AS is_chosen FROM \(rows(of: Activity.table, "kind < 2 AND \(base)"))
            """
        parts.insert("scope_rows AS NOT MATERIALIZED (\(scopeRows))", at: 0)
        for table in tables {
            let conditions = SQL.all([bounds] + rowConditions(on: table.name) + conditions(on: table))
            parts.append("\(sql: table.name) AS NOT MATERIALIZED (SELECT * FROM \(rows(of: table, conditions)))")
        }
        if words.contains(Activity.visitors.name) {
            let own: SQL = "SELECT * FROM \(Self.qualified(Activity.visitors, dialect)) WHERE project = \(Int64(project))"
            parts.append("\(sql: Activity.visitors.name) AS NOT MATERIALIZED (\(own))")
        }
        let people = people?.ctes(of: project, dialect) ?? [], members = segment.map { [SegmentCompiler.cte($0, self)] } ?? []
        return SQL.joined(people + members + chosenSessions + parts)
    }

    /// The conditions that rows of `dataset` must meet to be visible.
    func rowConditions(on dataset: String) -> [SQL] { restrictions.filter { $0.dataset == dataset }.map(\.condition) }

    /// The conditions that rows of activity must meet to be visible.
    var activityRestrictions: [SQL] {
        rowConditions(on: "pageviews").map { "kind <> 0 OR (\($0))" } + rowConditions(on: "events").map { "kind <> 1 OR (\($0))" }
    }

    /// The SELECT that defines `sessions`. `rows` is the text after its `FROM`.
    func sessions(of rows: SQL) -> SQL {
        let all: SQL = """
            SELECT visitor, session_at, min(occurred_at) AS started_at, max(occurred_at) AS ended_at,
              count(*) FILTER (WHERE kind = 0) AS pageviews, count(*) FILTER (WHERE kind = 1) AS events,
              \(dialect.first("CASE WHEN kind = 0 THEN path END", by: Self.pageviewOrder(first: true))) AS entry_path,
              \(dialect.last("CASE WHEN kind = 0 THEN path END", by: Self.pageviewOrder(first: false))) AS exit_path,
              min(source) AS source, min(country) AS country, min(device) AS device
            FROM \(rows) GROUP BY visitor, session_at
            """
        let conditions = rowConditions(on: "sessions")
        return conditions.isEmpty ? all : "SELECT * FROM (\(all)) all_sessions WHERE \(SQL.all(conditions))"
    }

    /// The text after `FROM` that reads the rows of `table` that meet the condition and belong to visitors in the segment.
    private func rows(of table: FactTable, _ condition: SQL) -> SQL {
        let isMember: SQL = "visitor IN (SELECT visitor FROM segment)"
        guard people != nil else {
            let all = segment == nil ? condition : SQL.all([condition, isMember])
            return "\(Self.qualified(table, dialect)) WHERE \(all)"
        }
        let byPerson: SQL = "(\(matching(table, condition))) by_person"
        return segment == nil ? byPerson : "\(byPerson) WHERE \(isMember)"
    }

    /// A SELECT of the rows of `table` that meet the condition. If the scope counts people, `visitor` is the person.
    func matching(_ table: FactTable, _ condition: SQL) -> SQL {
        let stored: SQL = "SELECT * FROM \(Self.qualified(table, dialect)) WHERE \(condition)"
        guard people != nil else { return stored }
        let columns = table.allColumns.map(\.name).filter { $0 != "visitor" }.map { SQL(sql: "stored.\($0)") }
        return """
            SELECT \(SQL.joined(columns)), coalesce(people.person, stored.visitor) AS visitor
            FROM (\(stored)) stored LEFT JOIN people ON people.visitor = stored.visitor
            """
    }

    /// The sort key for the aggregates that pick the first and the last page. It puts pageviews before all other rows if `first`, otherwise
    /// after them, so neither aggregate picks an event.
    private static func pageviewOrder(first: Bool) -> SQL {
        first ? "CASE WHEN kind = 0 THEN \(position) ELSE 9223372036854775807 END" : "CASE WHEN kind = 0 THEN \(position) ELSE -1 END"
    }

    /// The qualified name of the stored table. It refers to the table even if a CTE has the same name.
    static func qualified(_ table: FactTable, _ dialect: Dialect) -> SQL {
        SQL(table: dialect == .duckdb ? "main.\(table.name)" : table.name)
    }

    /// The condition that a row is in the scope's project and range.
    var bounds: SQL {
        "project = \(Int64(project)) AND occurred_at >= \(range.start.milliseconds) AND occurred_at < \(range.end.milliseconds)"
    }

    /// CTEs for reports that don't need to group by session. `flagged` has the rows of `scope_rows` with two more columns:
    ///
    /// - `is_irregular`: whether the report must group the rows of this session, because the session began before the range, rows of its
    ///   visitor arrived out of order or twice, or a filter selects single rows. In all other sessions, the `seq`, `gap`, `pageview_no` and
    ///   `from_path` of the rows in the range are exact.
    /// - `times`: how often to count the row. Reports sum this column instead of counting rows. A late visitor's row appears three times if
    ///   its session began in the range: as regular with 1, as regular with -1, which cancels the first, and as irregular with 1. Late
    ///   visitors are few, so looking them up once and correcting for them is cheap. Checking every row of the range would cost as much as
    ///   the rest of the report.
    ///
    /// Every row of `scope_rows` appears at least once, so `flagged` has the same visitors as `scope_rows`.
    public func flagged() async throws -> SQL {
        guard keepsSessionsWhole else { return "flagged AS NOT MATERIALIZED (SELECT *, 1 AS times, TRUE AS is_irregular FROM scope_rows)" }
        let late: SQL = "SELECT 1 AS one FROM \(Self.qualified(Activity.table, dialect)) WHERE \(isLate) LIMIT 1"
        let rows = try await reader.rows(
            PartedQuery(
                "scope.order", ctes: nil,
                parts: [.init("late", whole: late) { "SELECT one FROM \($0)" }], isLocal: true, continues: false,
                "SELECT count(*) > 0 AS is_late FROM late"), of: project, over: range)
        let all: SQL = "SELECT *, 1 AS times, session_at < \(range.start.milliseconds) AS is_irregular FROM scope_rows"
        if !rows[0].bool("is_late") { return "flagged AS NOT MATERIALIZED (\(all))" }
        return """
            \(lateVisitors),
            late AS \(materialized) (
              SELECT * FROM scope_rows WHERE session_at >= \(range.start.milliseconds) AND visitor IN (SELECT visitor FROM late_visitors)),
            flagged AS NOT MATERIALIZED (
              \(all) UNION ALL SELECT *, -1, FALSE FROM late UNION ALL SELECT *, 1, TRUE FROM late)
            """
    }

    /// Whether the engine numbers visitors, so it pays to know how many groups a tally has.
    public var numbersVisitors: Bool { get async throws { try await reader.visitorBound(of: project) != nil } }

    private func visitorCount() async throws -> VisitorCount { VisitorCount(bound: try await reader.visitorBound(of: project)) }

    /// Whether all filters select whole sessions.
    private var keepsSessionsWhole: Bool { filters.allSatisfy(\.dimension.isOfSession) }
}
