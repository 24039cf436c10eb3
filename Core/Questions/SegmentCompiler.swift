import Common
import Storage

/// Compiles a segment to a CTE named `segment`, which has one row per member and a single column, `visitor`.
///
/// Conditions on single rows of activity become aggregates, which are all computed in one pass over activity, grouped by visitor.
/// Conditions on whole sessions, sequences, funnels or other facts become subqueries that list visitors.
struct SegmentCompiler {
    /// A condition on a visitor. Its SQL is never null and may use the aggregates of the pass over activity.
    private struct Condition {
        let sql: SQL
        /// Whether the condition holds for a visitor who has none of the rows that the aggregates read; nil if that can't be known in
        /// advance.
        var holdsWithoutRows: Bool?
    }

    private let scope: Scope
    private let currency: String
    /// The aggregates of the pass. Their columns are `value_1`, `value_2` ...
    private var aggregates: [SQL] = []
    /// For each aggregate, the condition on the rows that it reads. Nil if any aggregate reads all rows.
    private var relevant: [SQL]? = []
    private let start: Instant

    static func cte(_ segment: Segment, _ request: Scope) -> SQL {
        let scope = request.over(request.segmentRange)
        var compiler = SegmentCompiler(scope, segment)
        let condition = compiler.condition(segment.rule)
        let columns = compiler.aggregates.enumerated().map { ", \($1) AS value_\(sql: String($0 + 1))" as SQL }
        let active: SQL = compiler.start < scope.range.start ? " HAVING max(occurred_at) >= \(scope.range.start.milliseconds)" : ""
        let rows: SQL = "(\(compiler.activity(from: compiler.start))) activity_rows\(compiler.passing(condition))"
        return """
            segment AS MATERIALIZED (
              SELECT visitor FROM (
                SELECT visitor\(SQL.joined(columns, separator: "")) FROM \(rows) GROUP BY visitor\(active)) members
              WHERE \(condition.sql))
            """
    }

    private init(_ scope: Scope, _ segment: Segment) {
        self.scope = scope
        currency = segment.currency
        var start = scope.range.start
        segment.rule.forEachLeaf { if case .did(_, _, let days?) = $0 { start = min(start, scope.range.end.adding(days: Int64(-days))) } }
        self.start = start
    }

    private var dialect: Dialect { scope.dialect }

    /// A SELECT of the visible activity from `start` to the end of the range. `visitor` is the person if the scope counts people.
    private func activity(from start: Instant) -> SQL {
        let bounds = scope.over(TimeRange(start: start, end: scope.range.end)).bounds
        return scope.matching(Activity.table, SQL.all(["kind < 2", bounds] + scope.activityRestrictions))
    }

    private var activityInRange: SQL { activity(from: scope.range.start) }

    /// A WHERE clause that limits the pass to the rows that aggregates read. Used only if a visitor without such rows can't be a member;
    /// otherwise empty. These rows are usually few, and grouping takes most of the time.
    private func passing(_ condition: Condition) -> SQL {
        guard let relevant, !relevant.isEmpty, condition.holdsWithoutRows == false, start == scope.range.start else { return "" }
        return " WHERE \(SQL.any(relevant))"
    }

    /// Adds an aggregate to the pass and returns the name of its column.
    /// - Parameter rows: the condition on the rows that the aggregate reads; nil for all rows.
    private mutating func add(_ aggregate: SQL, of rows: SQL?) -> SQL {
        aggregates.append(aggregate)
        if let rows { relevant?.append(rows) } else { relevant = nil }
        return SQL(sql: "value_\(aggregates.count)")
    }

    /// The condition that the number of the visitor's rows that meet `rows` satisfies the comparison.
    private mutating func count(_ rows: SQL, _ comparison: Comparison) -> Condition {
        let number = add("count(*) FILTER (WHERE \(rows))", of: rows)
        return Condition(sql: comparison.condition(onNumber: number), holdsWithoutRows: comparison.holdsForZero)
    }

    /// The condition that at least one of the visitor's rows meets `condition`.
    private mutating func any(_ condition: SQL) -> Condition {
        let rows = from(scope.range.start, condition)
        return Condition(sql: add("coalesce(bool_or(\(rows)), FALSE)", of: rows), holdsWithoutRows: false)
    }

    /// Restricts a condition to rows at or after `start` if the pass also reads earlier rows.
    private func from(_ start: Instant, _ condition: SQL) -> SQL {
        self.start < start ? "occurred_at >= \(start.milliseconds) AND (\(condition))" : condition
    }

    private mutating func condition(_ rule: Segment.Rule) -> Condition {
        switch rule {
        case .all(let rules): return all(rules)
        // An `any` without rules holds for every visitor, like an empty `all`.
        case .any(let rules): return rules.isEmpty ? all([]) : any(rules)
        case .not(let rule):
            let inner = condition(rule)
            return Condition(sql: "NOT (\(inner.sql))", holdsWithoutRows: inner.holdsWithoutRows.map { !$0 })
        case .trait(let path, let comparison): return trait(path, comparison)
        case .user(let comparison): return latest(Identity.profiles, "user_id", comparison)
        case .account(let comparison): return latest(Identity.memberships, "account_id", comparison)
        case .session(let column, let comparison): return any(comparison.condition(on: SQL(sql: column), dialect))
        case .pageview(let column, let comparison): return any("kind = 0 AND (\(comparison.condition(on: SQL(sql: column), dialect)))")
        case .sessionMeasure(let measure, let comparison): return sessions(measure, comparison)
        case .did(let step, let times, let days):
            let start = days.map { scope.range.end.adding(days: Int64(-$0)) } ?? scope.range.start
            return count(from(start, step.condition(dialect)), times)
        case .metric(let metric, let comparison): return self.metric(metric, comparison)
        case .sequence(let sequence): return self.sequence(sequence)
        case .funnel(let funnel, let place): return self.funnel(funnel, place)
        case .segment: preconditionFailure("references must be resolved before compiling")
        }
    }

    private mutating func all(_ rules: [Segment.Rule]) -> Condition {
        let conditions = conditions(rules), outcomes = conditions.map(\.holdsWithoutRows)
        return Condition(
            sql: SQL.all(conditions.map(\.sql)), holdsWithoutRows: outcomes.contains(false) ? false : outcomes.contains(nil) ? nil : true)
    }

    private mutating func any(_ rules: [Segment.Rule]) -> Condition {
        let conditions = conditions(rules), outcomes = conditions.map(\.holdsWithoutRows)
        return Condition(
            sql: SQL.any(conditions.map(\.sql)), holdsWithoutRows: outcomes.contains(true) ? true : outcomes.contains(nil) ? nil : false)
    }

    private mutating func conditions(_ rules: [Segment.Rule]) -> [Condition] {
        var conditions: [Condition] = []
        for rule in rules { conditions.append(condition(rule)) }
        return conditions
    }

    // MARK: The profile

    /// Each trait is stored as a row. The first name in the path is the trait's name, and the other names lead into its JSON value.
    private func trait(_ path: PropertyPath, _ comparison: Comparison) -> Condition {
        let names = path.readings.map { $0[0].text }
        let values = path.readings.map { reading in
            let value: SQL = dialect.jsonText("value", reading.dropFirst().map(\.text))
            return path.readings.count == 1 ? value : "max(CASE WHEN name = \(reading[0].text) THEN \(value) END)"
        }
        if values.count == 1 {
            return latest(Identity.traits, where: "name = \(names[0])", value: "value", compared: values[0], comparison)
        }
        let rows = rows(Identity.traits, "name IN \(list: names)")
        return visitors(
            """
            SELECT visitor, coalesce(\(SQL.joined(values))) AS trait_value FROM (
              SELECT visitor, name, \(Identity.latest("value", dialect)) AS value FROM (\(rows)) traits GROUP BY visitor, name) latest
            GROUP BY visitor
            """, compared: "trait_value", comparison)
    }

    private func latest(_ table: FactTable, _ column: SQL, _ comparison: Comparison) -> Condition {
        latest(table, where: "\(column) IS NOT NULL", value: column, compared: column, comparison)
    }

    private func latest(_ table: FactTable, where condition: SQL, value: SQL, compared: SQL, _ comparison: Comparison) -> Condition {
        let rows = rows(table, condition)
        return visitors(
            "SELECT visitor, \(Identity.latest(value, dialect)) AS \(value) FROM (\(rows)) facts GROUP BY visitor",
            compared: compared, comparison)
    }

    private func rows(_ table: FactTable, _ condition: SQL) -> SQL {
        scope.matching(table, SQL.all(["project = \(Int64(scope.project))", condition] + scope.rowConditions(on: table.name)))
    }

    /// The condition that `compared`, an expression on the visitor's row of `latest`, satisfies the comparison. For a visitor without a
    /// row, the value counts as missing.
    private func visitors(_ latest: SQL, compared: SQL, _ comparison: Comparison) -> Condition {
        let holdsWithoutRows = comparison.operation == .neq || comparison.operation == .not_exists
        let wanted = comparison.condition(on: compared, dialect)
        return Condition(
            sql: """
                visitor \(sql: holdsWithoutRows ? "NOT IN" : "IN") (
                  SELECT visitor FROM (\(latest)) latest
                  WHERE \(holdsWithoutRows ? "NOT (\(wanted))" : wanted))
                """)
    }

    // MARK: Sessions

    private func sessions(_ measure: Segment.SessionMeasure, _ comparison: Comparison) -> Condition {
        let value: SQL =
            switch measure {
            case .duration: "(ended_at - started_at) / 1000.0"
            case .pageviews: "pageviews"
            case .events: "events"
            case .entry_page: "entry_path"
            case .exit_page: "exit_path"
            }
        let wanted = measure.isNumber ? comparison.condition(onNumber: value) : comparison.condition(on: value, dialect)
        return Condition(sql: "visitor IN (SELECT visitor FROM (\(sessionsInRange)) measured WHERE \(wanted))")
    }

    private var sessionsInRange: SQL { scope.sessions(of: "(\(activityInRange)) activity_rows") }

    // MARK: Sums

    private mutating func metric(_ metric: Segment.Metric, _ comparison: Comparison) -> Condition {
        func rows(_ condition: SQL) -> SQL { from(scope.range.start, condition) }
        func distinct(_ value: SQL) -> Condition {
            Condition(sql: comparison.condition(onNumber: add("count(DISTINCT \(value)) FILTER (WHERE \(rows("TRUE")))", of: nil)))
        }
        switch metric {
        case .pageviews: return count(rows("kind = 0"), comparison)
        case .events: return count(rows("kind = 1"), comparison)
        case .sessions:
            // If sessions are restricted, whole sessions must be computed to check the restrictions.
            return scope.rowConditions(on: "sessions").isEmpty
                ? distinct("session_at") : summed("SELECT visitor, 1 AS part FROM (\(sessionsInRange)) done", comparison)
        case .days_active: return distinct(TimeBuckets(.day, of: scope).number(of: "occurred_at"))
        case .duration: return summed("SELECT visitor, (ended_at - started_at) / 1000.0 AS part FROM (\(sessionsInRange)) done", comparison)
        case .revenue:
            let orders = scope.matching(Revenue.orders, SQL.all([scope.bounds] + scope.rowConditions(on: Revenue.orders.name)))
            return summed(
                "SELECT visitor, coalesce(\(Revenue.amount(in: currency)), 0) / 1000000.0 AS part FROM (\(orders)) earned", comparison)
        }
    }

    /// The condition that the sum of the visitor's parts satisfies the comparison. A visitor without parts has the sum 0.
    /// - Parameter parts: a SELECT of `visitor` and `part`.
    private func summed(_ parts: SQL, _ comparison: Comparison) -> Condition {
        let wanted = comparison.condition(onNumber: "sum(part)")
        return Condition(
            sql: comparison.holdsForZero
                ? "visitor NOT IN (SELECT visitor FROM (\(parts)) parts GROUP BY visitor HAVING NOT (\(wanted)))"
                : "visitor IN (SELECT visitor FROM (\(parts)) parts GROUP BY visitor HAVING \(wanted))")
    }

    // MARK: Steps

    private func sequence(_ sequence: Segment.Sequence) -> Condition {
        let steps = sequence.steps, thenNot = sequence.thenNot.map { [$0] } ?? []
        let within = sequence.withinDays.map { Int64($0) * 86_400_000 }
        let ctes = SQL.joined(scope.following(steps, and: thenNot, within: within, in: activityInRange))
        let last = SQL(sql: "reached_\(steps.count)")
        guard !thenNot.isEmpty else { return Condition(sql: "visitor IN (WITH \(ctes) SELECT visitor FROM \(last))") }
        let flag = SQL(sql: "is_\(steps.count + 1)")
        let timeLimit: SQL = within.map { " AND m.occurred_at <= \(scope.milliseconds(at: "l.position")) + \($0)" } ?? ""
        return Condition(
            sql: """
                visitor IN (WITH \(ctes) SELECT l.visitor FROM \(last) l WHERE NOT EXISTS (
                  SELECT 1 FROM matched m WHERE m.visitor = l.visitor AND m.\(flag) AND m.position > l.position\(timeLimit)))
                """)
    }

    private func funnel(_ funnel: Funnel, _ place: FunnelPlace) -> Condition {
        let journeys = FunnelJourneys.ctes(of: funnel, in: scope)
        return Condition(
            sql: """
                visitor IN (WITH activity AS NOT MATERIALIZED (\(activityInRange)), \(journeys) SELECT visitor FROM journeys WHERE \(place.condition))
                """)
    }
}
