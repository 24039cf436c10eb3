import Common
import Storage

/// Generates the SQL that determines how far each visitor gets in a funnel. The SQL reads `activity`, which the scope or the surrounding
/// statement provides.
///
/// Every row of the first step starts an attempt. If the steps may be done in any order, every row of every step starts one. An attempt
/// continues with the earliest row of the next step. It ends when the window is over, or when an exclusion comes before the next step. Only
/// the attempt that gets furthest counts for a visitor; if several get equally far, the earliest of them.
public struct FunnelJourneys {
    private let funnel: Funnel
    private let scope: Scope

    /// CTEs that end with `journeys`, which has one row per visitor who did step 1. Its `begun` column is the position at which the attempt
    /// started. Its columns `step_1`, `step_2` ... are the positions at which the attempt reached each step, or null if it didn't.
    public static func ctes(of funnel: Funnel, in scope: Scope) -> SQL {
        let journeys = FunnelJourneys(funnel, scope)
        let hasLimits = funnel.windowSeconds != nil || !funnel.exclusions.isEmpty
        let ctes =
            switch funnel.order {
            case .strict: journeys.strict
            case .ordered: hasLimits ? journeys.limited : journeys.ordered
            case .any: hasLimits ? journeys.limitedInAnyOrder : journeys.inAnyOrder
            }
        return SQL.joined(ctes)
    }

    private init(_ funnel: Funnel, _ scope: Scope) {
        self.funnel = funnel
        self.scope = scope
    }

    private var last: Int { funnel.steps.count }

    // MARK: In order

    /// For funnels without a window and without exclusions. The earliest row of each step is always the best choice there, so only the
    /// first attempt matters.
    private var ordered: [SQL] {
        // The last steps are joined first. Few visitors get that far, so the many rows of step 1 are joined only once.
        let pairs = stride(from: last, to: 1, by: -1).map {
            "ON reached_\(sql: "\($0)").visitor = reached_\(sql: "\($0 - 1)").visitor" as SQL
        }
        return scope.following(funnel.steps, in: "SELECT * FROM activity") + [
            """
            journeys AS NOT MATERIALIZED (
              SELECT reached_1.visitor, reached_1.position AS begun, \(each(1...last) { "reached_\($0).position AS step_\($0)" })
              FROM \(each(1...last, " LEFT JOIN ") { "reached_\($0)" }) \(SQL.joined(pairs, separator: " ")))
            """
        ]
    }

    /// For each position in `moments`, finds the position of the next row of each step, or null if an exclusion comes before that row.
    /// Attempts follow these positions.
    private var limited: [SQL] {
        let looks = each(2...last) { step in
            """
            min(CASE WHEN is_\(step) THEN position END) OVER later AS next_\(step),
            min(CASE WHEN stops_\(step) THEN position END) OVER later AS stop_\(step)
            """
        }
        return [
            matched, moments,
            """
            lookahead AS NOT MATERIALIZED (
              SELECT visitor, position, is_1, \(looks) FROM moments
              WINDOW later AS (PARTITION BY visitor ORDER BY position ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING))
            """,
            """
            hops AS MATERIALIZED (
              SELECT visitor, position, is_1, \(each(2...last) { "CASE WHEN stop_\($0) < next_\($0) THEN NULL ELSE next_\($0) END AS next_\($0)" })
              FROM lookahead)
            """,
            attempts(along: "hops") { step, before, number in "\(step).position = \(before).next_\(number)" }, furthest,
        ]
    }

    /// Numbers all activity of a visitor in the `place` column, including activity that is not a step. The next step must be at the next
    /// place.
    private var strict: [SQL] {
        [
            """
            placed AS NOT MATERIALIZED (
              SELECT visitor, position, dense_rank() OVER (PARTITION BY visitor ORDER BY position) AS place,
                \(Step.flags(funnel.steps, scope.dialect))
              FROM (
                SELECT *, \(Scope.position) AS position FROM activity
                WHERE visitor IN (SELECT visitor FROM activity WHERE \(funnel.steps[0].condition(scope.dialect)))) done)
            """,
            """
            moments AS MATERIALIZED (
              SELECT visitor, position, place, \(each(1...last) { "bool_or(is_\($0)) AS is_\($0)" })
              FROM placed WHERE \(each(1...last, " OR ") { "is_\($0)" }) GROUP BY visitor, position, place)
            """,
            attempts(along: "moments") { step, before, number in "\(step).place = \(before).place + 1 AND \(step).is_\(number)" }, furthest,
        ]
    }

    // MARK: In any order

    private var inAnyOrder: [SQL] {
        [
            matched,
            """
            firsts AS NOT MATERIALIZED (
              SELECT visitor, \(each(1...last) { "min(CASE WHEN is_\($0) THEN position END) AS next_\($0)" }) FROM matched GROUP BY visitor)
            """,
            """
            journeys AS NOT MATERIALIZED (
              SELECT visitor, least(\(each(1...last) { "next_\($0)" })) AS begun, \(SQL.joined(stepColumns)) FROM firsts WHERE next_1 IS NOT NULL)
            """,
        ]
    }

    private var limitedInAnyOrder: [SQL] {
        let soon = each(1...last) { step in
            "CASE WHEN stop < next_\(step) OR \(isPastWindow("next_\(step)", after: "position")) THEN NULL ELSE next_\(step) END AS next_\(step)"
        }
        return [
            matched, moments,
            """
            lookahead AS NOT MATERIALIZED (
              SELECT visitor, position, \(each(1...last) { "min(CASE WHEN is_\($0) THEN position END) OVER onward AS next_\($0)" }),
                min(CASE WHEN stops_2 THEN position END) OVER later AS stop
              FROM moments
              WINDOW onward AS (PARTITION BY visitor ORDER BY position ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING),
                later AS (PARTITION BY visitor ORDER BY position ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING))
            """,
            "soon AS NOT MATERIALIZED (SELECT visitor, position, \(soon) FROM lookahead WHERE position IN (\(each(1...last) { "next_\($0)" })))",
            "attempts AS NOT MATERIALIZED (SELECT visitor, position AS begun, \(SQL.joined(stepColumns)) FROM soon WHERE next_1 IS NOT NULL)",
            furthest,
        ]
    }

    /// The columns `step_1`, `step_2` ... A step is reached when the step itself and all earlier steps have been done.
    private var stepColumns: [SQL] {
        (1...last).map { step in
            let done = each(1...step, " AND ") { "next_\($0) IS NOT NULL" }
            return "CASE WHEN \(done) THEN greatest(\(each(1...step) { "next_\($0)" })) END AS step_\(sql: "\(step)")"
        }
    }

    // MARK: Parts

    private var matched: SQL {
        scope.matched(funnel.steps + funnel.exclusions.map(\.step), in: "SELECT * FROM activity")
    }

    /// The `moments` CTE. It has one row for each position at which a visitor who did step 1 did a step or an exclusion. `is_1`, `is_2` ...
    /// tell which steps the visitor did there, and `stops_2`, `stops_3` ... whether the visitor did an exclusion that applies before step
    /// 2, 3 ...
    private var moments: SQL {
        let stops = (2...last).map { step in
            let stopping = funnel.exclusions.indices.filter { [nil, step - 1].contains(funnel.exclusions[$0].afterStep) }
            return "bool_or(\(SQL.any(stopping.map { SQL(sql: "is_\(last + $0 + 1)") }))) AS stops_\(sql: "\(step)")" as SQL
        }
        return """
            moments AS MATERIALIZED (
              SELECT visitor, position, \(each(1...last) { "bool_or(is_\($0)) AS is_\($0)" }), \(SQL.joined(stops))
              FROM matched WHERE visitor IN (SELECT visitor FROM matched WHERE is_1) GROUP BY visitor, position)
            """
    }

    /// The `attempts` CTE: every row of the first step, joined to the rows that reach the other steps.
    /// - Parameters:
    ///   - moments: the CTE to read rows from.
    ///   - leads: makes the condition that the row named `step` continues the attempt from the row named `before` with step `number`.
    private func attempts(along moments: SQL, _ leads: (_ step: SQL, _ before: SQL, _ number: SQL) -> SQL) -> SQL {
        let joins = (2...last).map { number in
            let step = SQL(sql: "m\(number)"), before = SQL(sql: "m\(number - 1)")
            return """
                LEFT JOIN \(moments) \(step) ON \(step).visitor = \(before).visitor AND \(leads(step, before, SQL(sql: "\(number)")))
                  AND NOT \(isPastWindow("\(step).position", after: "m1.position"))
                """ as SQL
        }
        return """
            attempts AS NOT MATERIALIZED (
              SELECT m1.visitor, m1.position AS begun, \(each(1...last) { "m\($0).position AS step_\($0)" })
              FROM \(moments) m1 \(SQL.joined(joins, separator: " ")) WHERE m1.is_1)
            """
    }

    /// The `journeys` CTE: for each visitor, the attempt that gets furthest.
    private var furthest: SQL {
        let missed = each(2...last, " + ") { "CASE WHEN step_\($0) IS NULL THEN 1 ELSE 0 END" }
        return """
            journeys AS NOT MATERIALIZED (
              SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY visitor ORDER BY \(missed), begun) AS choice FROM attempts) ranked
              WHERE choice = 1)
            """
    }

    private func isPastWindow(_ position: SQL, after begin: SQL) -> SQL {
        guard let seconds = funnel.windowSeconds else { return "FALSE" }
        return "(\(scope.milliseconds(at: position)) - \(scope.milliseconds(at: begin)) > \(seconds * 1_000))"
    }

    /// Calls `make` with each number as SQL, and joins the results with `separator`.
    private func each(_ numbers: ClosedRange<Int>, _ separator: String = ", ", _ make: (SQL) -> SQL) -> SQL {
        SQL.joined(numbers.map { make(SQL(sql: "\($0)")) }, separator: separator)
    }
}
