import Core

/// The 75th percentile of one vital by day or hour; one point for each bucket of the range.
struct VitalsTimeseries: Sendable {
    struct Point: Sendable {
        let date: String
        /// The 75th percentile; nil if nothing was measured in the bucket.
        let p75: Double?

        static let shape = Shape<Point>([
            .required("date", \.date, .bucket), .required("p75", \.p75, .nullable(.number(0...Metric.maximum))),
        ])
    }

    let metric: Metric
    let data: [Point]

    static let shape = Shape<VitalsTimeseries>([
        .required("metric", \.metric, .choice), .required("data", \.data, .list(Point.shape)),
    ])

    static func run(_ scope: Scope, _ metric: Metric, by unit: TimeBuckets.Unit) async throws -> VitalsTimeseries {
        let buckets = TimeBuckets(unit, of: scope), all = try buckets.points()
        let rows = try await scope.rows(
            "webvitals.timeseries",
            [
                .percentiles(
                    "ranks", by: [.init("bucket", buckets.number(of: "occurred_at"))], [75], of: "value",
                    from: "webvitals_measurements WHERE metric = \(metric.rawValue)")
            ],
            "SELECT bucket, p75 FROM ranks")
        let p75ByBucket = Dictionary(uniqueKeysWithValues: rows.map { ($0.int("bucket"), $0.double("p75")) })
        return VitalsTimeseries(metric: metric, data: all.map { Point(date: buckets.label($0), p75: p75ByBucket[$0]) })
    }
}
