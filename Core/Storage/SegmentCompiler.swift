import Common

/// Makes the CTE `segment` of a rule: `visitor`, once each.
///
/// What can be told from the visitor's rows one by one is an aggregate of a single pass over them; what needs sessions, steps or
/// other facts is a list of visitors beside it.
struct SegmentCompiler {
    private let scope: Scope
    private let currency: String
    /// The aggregates of the pass, as columns `told_1`, `told_2` ...
    private var told: [SQL] = []
    private let start: Instant

    static func cte(_ segment: Segment, _ asked: Scope) -> SQL {
        let scope = asked.over(asked.segmentRange)
        var compiler = SegmentCompiler(scope, segment)
        let condition = compiler.condition(segment.rule)
        let columns = compiler.told.enumerated().map { ", \($1) AS told_\(sql: String($0 + 1))" as SQL }
        let active: SQL = compiler.start < scope.range.start ? " HAVING max(occurred_at) >= \(scope.range.start.milliseconds)" : ""
        return """
            segment AS MATERIALIZED (
              SELECT visitor FROM (
                SELECT visitor\(SQL.joined(columns, separator: "")) FROM (\(compiler.activity(from: compiler.start))) done GROUP BY visitor\(active)) members
              WHERE \(condition))
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

    /// Rows of the project's activity, by visitor or by person as the scope counts.
    private func activity(from start: Instant) -> SQL {
        scope.matching(Activity.table, """
            project = \(Int64(scope.project)) AND kind < 2 AND occurred_at >= \(start.milliseconds) AND occurred_at < \(scope.range.end.milliseconds)
            """)
    }

    private var activityInRange: SQL { activity(from: scope.range.start) }

    /// The name of a column that the pass computes.
    private mutating func tell(_ aggregate: SQL) -> SQL {
        told.append(aggregate)
        return SQL(sql: "told_\(told.count)")
    }

    /// Restricts a condition on rows to those from `start` on, where the pass has earlier ones.
    private func from(_ start: Instant, _ condition: SQL) -> SQL {
        self.start < start ? "occurred_at >= \(start.milliseconds) AND (\(condition))" : condition
    }

    /// The condition on a visitor of the pass. Never null.
    private mutating func condition(_ rule: Segment.Rule) -> SQL {
        switch rule {
        case .all(let rules):
            var conditions: [SQL] = []
            for rule in rules { conditions.append(condition(rule)) }
            return SQL.all(conditions)
        case .any(let rules):
            var conditions: [SQL] = []
            for rule in rules { conditions.append(condition(rule)) }
            // Of no conditions all hold, whatever the word.
            return rules.isEmpty ? "TRUE" : SQL.any(conditions)
        case .not(let rule): return "NOT (\(condition(rule)))"
        case .trait(let path, let comparison): return latest(Identity.traits, trait: path, comparison)
        case .user(let comparison): return latest(Identity.profiles, "user_id", comparison)
        case .account(let comparison): return latest(Identity.memberships, "account_id", comparison)
        case .session(let column, let comparison): return tell(any(comparison.condition(on: SQL(sql: column), dialect)))
        case .pageview(let column, let comparison): return tell(any("kind = 0 AND (\(comparison.condition(on: SQL(sql: column), dialect)))"))
        case .sessionMeasure(let measure, let comparison): return sessions(measure, comparison)
        case .did(let step, let count, let days):
            let start = days.map { scope.range.end.adding(days: Int64(-$0)) } ?? scope.range.start
            let times = tell("count(*) FILTER (WHERE \(from(start, step.condition(dialect))))")
            return count.condition(onNumber: times)
        case .metric(let metric, let comparison): return self.metric(metric, comparison)
        case .sequence(let sequence): return self.sequence(sequence)
        case .segment: preconditionFailure("a reference is resolved before it is compiled")
        }
    }

    private func any(_ condition: SQL) -> SQL { "coalesce(bool_or(\(from(scope.range.start, condition))), FALSE)" }

    // MARK: The profile

    private func latest(_ table: FactTable, trait path: [String], _ comparison: Comparison) -> SQL {
        let value: SQL = dialect.jsonText("value", Array(path.dropFirst()))
        return latest(table, where: "name = \(path[0])", value: "value", asked: value, comparison)
    }

    private func latest(_ table: FactTable, _ column: SQL, _ comparison: Comparison) -> SQL {
        latest(table, where: "\(column) IS NOT NULL", value: column, asked: column, comparison)
    }

    /// Visitors whose latest `value` meets the comparison. Who has none meets it where nothing at all would.
    private func latest(_ table: FactTable, where condition: SQL, value: SQL, asked: SQL, _ comparison: Comparison) -> SQL {
        let rows = scope.matching(table, "project = \(Int64(scope.project)) AND (\(condition))")
        let holdsForNothing = comparison.operation == .neq || comparison.operation == .not_exists
        let wanted = comparison.condition(on: asked, dialect)
        return """
            visitor \(sql: holdsForNothing ? "NOT IN" : "IN") (
              SELECT visitor FROM (SELECT visitor, \(Identity.latest(value, dialect)) AS \(value) FROM (\(rows)) stated GROUP BY visitor) latest
              WHERE \(holdsForNothing ? "NOT (\(wanted))" : wanted))
            """
    }

    // MARK: Sessions

    private func sessions(_ measure: Segment.SessionMeasure, _ comparison: Comparison) -> SQL {
        let value: SQL
        switch measure {
        case .duration: value = "(max(occurred_at) - min(occurred_at)) / 1000.0"
        case .pageviews: value = "count(*) FILTER (WHERE kind = 0)"
        case .events: value = "count(*) FILTER (WHERE kind = 1)"
        case .entry_page: value = dialect.first("CASE WHEN kind = 0 THEN path END", by: Scope.pageviewOrder(first: true))
        case .exit_page: value = dialect.last("CASE WHEN kind = 0 THEN path END", by: Scope.pageviewOrder(first: false))
        }
        let wanted = measure.isNumber ? comparison.condition(onNumber: "measure") : comparison.condition(on: "measure", dialect)
        return """
            visitor IN (
              SELECT visitor FROM (SELECT visitor, session_at, \(value) AS measure FROM (\(activityInRange)) done GROUP BY visitor, session_at) measured
              WHERE \(wanted))
            """
    }

    // MARK: Sums

    private mutating func metric(_ metric: Segment.Metric, _ comparison: Comparison) -> SQL {
        func all(_ condition: SQL) -> SQL { from(scope.range.start, condition) }
        switch metric {
        case .pageviews: return comparison.condition(onNumber: tell("count(*) FILTER (WHERE \(all("kind = 0")))"))
        case .events: return comparison.condition(onNumber: tell("count(*) FILTER (WHERE \(all("kind = 1")))"))
        case .sessions: return comparison.condition(onNumber: tell("count(DISTINCT session_at) FILTER (WHERE \(all("TRUE")))"))
        case .days_active:
            return comparison.condition(onNumber: tell("count(DISTINCT \(dialect.quotient("occurred_at", "86400000"))) FILTER (WHERE \(all("TRUE")))"))
        case .duration:
            return summed("""
                SELECT visitor, (max(occurred_at) - min(occurred_at)) / 1000.0 AS part FROM (\(activityInRange)) done GROUP BY visitor, session_at
                """, comparison)
        case .revenue:
            return summed("""
                SELECT visitor, coalesce(\(Revenue.amount(in: currency)), 0) / 1000000.0 AS part FROM (\(scope.matching(Revenue.orders, scope.bounds))) earned
                """, comparison)
        }
    }

    /// Visitors whose parts add up to what is wanted. Who has no part has 0.
    private func summed(_ parts: SQL, _ comparison: Comparison) -> SQL {
        let wanted = comparison.condition(onNumber: "sum(part)")
        return comparison.holdsForZero
            ? "visitor NOT IN (SELECT visitor FROM (\(parts)) parts GROUP BY visitor HAVING NOT (\(wanted)))"
            : "visitor IN (SELECT visitor FROM (\(parts)) parts GROUP BY visitor HAVING \(wanted))"
    }

    // MARK: Steps

    private func sequence(_ sequence: Segment.Sequence) -> SQL {
        let steps = sequence.steps.map { $0.condition(dialect) }, undone = sequence.thenNot.map { [$0.condition(dialect)] } ?? []
        let within = sequence.withinDays.map { Int64($0) * 86_400_000 }
        let ctes = SQL.joined(scope.following(steps, and: undone, within: within, in: activityInRange))
        let last = SQL(sql: "reached_\(steps.count)")
        guard !undone.isEmpty else { return "visitor IN (WITH \(ctes) SELECT visitor FROM \(last))" }
        let flag = SQL(sql: "is_\(steps.count + 1)")
        let soon: SQL = within.map { " AND m.occurred_at <= \(scope.milliseconds(at: "l.position")) + \($0)" } ?? ""
        return """
            visitor IN (WITH \(ctes) SELECT l.visitor FROM \(last) l WHERE NOT EXISTS (
              SELECT 1 FROM matched m WHERE m.visitor = l.visitor AND m.\(flag) AND m.position > l.position\(soon)))
            """
    }
}
