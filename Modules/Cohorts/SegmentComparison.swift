import Core

/// The activity of several segments, side by side.
struct SegmentComparison: Encodable, Sendable {
    struct Point: Encodable, Sendable {
        let date: String
        /// Visitors with activity in the interval.
        let visitors: Int64
        let total: Double
        let avgPerVisitor: Double

        enum CodingKeys: String, CodingKey {
            case date, visitors, total
            case avgPerVisitor = "avg_per_visitor"
        }
    }

    struct Line: Encodable, Sendable {
        let segmentID: String
        let name: String
        let visitors: Int64
        let total: Double
        let avgPerVisitor: Double
        /// One point for each interval of the range, including empty intervals.
        let series: [Point]

        enum CodingKeys: String, CodingKey {
            case name, visitors, total, series
            case segmentID = "segment_id", avgPerVisitor = "avg_per_visitor"
        }
    }

    let metric: String
    let currency: String?
    let interval: String
    let segments: [Line]

    static let fields: [Schema.Field] = [
        .required("metric", .choice(CohortMetric.Name.allCases.map(\.rawValue))), CohortMetric.currencyField,
        .required("interval", .choice(["day", "week"])),
        .required(
            "segments",
            .list(
                .object(
                    [.required("segment_id", .text(40)), .required("name", .text(200))] + CohortMetric.totals + [
                        .required(
                            "series", .list(.object([.required("date", .text(10), "The day, or the week's Monday.")] + CohortMetric.totals))
                        )
                    ]))),
    ]

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
        return SegmentComparison(metric: metric.name.rawValue, currency: metric.currency, interval: period.rawValue, segments: lines)
    }

    private static func line(_ id: String, _ name: String, _ scope: Scope, by period: CalendarPeriod, _ metric: CohortMetric) async throws
        -> Line
    {
        let buckets = TimeBuckets(.day, of: scope), dialect = scope.dialect
        let all = period.number(of: Day(number: buckets.all.lowerBound))...period.number(of: Day(number: buckets.all.upperBound))
        let visitors = try await scope.visitorCount().distinct(groups: Int64(all.count) + 1)
        let rows = try await scope.rows(
            "cohorts.compare",
            """
            SELECT bucket, \(visitors) AS visitors, CAST(coalesce(sum(amount), 0) AS double precision) AS total
            FROM (
              SELECT visitor, amount, \(period.number(of: buckets.number(of: "occurred_at"), dialect)) AS bucket FROM (\(metric.marks)) marks) bucketed
            GROUP BY GROUPING SETS ((bucket), ())
            """)
        let rowByBucket = Dictionary(uniqueKeysWithValues: rows.map { ($0["bucket"].int, $0) })
        func numbers(_ bucket: Int64?) -> (visitors: Int64, total: Double, average: Double) {
            let visitors = rowByBucket[bucket]?.int("visitors") ?? 0, amount = rowByBucket[bucket]?.double("total") ?? 0
            return (visitors, metric.total(amount), metric.average(amount, over: visitors))
        }
        let whole = numbers(nil)
        return Line(
            segmentID: id, name: name, visitors: whole.visitors, total: whole.total, avgPerVisitor: whole.average,
            series: all.map { number in
                let point = numbers(number)
                return Point(
                    date: period.start(of: number).description, visitors: point.visitors, total: point.total, avgPerVisitor: point.average)
            })
    }
}
