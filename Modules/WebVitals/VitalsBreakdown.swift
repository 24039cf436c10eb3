import Core

/// The 75th percentile of each vital by page, device or country; most measurements first.
struct VitalsBreakdown: Sendable {
    /// The raw value names both the column and the member of the response.
    enum Dimension: String, Sendable { case path, device, country }

    let name: String
    /// The number of measurements of all vitals together.
    let samples: Int64
    /// The 75th percentile of each vital. Vitals that weren't measured have no entry.
    let p75: [Metric: Double]

    static func shape(_ dimension: Dimension) -> Shape<VitalsBreakdown> {
        let vitals = Metric.allCases.flatMap { metric -> [Shape<VitalsBreakdown>.Field] in
            [
                .required("\(metric.rawValue)_p75", { $0.p75[metric] }, .nullable(.number(metric.accepted))),
                .required("\(metric.rawValue)_rating", { $0.p75[metric].map(metric.rating) }, .nullable(Metric.Rating.shape)),
            ]
        }
        return Shape(
            [.required(dimension.rawValue, { $0.name.isEmpty && dimension == .device ? "Unknown" : $0.name }, .optionalText(2_048))]
                + vitals + [.required("samples", \.samples, .count)])
    }

    /// Measurements from unknown countries are left out, as in the report on places.
    static func run(_ scope: Scope, by dimension: Dimension) async throws -> [VitalsBreakdown] {
        let column = SQL(sql: dimension.rawValue)
        let isListed: SQL = dimension == .country ? "country <> ''" : "TRUE"
        let listed = try await scope.rows(
            "webvitals.top",
            [.tally("counted", by: [.init("place", column)], [.count("samples")], from: "webvitals_measurements WHERE \(isListed)")],
            "SELECT place, samples FROM counted ORDER BY samples DESC, place LIMIT \(scope.limit) OFFSET \(scope.offset)")
        guard !listed.isEmpty else { return [] }
        let rows = try await scope.rows(
            "webvitals.breakdown",
            [
                .percentiles(
                    "ranks", by: [.init("place", column), "metric"], [75], of: "value",
                    from: "webvitals_measurements WHERE \(column) IN \(list: listed.map { $0.text("place") })")
            ],
            "SELECT place, metric, p75 FROM ranks")
        var p75: [ExactText: [Metric: Double]] = [:]
        for row in rows {
            if let metric = Metric(rawValue: row.text("metric")) {
                p75[ExactText(row.text("place")), default: [:]][metric] = row.double("p75")
            }
        }
        return listed.map { line in
            VitalsBreakdown(name: line.text("place"), samples: line.int("samples"), p75: p75[ExactText(line.text("place"))] ?? [:])
        }
    }
}
