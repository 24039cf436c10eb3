import Core

/// Errors over time: one point for each day or hour of the range, including empty ones.
enum ErrorTimeseries {
    struct Point: Sendable {
        let date: String, count: Int64

        static let shape = Shape<Point>([.required("date", \.date, .bucket), .required("count", \.count, .count)])
    }

    static func run(_ scope: Scope, _ filter: ErrorFilter, by unit: TimeBuckets.Unit) async throws -> [Point] {
        let buckets = TimeBuckets(unit, of: scope), all = try buckets.points()
        let rows = try await scope.rows(
            "error_tracking.timeseries",
            """
            SELECT \(buckets.number(of: "occurred_at")) AS bucket, count(*) AS errors FROM error_tracking_errors
            WHERE \(SQL.all(filter.conditions)) GROUP BY 1
            """)
        let counts = Dictionary(uniqueKeysWithValues: rows.map { ($0.int("bucket"), $0.int("errors")) })
        return all.map { Point(date: buckets.label($0), count: counts[$0] ?? 0) }
    }
}

/// Totals of errors, distinct errors and affected visitors, and errors by release.
struct ErrorStats: Sendable {
    struct Release: Sendable {
        let release: String, count: Int64

        static let shape = Shape<Release>([.required("release", \.release, .text(200)), .required("count", \.count, .count)])
    }

    let totalErrors, uniqueErrors, affectedVisitors: Int64
    /// Errors by release, most errors first, at most 100 releases. Errors without a release are left out.
    let releases: [Release]

    static let shape = Shape<ErrorStats>([
        .required("total_errors", \.totalErrors, .count), .required("unique_errors", \.uniqueErrors, .count, "Distinct fingerprints."),
        .required("affected_visitors", \.affectedVisitors, .count), .required("releases", \.releases, .list(Release.shape)),
    ])

    private static let maximumReleases = 100

    static func run(_ scope: Scope, _ filter: ErrorFilter) async throws -> ErrorStats {
        let condition = SQL.all(filter.conditions), visitors = try await scope.visitorCount()
        async let totals = scope.rows(
            "error_tracking.stats",
            """
            SELECT count(*) AS errors, count(DISTINCT fingerprint) AS kinds, \(visitors.distinct()) AS visitors FROM error_tracking_errors
            WHERE \(condition)
            """)
        async let releases = scope.rows(
            "error_tracking.stats_releases",
            """
            SELECT release, count(*) AS errors FROM error_tracking_errors WHERE release IS NOT NULL AND \(condition)
            GROUP BY release ORDER BY errors DESC, release LIMIT \(maximumReleases)
            """)
        let (total, found) = try await (totals[0], releases)
        return ErrorStats(
            totalErrors: total.int("errors"), uniqueErrors: total.int("kinds"), affectedVisitors: total.int("visitors"),
            releases: found.map { Release(release: $0.text("release"), count: $0.int("errors")) })
    }
}
