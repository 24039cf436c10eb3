import Core

/// The conversions of a goal for one value of a property, such as a country.
struct GoalBreakdown: Sendable {
    let value: String
    let conversions: Int64
    /// Visitors with a conversion.
    let uniqueVisitors: Int64
    /// All visitors with this value of the property.
    let visitors: Int64
    let conversionRate: Double
    let confidenceInterval: ConfidenceInterval

    static let properties = ["source", "country", "device", "browser", "os", "entry_page", "path"]

    static let shape = Shape<GoalBreakdown>([
        .required("value", \.value, .optionalText(2_048)), .required("conversions", \.conversions, .count),
        .required("unique_visitors", \.uniqueVisitors, .count), .required("visitors", \.visitors, .count),
        .required("conversion_rate", \.conversionRate, .percentage),
        .required("confidence_interval", \.confidenceInterval, ConfidenceInterval.shape),
    ])

    /// Returns one line for each value, most conversions first. By path, a converting pageview or event counts for its own path, and a
    /// converting session for every path in it.
    static func run(_ goal: Goal, by dimension: Filter.Dimension, _ scope: Scope) async throws -> [GoalBreakdown] {
        let condition = goal.condition(scope.dialect), rows = scope.activity(where: "TRUE", by: dimension)
        let conversions: SQL
        if case .step = goal.conversion {
            conversions = "SELECT value, visitor, count(*) FILTER (WHERE \(condition)) AS n FROM (\(rows)) matching GROUP BY value, visitor"
        } else {
            conversions = """
                SELECT value, valued.visitor, count(reached.visitor) AS n
                FROM (SELECT value, visitor, session_at FROM (\(rows)) matching GROUP BY value, visitor, session_at) valued
                LEFT JOIN (SELECT visitor, session_at FROM sessions WHERE \(condition)) reached
                  ON reached.visitor = valued.visitor AND reached.session_at = valued.session_at
                GROUP BY value, valued.visitor
                """
        }
        return try await scope.rows(
            "goals.breakdown",
            [
                .tally(
                    "counted", by: ["value"], [.sum("conversions", of: "n"), .count("converted", where: "n > 0"), .count("visitors")],
                    from: "(\(conversions)) per_visitor")
            ],
            """
            SELECT value, conversions, converted, visitors FROM counted
            ORDER BY conversions DESC, visitors DESC, value LIMIT \(scope.limit) OFFSET \(scope.offset)
            """
        ).map { row in
            let converted = row.int("converted"), visitors = row.int("visitors")
            return GoalBreakdown(
                value: row.text("value"), conversions: row.int("conversions"), uniqueVisitors: converted, visitors: visitors,
                conversionRate: Rounded.percentage(converted, of: visitors, decimals: 2),
                confidenceInterval: ConfidenceInterval(converted, of: visitors))
        }
    }
}
