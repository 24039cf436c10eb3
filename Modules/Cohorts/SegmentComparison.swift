import Core

/// The activity of several segments, side by side.
struct SegmentComparison: Sendable {
    struct Point: Sendable {
        let date: String
        /// The visitors with activity in the interval.
        let numbers: CohortMetric.Numbers

        static let shape = Shape<Point>(
            [.required("date", \.date, .text(10), "The day, or the week's Monday.")] + CohortMetric.Numbers.shape.fields(of: \.numbers))
    }

    struct Line: Sendable {
        let segmentID: String
        let name: String
        let numbers: CohortMetric.Numbers
        /// One point for each interval of the range, including empty intervals.
        let series: [Point]

        static let shape = Shape<Line>(
            [.required("segment_id", \.segmentID, .text(40)), .required("name", \.name, .text(200))]
                + CohortMetric.Numbers.shape.fields(of: \.numbers) + [.required("series", \.series, .list(Point.shape))])
    }

    let metric: CohortMetric.Name
    let currency: String?
    let interval: CalendarPeriod
    let segments: [Line]

    static let shape = Shape<SegmentComparison>([
        .required("metric", \.metric, .choice), .revenueCurrency(\.currency),
        .required("interval", \.interval.rawValue, .choice(["day", "week"])), .required("segments", \.segments, .list(Line.shape)),
    ])

    private static let maximumPoints = 5_000, counts = 2...10

    static func run(_ call: ProjectRequest, _ scope: Scope, by period: CalendarPeriod) async throws -> SegmentComparison {
        let ids = (call.text("segment_ids") ?? "").split(separator: ",").map { Identifiers.plain($0.trimmingPrefix(" ").description) }
        guard counts.contains(ids.count), Set(ids).count == ids.count else {
            throw ServiceError.parameter(
                "segment_ids",
                "must contain \(counts.lowerBound) to \(counts.upperBound) different ids separated by commas; got \(ids.count)."
            )
        }
        let days = TimeBuckets(.day, of: scope).all
        guard days.count <= maximumPoints else {
            throw ServiceError.parameter(
                "interval", "the range has \(days.count) days; the limit is \(maximumPoints). Request a shorter range.")
        }
        let metric = try await CohortMetric(call)
        // Look up all segments first, so an unknown one is rejected before any of them is counted.
        var segments: [(id: String, name: String, segment: Segment)] = []
        for id in ids {
            let segment = try await SegmentDefinition.segment(id, for: call)
            segments.append((id, try await SegmentDefinition.resource.find(id, for: call)?.fields["name"]?.string ?? "", segment))
        }
        var lines: [Line] = []
        for (id, name, segment) in segments { lines.append(try await line(id, name, scope.of(segment), by: period, metric)) }
        return SegmentComparison(metric: metric.name, currency: metric.currency, interval: period, segments: lines)
    }

    private static func line(_ id: String, _ name: String, _ scope: Scope, by period: CalendarPeriod, _ metric: CohortMetric) async throws
        -> Line
    {
        let buckets = TimeBuckets(.day, of: scope), dialect = scope.dialect
        let all = period.number(of: Day(number: buckets.all.lowerBound))...period.number(of: Day(number: buckets.all.upperBound))
        let bucketed: SQL = """
            (SELECT visitor, amount, \(period.number(of: buckets.number(of: "occurred_at"), dialect)) AS bucket FROM (\(metric.marks)) marks) bucketed
            """
        // All visitors are counted from rows without amounts, because the sum of all amounts is that of the buckets.
        let rows = try await scope.rows(
            "cohorts.compare",
            [
                .tally(
                    "by_bucket", by: ["bucket"], [.visitors("visitors"), .sum("total", of: "amount")], from: bucketed,
                    groups: Int64(all.count)),
                .tally("in_all", [.visitors("visitors")], from: "(\(metric.visitors)) everybody"),
            ],
            """
            SELECT bucket, by_bucket.visitors, CAST(by_bucket.total AS double precision) AS total, in_all.visitors AS visitors_in_all,
              CAST(coalesce(sum(by_bucket.total) OVER (), 0) AS double precision) AS total_in_all
            FROM in_all LEFT JOIN by_bucket ON TRUE
            """)
        let rowByBucket = Dictionary(uniqueKeysWithValues: rows.map { ($0["bucket"].int, $0) })
        func numbers(_ bucket: Int64) -> CohortMetric.Numbers {
            metric.numbers(rowByBucket[bucket]?.double("total") ?? 0, of: rowByBucket[bucket]?.int("visitors") ?? 0)
        }
        return Line(
            segmentID: id, name: name, numbers: metric.numbers(rows[0].double("total_in_all"), of: rows[0].int("visitors_in_all")),
            series: all.map { Point(date: period.start(of: $0).description, numbers: numbers($0)) })
    }
}
