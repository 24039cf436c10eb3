import Common

/// How far each visitor gets in a funnel, as SQL over the rows of `activity`, which the scope or the statement around it provides.
///
/// Every row that is the first step begins an attempt (where steps have no order: every row that is a step). It takes the
/// earliest row that is the next step, unless the window is over or an exclusion comes before it; there it ends. A visitor is as far
/// as the attempt that gets furthest, of several the earliest.
public struct FunnelJourneys {
    private let funnel: Funnel
    private let scope: Scope

    /// CTEs that end with `journeys`: one row for each visitor who did step 1, with `begun` and `step_1`, `step_2` ..., the positions
    /// at which the attempt began and reached each step; null for those that it did not reach.
    public static func ctes(of funnel: Funnel, in scope: Scope) -> SQL {
        let journeys = FunnelJourneys(funnel, scope)
        let hasLimits = funnel.windowSeconds != nil || !funnel.exclusions.isEmpty
        let ctes = switch funnel.order {
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

    /// Without limits the earliest row of each step is the best, so no attempt but the first need be followed.
    private var ordered: [SQL] {
        // The last steps are joined first: ever fewer visitors come so far, and so the many of step 1 are joined once.
        let pairs = stride(from: last, to: 1, by: -1).map { "ON reached_\(sql: "\($0)").visitor = reached_\(sql: "\($0 - 1)").visitor" as SQL }
        return scope.following(funnel.steps, in: "SELECT * FROM activity") + ["""
            journeys AS NOT MATERIALIZED (
              SELECT reached_1.visitor, reached_1.position AS begun, \(each(1...last) { "reached_\($0).position AS step_\($0)" })
              FROM \(each(1...last, " LEFT JOIN ") { "reached_\($0)" }) \(SQL.joined(pairs, separator: " ")))
            """]
    }

    /// Every moment knows the next one of each step, unless an exclusion comes before that. Attempts go from one to the other.
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
            looked AS NOT MATERIALIZED (
              SELECT visitor, position, is_1, \(looks) FROM moments
              WINDOW later AS (PARTITION BY visitor ORDER BY position ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING))
            """,
            """
            hops AS MATERIALIZED (
              SELECT visitor, position, is_1, \(each(2...last) { "CASE WHEN stop_\($0) < next_\($0) THEN NULL ELSE next_\($0) END AS next_\($0)" })
              FROM looked)
            """,
            attempts(along: "hops") { step, before, number in "\(step).position = \(before).next_\(number)" }, furthest,
        ]
    }

    /// Places number all that a visitor did, steps or not.
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
              SELECT visitor, least(\(each(1...last) { "next_\($0)" })) AS begun, \(SQL.joined(together)) FROM firsts WHERE next_1 IS NOT NULL)
            """,
        ]
    }

    private var limitedInAnyOrder: [SQL] {
        let soon = each(1...last) { step in
            "CASE WHEN stop < next_\(step) OR \(isLate("next_\(step)", after: "position")) THEN NULL ELSE next_\(step) END AS next_\(step)"
        }
        return [
            matched, moments,
            """
            looked AS NOT MATERIALIZED (
              SELECT visitor, position, \(each(1...last) { "min(CASE WHEN is_\($0) THEN position END) OVER onward AS next_\($0)" }),
                min(CASE WHEN stops_2 THEN position END) OVER later AS stop
              FROM moments
              WINDOW onward AS (PARTITION BY visitor ORDER BY position ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING),
                later AS (PARTITION BY visitor ORDER BY position ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING))
            """,
            "soon AS NOT MATERIALIZED (SELECT visitor, position, \(soon) FROM looked WHERE position IN (\(each(1...last) { "next_\($0)" })))",
            "attempts AS NOT MATERIALIZED (SELECT visitor, position AS begun, \(SQL.joined(together)) FROM soon WHERE next_1 IS NOT NULL)", furthest,
        ]
    }

    /// A step is reached when it and all before it are done.
    private var together: [SQL] {
        (1...last).map { step in
            let done = each(1...step, " AND ") { "next_\($0) IS NOT NULL" }
            return "CASE WHEN \(done) THEN greatest(\(each(1...step) { "next_\($0)" })) END AS step_\(sql: "\(step)")"
        }
    }

    // MARK: Parts

    private var matched: SQL {
        scope.matched(funnel.steps + funnel.exclusions.map(\.step), in: "SELECT * FROM activity")
    }

    /// What was done at one position of a visitor who did step 1: the steps, and `stops_2` ... for what may not come before step 2 ...
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

    /// All attempts, from each first step along the rows of `moments`.
    /// - Parameter leads: the condition that one row is the step of this number that follows the other, given their names.
    private func attempts(along moments: SQL, _ leads: (_ step: SQL, _ before: SQL, _ number: SQL) -> SQL) -> SQL {
        let joins = (2...last).map { number in
            let step = SQL(sql: "m\(number)"), before = SQL(sql: "m\(number - 1)")
            return """
                LEFT JOIN \(moments) \(step) ON \(step).visitor = \(before).visitor AND \(leads(step, before, SQL(sql: "\(number)")))
                  AND NOT \(isLate("\(step).position", after: "m1.position"))
                """ as SQL
        }
        return """
            attempts AS NOT MATERIALIZED (
              SELECT m1.visitor, m1.position AS begun, \(each(1...last) { "m\($0).position AS step_\($0)" })
              FROM \(moments) m1 \(SQL.joined(joins, separator: " ")) WHERE m1.is_1)
            """
    }

    /// Of each visitor's attempts the one that counts.
    private var furthest: SQL {
        let missed = each(2...last, " + ") { "CASE WHEN step_\($0) IS NULL THEN 1 ELSE 0 END" }
        return """
            journeys AS NOT MATERIALIZED (
              SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY visitor ORDER BY \(missed), begun) AS choice FROM attempts) ranked
              WHERE choice = 1)
            """
    }

    private func isLate(_ position: SQL, after begin: SQL) -> SQL {
        guard let seconds = funnel.windowSeconds else { return "FALSE" }
        return "(\(scope.milliseconds(at: position)) - \(scope.milliseconds(at: begin)) > \(seconds * 1_000))"
    }

    /// What `make` gives for each number, which it gets as text of SQL.
    private func each(_ numbers: ClosedRange<Int>, _ separator: String = ", ", _ make: (SQL) -> SQL) -> SQL {
        SQL.joined(numbers.map { make(SQL(sql: "\($0)")) }, separator: separator)
    }
}
