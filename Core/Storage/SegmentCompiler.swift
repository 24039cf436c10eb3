import Common

/// Makes the CTE `segment` of a rule: `visitor`, once each.
///
/// What can be told from the visitor's rows one by one is an aggregate of a single pass over them; what needs sessions, steps or
/// other facts is a list of visitors beside it.
struct SegmentCompiler {
    /// A condition on a visitor of the pass. Never null.
    private struct Condition {
        let sql: SQL
        /// Whether it holds for a visitor of whom no row counts in the pass; nil where that can't be told beforehand.
        var holdsForNothing: Bool?
    }

    private let scope: Scope
    private let currency: String
    /// The aggregates of the pass, as columns `told_1`, `told_2` ...
    private var told: [SQL] = []
    /// The conditions on rows that count in one of them; nil when all rows do.
    private var counted: [SQL]? = []
    private let start: Instant

    static func cte(_ segment: Segment, _ asked: Scope) -> SQL {
        let scope = asked.over(asked.segmentRange)
        var compiler = SegmentCompiler(scope, segment)
        let condition = compiler.condition(segment.rule)
        let columns = compiler.told.enumerated().map { ", \($1) AS told_\(sql: String($0 + 1))" as SQL }
        let active: SQL = compiler.start < scope.range.start ? " HAVING max(occurred_at) >= \(scope.range.start.milliseconds)" : ""
        let rows: SQL = "(\(compiler.activity(from: compiler.start))) done\(compiler.passing(condition))"
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

    /// Rows of the project's activity that may be seen, by visitor or by person as the scope counts.
    private func activity(from start: Instant) -> SQL {
        let bounds = scope.over(TimeRange(start: start, end: scope.range.end)).bounds
        return scope.matching(Activity.table, SQL.all(["kind < 2", bounds] + scope.leftOfActivity))
    }

    private var activityInRange: SQL { activity(from: scope.range.start) }

    /// Which rows the pass needs: those that count alone, where nobody without one is in the segment. They are few mostly, and to group
    /// them is what takes the time.
    private func passing(_ condition: Condition) -> SQL {
        guard let counted, !counted.isEmpty, condition.holdsForNothing == false, start == scope.range.start else { return "" }
        return " WHERE \(SQL.any(counted))"
    }

    /// The name of a column that the pass computes.
    /// - Parameter rows: the condition on rows that the aggregate looks at; nil for all of them.
    private mutating func tell(_ aggregate: SQL, of rows: SQL?) -> SQL {
        told.append(aggregate)
        if let rows { counted?.append(rows) } else { counted = nil }
        return SQL(sql: "told_\(told.count)")
    }

    /// A number of rows, compared.
    private mutating func count(_ rows: SQL, _ comparison: Comparison) -> Condition {
        let number = tell("count(*) FILTER (WHERE \(rows))", of: rows)
        return Condition(sql: comparison.condition(onNumber: number), holdsForNothing: comparison.holdsForZero)
    }

    /// Whether one of the visitor's rows meets a condition.
    private mutating func any(_ condition: SQL) -> Condition {
        let rows = from(scope.range.start, condition)
        return Condition(sql: tell("coalesce(bool_or(\(rows)), FALSE)", of: rows), holdsForNothing: false)
    }

    /// Restricts a condition on rows to those from `start` on, where the pass has earlier ones.
    private func from(_ start: Instant, _ condition: SQL) -> SQL {
        self.start < start ? "occurred_at >= \(start.milliseconds) AND (\(condition))" : condition
    }

    private mutating func condition(_ rule: Segment.Rule) -> Condition {
        switch rule {
        case .all(let rules): return all(rules)
        // Of no conditions all hold, whatever the word.
        case .any(let rules): return rules.isEmpty ? all([]) : any(rules)
        case .not(let rule):
            let inner = condition(rule)
            return Condition(sql: "NOT (\(inner.sql))", holdsForNothing: inner.holdsForNothing.map { !$0 })
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
        case .segment: preconditionFailure("a reference is resolved before it is compiled")
        }
    }

    private mutating func all(_ rules: [Segment.Rule]) -> Condition {
        let conditions = conditions(rules), known = conditions.map(\.holdsForNothing)
        return Condition(
            sql: SQL.all(conditions.map(\.sql)), holdsForNothing: known.contains(false) ? false : known.contains(nil) ? nil : true)
    }

    private mutating func any(_ rules: [Segment.Rule]) -> Condition {
        let conditions = conditions(rules), known = conditions.map(\.holdsForNothing)
        return Condition(
            sql: SQL.any(conditions.map(\.sql)), holdsForNothing: known.contains(true) ? true : known.contains(nil) ? nil : false)
    }

    private mutating func conditions(_ rules: [Segment.Rule]) -> [Condition] {
        var conditions: [Condition] = []
        for rule in rules { conditions.append(condition(rule)) }
        return conditions
    }

    // MARK: The profile

    /// A trait is a row: the first name of each reading of its path, the rest leads into the value.
    private func trait(_ path: PropertyPath, _ comparison: Comparison) -> Condition {
        let names = path.readings.map { $0[0].text }
        let values = path.readings.map { reading in
            let value: SQL = dialect.jsonText("value", reading.dropFirst().map(\.text))
            return path.readings.count == 1 ? value : "max(CASE WHEN name = \(reading[0].text) THEN \(value) END)"
        }
        if values.count == 1 { return latest(Identity.traits, where: "name = \(names[0])", value: "value", asked: values[0], comparison) }
        let rows = rows(Identity.traits, "name IN \(list: names)")
        return visitors("""
            SELECT visitor, coalesce(\(SQL.joined(values))) AS asked FROM (
              SELECT visitor, name, \(Identity.latest("value", dialect)) AS value FROM (\(rows)) stated GROUP BY visitor, name) each_latest
            GROUP BY visitor
            """, asked: "asked", comparison)
    }

    private func latest(_ table: FactTable, _ column: SQL, _ comparison: Comparison) -> Condition {
        latest(table, where: "\(column) IS NOT NULL", value: column, asked: column, comparison)
    }

    private func latest(_ table: FactTable, where condition: SQL, value: SQL, asked: SQL, _ comparison: Comparison) -> Condition {
        let rows = rows(table, condition)
        return visitors(
            "SELECT visitor, \(Identity.latest(value, dialect)) AS \(value) FROM (\(rows)) stated GROUP BY visitor", asked: asked, comparison)
    }

    private func rows(_ table: FactTable, _ condition: SQL) -> SQL {
        scope.matching(table, SQL.all(["project = \(Int64(scope.project))", condition] + scope.left(of: table.name)))
    }

    /// Visitors whose `asked` in `latest`, a row for each, meets the comparison. A visitor who has none meets it where nothing at all would.
    private func visitors(_ latest: SQL, asked: SQL, _ comparison: Comparison) -> Condition {
        let holdsForNothing = comparison.operation == .neq || comparison.operation == .not_exists
        let wanted = comparison.condition(on: asked, dialect)
        return Condition(sql: """
            visitor \(sql: holdsForNothing ? "NOT IN" : "IN") (
              SELECT visitor FROM (\(latest)) latest
              WHERE \(holdsForNothing ? "NOT (\(wanted))" : wanted))
            """)
    }

    // MARK: Sessions

    private func sessions(_ measure: Segment.SessionMeasure, _ comparison: Comparison) -> Condition {
        let value: SQL = switch measure {
        case .duration: "(ended_at - started_at) / 1000.0"
        case .pageviews: "pageviews"
        case .events: "events"
        case .entry_page: "entry_path"
        case .exit_page: "exit_path"
        }
        let wanted = measure.isNumber ? comparison.condition(onNumber: value) : comparison.condition(on: value, dialect)
        return Condition(sql: "visitor IN (SELECT visitor FROM (\(sessionsInRange)) measured WHERE \(wanted))")
    }

    private var sessionsInRange: SQL { scope.sessions(of: "(\(activityInRange)) done") }

    // MARK: Sums

    private mutating func metric(_ metric: Segment.Metric, _ comparison: Comparison) -> Condition {
        func rows(_ condition: SQL) -> SQL { from(scope.range.start, condition) }
        func distinct(_ value: SQL) -> Condition {
            Condition(sql: comparison.condition(onNumber: tell("count(DISTINCT \(value)) FILTER (WHERE \(rows("TRUE")))", of: nil)))
        }
        switch metric {
        case .pageviews: return count(rows("kind = 0"), comparison)
        case .events: return count(rows("kind = 1"), comparison)
        case .sessions:
            // Which of them may be seen is told by the whole session.
            return scope.left(of: "sessions").isEmpty
                ? distinct("session_at") : summed("SELECT visitor, 1 AS part FROM (\(sessionsInRange)) done", comparison)
        case .days_active: return distinct(TimeBuckets(.day, of: scope).number(of: "occurred_at"))
        case .duration: return summed("SELECT visitor, (ended_at - started_at) / 1000.0 AS part FROM (\(sessionsInRange)) done", comparison)
        case .revenue:
            let orders = scope.matching(Revenue.orders, SQL.all([scope.bounds] + scope.left(of: Revenue.orders.name)))
            return summed("SELECT visitor, coalesce(\(Revenue.amount(in: currency)), 0) / 1000000.0 AS part FROM (\(orders)) earned", comparison)
        }
    }

    /// Visitors whose parts add up to what is wanted. Who has no part has 0.
    private func summed(_ parts: SQL, _ comparison: Comparison) -> Condition {
        let wanted = comparison.condition(onNumber: "sum(part)")
        return Condition(
            sql: comparison.holdsForZero
                ? "visitor NOT IN (SELECT visitor FROM (\(parts)) parts GROUP BY visitor HAVING NOT (\(wanted)))"
                : "visitor IN (SELECT visitor FROM (\(parts)) parts GROUP BY visitor HAVING \(wanted))")
    }

    // MARK: Steps

    private func sequence(_ sequence: Segment.Sequence) -> Condition {
        let steps = sequence.steps, undone = sequence.thenNot.map { [$0] } ?? []
        let within = sequence.withinDays.map { Int64($0) * 86_400_000 }
        let ctes = SQL.joined(scope.following(steps, and: undone, within: within, in: activityInRange))
        let last = SQL(sql: "reached_\(steps.count)")
        guard !undone.isEmpty else { return Condition(sql: "visitor IN (WITH \(ctes) SELECT visitor FROM \(last))") }
        let flag = SQL(sql: "is_\(steps.count + 1)")
        let soon: SQL = within.map { " AND m.occurred_at <= \(scope.milliseconds(at: "l.position")) + \($0)" } ?? ""
        return Condition(sql: """
            visitor IN (WITH \(ctes) SELECT l.visitor FROM \(last) l WHERE NOT EXISTS (
              SELECT 1 FROM matched m WHERE m.visitor = l.visitor AND m.\(flag) AND m.position > l.position\(soon)))
            """)
    }

    private func funnel(_ funnel: Funnel, _ place: FunnelPlace) -> Condition {
        let journeys = FunnelJourneys.ctes(of: funnel, in: scope)
        return Condition(sql: """
            visitor IN (WITH activity AS NOT MATERIALIZED (\(activityInRange)), \(journeys) SELECT visitor FROM journeys WHERE \(place.condition))
            """)
    }
}
