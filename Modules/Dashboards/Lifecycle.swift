import Core

/// Visitors grouped by their activity in a range, in the equally long range before it (the previous range), and earlier.
struct Lifecycle: Sendable {
    enum Group: String, Sendable, CaseIterable {
        /// Active in the range, and never before it.
        case new
        /// Active in the range and in the previous range.
        case returning
        /// Active in the range and at some earlier time, but not in the previous range.
        case resurrected
        /// Active in the previous range, but not in the range.
        case dormant

        /// The condition that selects the group's visitors from the CTE `histories`.
        var condition: SQL {
            switch self {
            case .new: "is_active AND NOT was_active AND NOT was_known"
            case .returning: "is_active AND was_active"
            case .resurrected: "is_active AND NOT was_active AND was_known"
            case .dormant: "was_active AND NOT is_active"
            }
        }
    }

    /// The number of visitors in each group.
    let visitors: [Group: Int64]

    static let shape = Shape<Lifecycle>(
        Group.allCases.map { group in .required(group.rawValue, { $0.visitors[group] ?? 0 }, .count) })

    static func run(_ scope: Scope) async throws -> Lifecycle {
        let counts = Group.allCases.map { Measure.count("\($0.rawValue)_visitors", where: $0.condition) }
        let row = try await past(of: scope).rows(
            "dashboards.lifecycle", with: histories(scope), [.tally("counted", counts, from: "histories")], "SELECT * FROM counted")[0]
        return Lifecycle(
            visitors: Dictionary(uniqueKeysWithValues: Group.allCases.map { ($0, row.int("\($0.rawValue)_visitors")) }))
    }

    static func visitors(_ group: Group, _ scope: Scope) async throws -> VisitorList {
        try await VisitorList.page(
            "dashboards.lifecycle_visitors", of: past(of: scope), ctes: histories(scope),
            visitors: "SELECT visitor FROM histories WHERE \(group.condition)")
    }

    /// Returns the scope widened to all time up to the end of its range.
    private static func past(of scope: Scope) -> Scope { scope.widened(to: TimeRange(start: TimeRange.always.start, end: scope.range.end)) }

    /// Returns the CTE `histories`, with one row per visitor: whether they were active in the range, in the previous range, and earlier.
    private static func histories(_ scope: Scope) -> SQL {
        let start = scope.range.start.milliseconds, before = scope.previousRange.start.milliseconds
        return """
            histories AS MATERIALIZED (
              SELECT visitor, bool_or(occurred_at >= \(start)) AS is_active,
                bool_or(occurred_at >= \(before) AND occurred_at < \(start)) AS was_active, bool_or(occurred_at < \(before)) AS was_known
              FROM activity GROUP BY visitor)
            """
    }
}
