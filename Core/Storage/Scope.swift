import Common
import Foundation

/// Half-open: `start` is inside, `end` is not.
public struct TimeRange: Sendable, Hashable {
    public let start: Instant
    public let end: Instant

    public init(start: Instant, end: Instant) {
        self.start = start
        self.end = end
    }

    /// From 1970 to the year 10000.
    public static let always = TimeRange(start: Instant(milliseconds: 0), end: Instant(milliseconds: 253_402_300_800_000))

    public var milliseconds: Int64 { end - start }

    /// The equally long range that ends where this one begins. Whole days of `zone` are as many days, also where one of them has 23 or
    /// 25 hours.
    public func previous(in zone: TimeZone) -> TimeRange {
        let first = Day(start, in: zone), last = Day(end, in: zone)
        guard first < last, first.start(in: zone) == start, last.start(in: zone) == end else {
            return TimeRange(start: start.adding(milliseconds: -milliseconds), end: start)
        }
        return TimeRange(start: first.adding(days: first.number - last.number).start(in: zone), end: start)
    }
}

/// Where scopes get their rows: whoever implements it waits until acknowledged events are there, though not for long, keeps
/// repeated answers, and stops statements that take too long.
public protocol ReportReader: Sendable {
    var dialect: Dialect { get }
    /// - Throws: `ServiceError` 503 past the installation's time limit or while the store is away.
    func rows(_ statement: SQL, of project: Int32, over range: TimeRange) async throws -> Rows
    /// `EventStore.visitorBound`, once what was acknowledged is there.
    func visitorBound(of project: Int32) async throws -> Int64?

    /// The same for one answer, whose statements wait together, once.
    func forOneAnswer() -> any ReportReader
    /// Where something that was acknowledged may be missing in the answer: the instant before which nothing is. Nil where it has
    /// everything.
    var asOf: Instant? { get }
}

extension ReportReader {
    public func forOneAnswer() -> any ReportReader { self }
    public var asOf: Instant? { nil }
}

/// What a report may see: one project, one time range, and the filters and the segment of the request.
///
/// A report's SQL reads the names that the scope provides, and so can't forget the tenant:
/// - `activity`: pageviews and custom events that match, the columns of `Activity.table`
/// - `pageviews`, `events`: the two kinds of it
/// - `scope_rows`: what `activity` picks from, with `is_chosen`: sessions are whole there, also when a filter such as
///   `path` picks single rows of them
/// - `sessions`: one row for each session that has matching activity: `visitor`, `session_at`, `started_at`,
///   `ended_at` (epoch milliseconds), `pageviews`, `events`, `entry_path`, `exit_path`, `source`, `country`, `device`.
///   What a session did is told whole, also where a filter such as `path` picked it for one page.
/// - one for each `FactTable` that a statement names in `reading`: that table's rows of the project and range that match
public struct Scope: Sendable {
    public let project: Int32
    public let range: TimeRange
    /// IANA name; days and hours of a report are this zone's.
    public let timezone: String
    public let filters: [Filter]
    /// Who is asked about; nil for everybody.
    public let segment: Segment?
    /// Set where people are counted: a person then stands in the column `visitor`.
    public let people: People?
    /// Rows that nobody may see; see `restricted`.
    public let restrictions: [RowRestriction]
    public let limit: Int
    public let offset: Int
    let reader: any ReportReader
    /// Where it is told who is in the segment: `range`, except after `widened(to:)`.
    private(set) var segmentRange: TimeRange
    /// What modules made of the filters on their dimensions; see `settled`.
    var told: [Filter: SQL] = [:]

    /// `timezone`, which the gate has checked.
    public var zone: TimeZone { TimeZone(tzName: timezone) ?? .gmt }

    /// The range before this one that a comparison is made with.
    public var previousRange: TimeRange { range.previous(in: zone) }

    // Only the gate's target imports this name: whoever could make a scope could read any project.
    @_spi(Scopes) public init(
        project: Int32, range: TimeRange, timezone: String = "UTC", filters: [Filter] = [], segment: Segment? = nil, people: People? = nil,
        restrictions: [RowRestriction] = [], limit: Int = 10, offset: Int = 0, reader: any ReportReader
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
        segmentRange = range
    }

    public var dialect: Dialect { reader.dialect }

    /// The same question about another range.
    public func over(_ range: TimeRange) -> Scope {
        var copy = copy(range: range)
        copy.segmentRange = range
        return copy
    }

    /// The same question with rows of a longer time: what visitors did before the range, or after it. Who is in the segment is
    /// still told by the range that was asked about.
    public func widened(to range: TimeRange) -> Scope {
        var copy = copy(range: range)
        copy.segmentRange = segmentRange
        return copy
    }

    /// The same question with more conditions.
    public func filtered(by more: [Filter]) -> Scope { copy(filters: filters + more) }

    /// The same question about a segment. Where there is one already, about those who are in both.
    public func of(_ segment: Segment) -> Scope { copy(segment: self.segment.map { $0.and(segment) } ?? segment) }

    /// The same question about fewer rows: of each dataset that a restriction names, those alone that it leaves. Restrictions on `pageviews`
    /// and `events` hold for rows of activity, and so for everything that is counted from these, such as sessions; those on `sessions` for
    /// that view; those on a fact table for it.
    public func restricted(by more: [RowRestriction]) -> Scope { more.isEmpty ? self : copy(restrictions: restrictions + more) }

    private func copy(
        range: TimeRange? = nil, filters: [Filter]? = nil, segment: Segment? = nil, restrictions: [RowRestriction]? = nil
    ) -> Scope {
        var copy = Scope(
            project: project, range: range ?? self.range, timezone: timezone, filters: filters ?? self.filters, segment: segment ?? self.segment,
            people: people, restrictions: restrictions ?? self.restrictions, limit: limit, offset: offset, reader: reader)
        copy.segmentRange = segmentRange
        return copy
    }

    /// Runs a report's statement. `query` begins after the scope's `WITH`: a SELECT, or more CTEs (`x AS (...) SELECT`)
    /// when `continues` is set. `name` stands in front, so that a slow statement leads back to its code.
    public func rows(_ name: StaticString, reading tables: [FactTable] = [], continues: Bool = false, _ query: SQL) async throws -> Rows {
        let statement: SQL = "/* \(sql: "\(name)") */ \(try await settled().prelude(for: query, reading: tables))\(sql: continues ? ", " : " ")\(query)"
        return try await reader.rows(statement, of: project, over: decisiveRange)
    }

    /// As `rows` with `continues`, and beside what the scope provides `facts`: all that `table` ever held about the project's visitors, whatever
    /// the range; for what is known rather than done, such as traits.
    public func everKnown(_ name: StaticString, _ table: FactTable, as facts: SQL, _ query: SQL) async throws -> Rows {
        let known = matching(table, SQL.all(["project = \(Int64(project))"] + left(of: table.name)))
        let statement: SQL = "/* \(sql: "\(name)") */ \(try await settled().prelude(for: query, reading: [])), \(facts) AS NOT MATERIALIZED (\(known)), \(query)"
        return try await reader.rows(statement, of: project, over: .always)
    }

    /// Where facts lie whose change changes the answer.
    private var decisiveRange: TimeRange {
        if people != nil || segment?.looksBeyondRange == true { return .always }
        guard segment != nil else { return range }
        return TimeRange(start: min(range.start, segmentRange.start), end: max(range.end, segmentRange.end))
    }

    /// `WITH` and those of the CTEs described above that `query` names, with the columns that it names, as the others would be planned all
    /// the same: for a short statement that is most of its time.
    func prelude(for query: SQL, reading tables: [FactTable]) -> SQL {
        let sessionFilters = filters.filter { $0.dimension.isOfSession }
        let rowFilters = filters.filter { !$0.dimension.isOfSession }
        let base = SQL.all([bounds] + leftOfActivity + sessionFilters.map { $0.condition(self) })
        let chosen: SQL = rowFilters.isEmpty ? "TRUE" : SQL.all(rowFilters.map { $0.condition(self) })
        let touched: SQL = rowFilters.isEmpty
            ? "" : " WHERE (visitor, session_at) IN (SELECT visitor, session_at FROM activity)"
        let shared: [(name: String, definition: SQL)] = [
            ("activity", "SELECT * FROM scope_rows WHERE is_chosen"),
            ("pageviews", "SELECT * FROM activity WHERE kind = 0"),
            ("events", "SELECT * FROM activity WHERE kind = 1"),
            ("sessions", sessions(of: "scope_rows\(touched)")),
        ]
        // From the last to the first, as each reads only those before it.
        var words = query.words, parts: [SQL] = []
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
            let conditions = SQL.all([bounds] + left(of: table.name) + conditions(on: table))
            parts.append("\(sql: table.name) AS NOT MATERIALIZED (SELECT * FROM \(rows(of: table, conditions)))")
        }
        let people = people?.ctes(of: project, dialect) ?? [], members = segment.map { [SegmentCompiler.cte($0, self)] } ?? []
        return "WITH \(SQL.joined(people + members + parts))"
    }

    /// The conditions that restrictions put on rows of `dataset`.
    func left(of dataset: String) -> [SQL] { restrictions.filter { $0.dataset == dataset }.map(\.condition) }

    /// The conditions that restrictions put on rows of activity.
    var leftOfActivity: [SQL] { left(of: "pageviews").map { "kind <> 0 OR (\($0))" } + left(of: "events").map { "kind <> 1 OR (\($0))" } }

    /// The view `sessions` of `rows`, which is what follows `FROM`.
    func sessions(of rows: SQL) -> SQL {
        let all: SQL = """
            SELECT visitor, session_at, min(occurred_at) AS started_at, max(occurred_at) AS ended_at,
              count(*) FILTER (WHERE kind = 0) AS pageviews, count(*) FILTER (WHERE kind = 1) AS events,
              \(dialect.first("CASE WHEN kind = 0 THEN path END", by: Self.pageviewOrder(first: true))) AS entry_path,
              \(dialect.last("CASE WHEN kind = 0 THEN path END", by: Self.pageviewOrder(first: false))) AS exit_path,
              min(source) AS source, min(country) AS country, min(device) AS device
            FROM \(rows) GROUP BY visitor, session_at
            """
        let left = left(of: "sessions")
        return left.isEmpty ? all : "SELECT * FROM (\(all)) every WHERE \(SQL.all(left))"
    }

    /// What follows `FROM`: rows of `table` that meet the condition, of visitors in the segment.
    private func rows(of table: FactTable, _ condition: SQL) -> SQL {
        let isMember: SQL = "visitor IN (SELECT visitor FROM segment)"
        guard people != nil else {
            let all = segment == nil ? condition : SQL.all([condition, isMember])
            return "\(sql: Self.qualified(table, dialect)) WHERE \(all)"
        }
        let found: SQL = "(\(matching(table, condition))) found"
        return segment == nil ? found : "\(found) WHERE \(isMember)"
    }

    /// A SELECT of the rows of `table` that meet the condition, with the person in place of the visitor where people are counted.
    func matching(_ table: FactTable, _ condition: SQL) -> SQL {
        let stored: SQL = "SELECT * FROM \(sql: Self.qualified(table, dialect)) WHERE \(condition)"
        guard people != nil else { return stored }
        let columns = table.allColumns.map(\.name).filter { $0 != "visitor" }.map { SQL(sql: "own.\($0)") }
        return """
            SELECT \(SQL.joined(columns)), coalesce(people.person, own.visitor) AS visitor
            FROM (\(stored)) own LEFT JOIN people ON people.visitor = own.visitor
            """
    }

    /// Orders pageviews before, or after, everything else, as `first` and `last` must not meet an event.
    private static func pageviewOrder(first: Bool) -> SQL {
        first ? "CASE WHEN kind = 0 THEN \(position) ELSE 9223372036854775807 END" : "CASE WHEN kind = 0 THEN \(position) ELSE -1 END"
    }

    /// The table itself, where a CTE has its name.
    private static func qualified(_ table: FactTable, _ dialect: Dialect) -> String {
        dialect == .duckdb ? "main.\(table.name)" : table.name
    }

    var bounds: SQL {
        "project = \(Int64(project)) AND occurred_at >= \(range.start.milliseconds) AND occurred_at < \(range.end.milliseconds)"
    }

    /// CTEs for reports that need not group by session: `flagged` has the rows of `scope_rows` with two columns more.
    ///
    /// - `is_irregular`: the row's session can't be told from single rows, as it began before the range, rows of its visitor
    ///   arrived out of order or twice, or a filter picks single rows of it. In all other sessions `seq`, `gap`,
    ///   `pageview_no` and `from_path` of the rows in range are exact.
    /// - `times`: how often the row counts, to be summed in place of counting rows. Rows of late visitors first count as
    ///   regular, are taken back by -1, and are there again as irregular ones. To ask each row of the range whether it is one
    ///   of these few costs as much as the rest of a report; so they are looked up once, and put right.
    ///
    /// Every row of `scope_rows` is there at least once, so sets of visitors are those of `scope_rows`.
    public func flagged() async throws -> SQL {
        guard keepsSessionsWhole else { return "flagged AS NOT MATERIALIZED (SELECT *, 1 AS times, TRUE AS is_irregular FROM scope_rows)" }
        let rows = try await reader.rows(
            "/* scope.order */ SELECT count(*) AS n FROM (SELECT 1 FROM core_activity WHERE \(isLate) LIMIT 1) late", of: project, over: range)
        let all: SQL = "SELECT *, 1 AS times, session_at < \(range.start.milliseconds) AS is_irregular FROM scope_rows"
        if rows[0].int("n") == 0 { return "flagged AS NOT MATERIALIZED (\(all))" }
        return """
            \(lateVisitors),
            late AS MATERIALIZED (
              SELECT * FROM scope_rows WHERE session_at >= \(range.start.milliseconds) AND visitor IN (SELECT visitor FROM late_visitors)),
            flagged AS NOT MATERIALIZED (
              \(all) UNION ALL SELECT *, -1, FALSE FROM late UNION ALL SELECT *, 1, TRUE FROM late)
            """
    }

    /// How this scope's visitors are counted.
    public func visitorCount() async throws -> VisitorCount { VisitorCount(bound: try await reader.visitorBound(of: project)) }

    /// Whether no filter picks single rows of sessions.
    private var keepsSessionsWhole: Bool { filters.allSatisfy(\.dimension.isOfSession) }
}
