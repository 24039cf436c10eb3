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
            [
                .tally(
                    "counted", by: [.init("bucket", buckets.number(of: "occurred_at"))], [.count("errors")],
                    from: "error_tracking_errors WHERE \(SQL.all(filter.conditions))")
            ],
            "SELECT bucket, errors FROM counted")
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
        let errors: SQL = "error_tracking_errors WHERE \(SQL.all(filter.conditions))"
        async let totals = scope.rows(
            "error_tracking.stats",
            [
                .tally("kinds", by: ["fingerprint"], [.count("n")], from: errors),
                .tally("affected", [.visitors("visitors")], from: errors),
            ],
            """
            SELECT visitors, (SELECT coalesce(sum(n), 0) FROM kinds) AS errors, (SELECT count(*) FROM kinds) AS kinds FROM affected
            """)
        async let releases = scope.rows(
            "error_tracking.stats_releases",
            [.tally("counted", by: ["release"], [.count("errors")], from: "\(errors) AND release IS NOT NULL")],
            "SELECT release, errors FROM counted ORDER BY errors DESC, release LIMIT \(maximumReleases)")
        let (total, found) = try await (totals[0], releases)
        return ErrorStats(
            totalErrors: total.int("errors"), uniqueErrors: total.int("kinds"), affectedVisitors: total.int("visitors"),
            releases: found.map { Release(release: $0.text("release"), count: $0.int("errors")) })
    }
}
