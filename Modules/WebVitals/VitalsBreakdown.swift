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
        let rows = try await scope.rows(
            "webvitals.breakdown", continues: true,
            """
            listed AS MATERIALIZED (
              SELECT \(column) AS place, count(*) AS samples FROM webvitals_measurements WHERE \(isListed) GROUP BY \(column)
              ORDER BY samples DESC, place LIMIT \(scope.limit) OFFSET \(scope.offset))
            SELECT place, samples, metric, \(scope.dialect.nearestRanks([75], of: "value")[0]) AS p75
            FROM webvitals_measurements JOIN listed ON place = \(column)
            GROUP BY place, samples, metric ORDER BY samples DESC, place
            """)
        var lines: [(name: String, samples: Int64, p75: [Metric: Double])] = []
        for row in rows {
            let name = row.text("place")
            if lines.last?.name != name { lines.append((name, row.int("samples"), [:])) }
            if let metric = Metric(rawValue: row.text("metric")) { lines[lines.count - 1].p75[metric] = row.double("p75") }
        }
        return lines.map { VitalsBreakdown(name: $0.name, samples: $0.samples, p75: $0.p75) }
    }
}
