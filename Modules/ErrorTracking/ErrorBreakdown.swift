import Core

/// Errors counted by a property of their occurrences, such as page, browser or release.
struct ErrorBreakdown: Sendable {
    /// The value of the property; nil for occurrences without a value, such as those without a release.
    let value: String?
    let count, affectedVisitors: Int64
    /// The count as a percentage of all matching occurrences.
    let percentage: Double

    /// The properties to break down by; each is a column of `ErrorTable.table`.
    static let properties = ["path", "browser", "release", "os", "device", "country", "environment"]

    static let shape = Shape<ErrorBreakdown>([
        .required("value", \.value, .nullable(.string(0...2_048)), "Null for occurrences without a value."),
        .required("count", \.count, .count), .required("affected_visitors", \.affectedVisitors, .count),
        .required("percentage", \.percentage, .percentage, "The count as a percentage of all matching occurrences."),
    ])

    /// Returns one row per value, most occurrences first. Empty if `property` is not one of `properties`.
    static func run(_ scope: Scope, _ filter: ErrorFilter, by property: String) async throws -> [ErrorBreakdown] {
        guard properties.contains(property) else { return [] }
        return try await scope.rows(
            "error_tracking.breakdown",
            [
                .tally(
                    "counted", by: [.init("value", SQL(sql: property))], [.count("occurrences"), .visitors("visitors")],
                    from: "error_tracking_errors WHERE \(SQL.all(filter.conditions))", groups: 1_000)
            ],
            """
            SELECT value, occurrences, visitors, sum(occurrences) OVER () AS total FROM counted
            ORDER BY occurrences DESC, visitors DESC, value LIMIT \(scope.limit) OFFSET \(scope.offset)
            """
        ).map { row in
            ErrorBreakdown(
                value: row.optionalText("value"), count: row.int("occurrences"), affectedVisitors: row.int("visitors"),
                percentage: Rounded.percentage(row.int("occurrences"), of: row.int("total"), decimals: 2))
        }
    }
}
