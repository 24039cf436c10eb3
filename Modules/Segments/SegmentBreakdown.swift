import Core

/// The number of members of a segment for each value of one property.
struct SegmentBreakdown: Sendable {
    let value: String
    /// The number of members with the value. A visitor with several values counts for each of them.
    let visitors: Int64

    static let shape = Shape<SegmentBreakdown>([
        .required("value", \.value, .optionalText(32_768)), .required("visitors", \.visitors, .count),
    ])

    static let properties = ["country", "device", "browser", "os", "path", "event"]

    /// - Parameter property: one of `properties`, or `trait:NAME`.
    /// - Throws: 400 for any other property; 403 for a trait if the caller may not read module `identity`.
    static func run(_ segment: Segment, by property: String, _ call: ProjectRequest, _ scope: Scope) async throws -> [SegmentBreakdown] {
        let scope = scope.of(segment), page: SQL = "ORDER BY visitors DESC, value LIMIT \(scope.limit) OFFSET \(scope.offset)"
        let rows: Rows
        switch property {
        case "country", "device", "browser", "os":
            let column = SQL(sql: property)
            rows = try await scope.rows(
                "segments.by_property",
                [.tally("counted", by: [.init("value", column)], [.visitors("visitors")], from: "activity WHERE \(column) <> ''")],
                "SELECT value, visitors FROM counted \(page)")
        case "path":
            rows = try await scope.rows(
                "segments.by_path", [.tally("counted", by: [.init("value", "path")], [.visitors("visitors")], from: "pageviews")],
                "SELECT value, visitors FROM counted \(page)")
        case "event":
            rows = try await scope.rows(
                "segments.by_event", [.tally("counted", by: [.init("value", "name")], [.visitors("visitors")], from: "events")],
                "SELECT value, visitors FROM counted \(page)")
        case _ where property.hasPrefix("trait:") && property.utf8.count > 6:
            rows = try await byTrait(String(property.dropFirst(6)), segment, call, scope, page)
        default:
            throw ServiceError.parameter(
                "property",
                "must be one of \(properties.map { "'\($0)'" }.joined(separator: ", ")), 'trait:NAME'; got '\(property.excerpt(60))'.")
        }
        return rows.map { SegmentBreakdown(value: $0.text("value"), visitors: $0.int("visitors")) }
    }

    /// Counts the members active in the range by their latest value of the trait, whenever it was sent.
    private static func byTrait(_ name: String, _ segment: Segment, _ call: ProjectRequest, _ scope: Scope, _ page: SQL) async throws
        -> Rows
    {
        let dialect = scope.dialect
        return try await scope.rowsOverAllTime(
            "segments.by_trait", Identity.traits, as: "traits",
            with: """
                latest AS (
                  SELECT visitor, \(Identity.latest("value", dialect)) AS value FROM traits WHERE name = \(name) GROUP BY visitor),
                members AS (SELECT DISTINCT visitor FROM activity),
                valued AS (
                  SELECT \(dialect.jsonText("value", [])) AS value, latest.visitor FROM latest JOIN members ON members.visitor = latest.visitor)
                """,
            [.tally("counted", by: ["value"], [.count("visitors")], from: "valued WHERE value IS NOT NULL")],
            "SELECT value, visitors FROM counted \(page)")
    }
}
