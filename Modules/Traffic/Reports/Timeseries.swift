import Core

/// Pageviews, visitors and sessions by day or hour; one point for each bucket of the range, including empty ones.
struct Timeseries: Sendable {
    struct Point: Sendable {
        let date: String
        let pageviews: Int64
        let visitors: Int64
        let sessions: Int64

        static let shape = Shape<Point>([
            .required("date", \.date, .bucket), .required("pageviews", \.pageviews, .count), .required("visitors", \.visitors, .count),
            .required("sessions", \.sessions, .count),
        ])
    }

    /// A visitor or session counts in every bucket in which it was active.
    static func run(_ scope: Scope, by unit: TimeBuckets.Unit) async throws -> [Point] {
        let buckets = TimeBuckets(unit, of: scope), all = try buckets.points()
        let rows = try await scope.rows(
            "core.timeseries",
            with: """
                \(try await scope.flagged()),
                timed AS NOT MATERIALIZED (
                  SELECT *, \(buckets.number(of: "occurred_at")) AS bucket, (\(buckets.isFirstOfSession)) AS is_first FROM flagged WHERE is_chosen)
                """,
            [
                .tally(
                    "regular", by: ["bucket"],
                    [
                        .sum("pageviews", of: "times", where: "kind = 0"),
                        .sum("sessions", of: "times", where: "is_first AND NOT is_irregular"),
                        .visitors("visitors", where: "is_first OR is_irregular"),
                    ], from: "timed",
                    // With so many hours and so few visitors in each, bit sets would be mostly empty.
                    groups: unit == .day ? Int64(all.count) : nil),
                .tally(
                    "irregular", by: ["bucket"], [.count("sessions")],
                    from: "(SELECT DISTINCT bucket, visitor, session_at FROM timed WHERE is_irregular) per_session"),
            ],
            """
            SELECT regular.bucket, coalesce(pageviews, 0) AS pageviews, visitors,
              coalesce(regular.sessions, 0) + coalesce(irregular.sessions, 0) AS sessions
            FROM regular LEFT JOIN irregular ON irregular.bucket = regular.bucket
            """)
        let rowByBucket = Dictionary(uniqueKeysWithValues: rows.map { ($0.int("bucket"), $0) })
        return all.map { number in
            let row = rowByBucket[number]
            return Point(
                date: buckets.label(number), pageviews: row?.int("pageviews") ?? 0, visitors: row?.int("visitors") ?? 0,
                sessions: row?.int("sessions") ?? 0)
        }
    }
}
