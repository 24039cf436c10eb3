import Core

/// Percentiles of each vital over all measurements.
struct VitalsSummary: Encodable, Sendable {
    /// The percentiles and rating of one vital. All are nil if nothing was measured.
    struct Vital: Encodable, Sendable {
        @Nullable var p50: Double? = nil
        @Nullable var p75: Double? = nil
        @Nullable var p99: Double? = nil
        /// The rating of the 75th percentile, which Google uses to assess pages.
        @Nullable var rating: Metric.Rating? = nil
    }

    /// The percentiles by metric name, such as `LCP`. Every metric has an entry.
    let vitals: [String: Vital]

    static let fields: [Schema.Field] = [
        .required(
            "vitals",
            .object(
                Metric.allCases.map { metric in
                    .required(
                        metric.rawValue,
                        .named(
                            "WebVital",
                            .object(
                                ["p50", "p75", "p99"].map { .required($0, .nullable(.number(metric.accepted))) } + [
                                    .required("rating", .nullable(Metric.Rating.schema))
                                ])))
                }))
    ]

    static func run(_ scope: Scope) async throws -> VitalsSummary {
        let ranks = scope.dialect.nearestRanks([50, 75, 99], of: "value")
        let rows = try await scope.rows(
            "webvitals.summary",
            """
            SELECT metric, \(ranks[0]) AS p50, \(ranks[1]) AS p75, \(ranks[2]) AS p99 FROM webvitals_measurements GROUP BY metric
            """)
        var vitals = Dictionary(Metric.names.map { ($0, Vital()) }) { $1 }
        for row in rows {
            guard let metric = Metric(rawValue: row.text("metric")) else { continue }
            let p75 = row.double("p75")
            vitals[metric.rawValue] = Vital(p50: row.double("p50"), p75: p75, p99: row.double("p99"), rating: metric.rating(p75))
        }
        return VitalsSummary(vitals: vitals)
    }
}
