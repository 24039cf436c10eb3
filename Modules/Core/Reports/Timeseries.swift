import Core

/// Pageviews, visitors and sessions by day or hour; one point for each bucket of the range, empty ones too.
struct Timeseries: Sendable {
    struct Point: Encodable, Sendable {
        let date: String
        let pageviews: Int64
        let visitors: Int64
        let sessions: Int64
    }

    static let schema = Schema.list(.object([
        .required("date", .text(16)), .required("pageviews", .count), .required("visitors", .count), .required("sessions", .count),
    ]))

    /// A visitor, or session, counts in every bucket in which it was active.
    static func run(_ scope: Scope, by unit: TimeBuckets.Unit) async throws -> [Point] {
        let buckets = TimeBuckets(unit, of: scope), all = try buckets.points()
        let irregular = try await scope.irregular(), visitors = try await scope.visitorCount()
        let bucket = buckets.number(of: "occurred_at")
        let rows = try await scope.rows("core.timeseries", continues: true, """
            flagged AS NOT MATERIALIZED (
              SELECT *, (\(irregular)) AS is_irregular, \(bucket) AS bucket, (\(buckets.isFirstOfSession)) AS is_first FROM scope_rows),
            regular AS (
              SELECT bucket, count(*) FILTER (WHERE kind = 0 AND is_chosen) AS pageviews,
                \(visitors.distinct(where: "is_chosen AND (is_first OR is_irregular)", groups: Int64(all.count))) AS visitors,
                count(*) FILTER (WHERE is_first AND NOT is_irregular) AS sessions
              FROM flagged GROUP BY bucket),
            irregular AS (
              SELECT bucket, count(*) AS sessions
              FROM (SELECT DISTINCT bucket, visitor, session_at FROM flagged WHERE is_irregular AND is_chosen) one GROUP BY bucket)
            SELECT regular.bucket, pageviews, visitors, regular.sessions + coalesce(irregular.sessions, 0) AS sessions
            FROM regular LEFT JOIN irregular ON irregular.bucket = regular.bucket
            """)
        let found = Dictionary(uniqueKeysWithValues: rows.map { ($0.int("bucket"), $0) })
        return all.map { number in
            let row = found[number]
            return Point(
                date: buckets.label(number), pageviews: row?.int("pageviews") ?? 0, visitors: row?.int("visitors") ?? 0,
                sessions: row?.int("sessions") ?? 0)
        }
    }
}
