import Core

/// Percentiles of each vital over all measurements.
struct VitalsSummary: Sendable {
    /// The percentiles and rating of one vital. All are nil if nothing was measured.
    struct Vital: Sendable {
        var p50: Double? = nil
        var p75: Double? = nil
        var p99: Double? = nil
        /// The rating of the 75th percentile, which Google uses to assess pages.
        var rating: Metric.Rating? = nil

        static func shape(_ metric: Metric) -> Shape<Vital> {
            let value = Shape<Double?>.nullable(.number(metric.accepted))
            return Shape([
                .required("p50", \.p50, value), .required("p75", \.p75, value), .required("p99", \.p99, value),
                .required("rating", \.rating, .nullable(Metric.Rating.shape)),
            ]).named("WebVital")
        }
    }

    /// The percentiles of the metrics that were measured.
    let vitals: [Metric: Vital]

    static let shape = Shape<VitalsSummary>([
        .required(
            "vitals", \.vitals,
            Shape(Metric.allCases.map { metric in .required(metric.rawValue, { $0[metric] ?? Vital() }, Vital.shape(metric)) }))
    ])

    static func run(_ scope: Scope) async throws -> VitalsSummary {
        let rows = try await scope.rows(
            "webvitals.summary", [.percentiles("ranks", by: ["metric"], [50, 75, 99], of: "value", from: "webvitals_measurements")],
            "SELECT metric, p50, p75, p99 FROM ranks")
        var vitals: [Metric: Vital] = [:]
        for row in rows {
            guard let metric = Metric(rawValue: row.text("metric")) else { continue }
            let p75 = row.double("p75")
            vitals[metric] = Vital(p50: row.double("p50"), p75: p75, p99: row.double("p99"), rating: metric.rating(p75))
        }
        return VitalsSummary(vitals: vitals)
    }
}
