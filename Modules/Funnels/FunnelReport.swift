import Core

/// How many visitors reach each step, where visitors drop off, and how long the steps take.
struct FunnelReport: Sendable {
    struct Line: Sendable {
        let value: String
        let conversion: FunnelConversion

        static let shape = Shape<Line>(
            [.required("value", \.value, .optionalText(32_768))] + FunnelConversion.shape.fields(of: \.conversion))
    }

    /// The id of the funnel; nil for a definition that isn't stored.
    let funnelID: String?
    let name: String?
    let conversion: FunnelConversion
    /// The lines of the breakdown; nil unless the request asked for a breakdown.
    let breakdown: [Line]?

    static let shape = Shape<FunnelReport>(
        [
            .optional("funnel_id", \.funnelID, .uuid), .optional("name", \.name, .text(200)),
            .optional("breakdown", \.breakdown, .list(Line.shape), "Only with `breakdown`."),
        ] + FunnelConversion.shape.fields(of: \.conversion))

    static func run(
        _ funnel: Funnel, named name: String?, id: String? = nil, by dimension: Filter.Dimension?, _ scope: Scope
    ) async throws -> FunnelReport {
        let journeys = FunnelJourneys.ctes(of: funnel, in: scope)
        let counts = FunnelConversion.counts(of: funnel), durations = FunnelConversion.durations(of: funnel)
        let total = try await scope.rows(
            "funnels.analyze", with: "\(journeys), \(FunnelConversion.timed(funnel, from: "journeys", scope))",
            FunnelConversion.parts(of: funnel),
            "SELECT \(counts), \(durations) FROM reached LEFT JOIN taken ON TRUE GROUP BY \(counts)")[0]
        var lines: [Line]?
        if let dimension {
            let timed = FunnelConversion.timed(
                funnel, from: "journeys JOIN entries ON entries.visitor = journeys.visitor AND entries.position = journeys.step_1",
                by: "value", scope)
            lines = try await scope.rows(
                "funnels.breakdown",
                with: "\(journeys), \(entries(of: funnel, by: dimension, scope)), \(timed)",
                FunnelConversion.parts(of: funnel, isBrokenDown: true), continues: true,
                """
                top AS (SELECT line, \(counts) FROM reached ORDER BY visitors_1 DESC, line LIMIT \(scope.limit) OFFSET \(scope.offset))
                SELECT top.line, \(counts), \(durations) FROM top LEFT JOIN taken ON taken.line = top.line
                GROUP BY top.line, \(counts) ORDER BY visitors_1 DESC, top.line
                """
            ).map { Line(value: $0.text("line"), conversion: FunnelConversion($0, of: funnel)) }
        }
        return FunnelReport(funnelID: id, name: name, conversion: FunnelConversion(total, of: funnel), breakdown: lines)
    }

    /// Returns the visitors at a place of the funnel, or only those in one line of its breakdown.
    static func visitors(
        at place: FunnelPlace, of funnel: Funnel, in line: (dimension: Filter.Dimension, value: String)?, _ scope: Scope
    ) async throws -> VisitorList {
        let journeys = FunnelJourneys.ctes(of: funnel, in: scope)
        guard let line else {
            return try await VisitorList.page(
                "funnels.drill", of: scope, ctes: journeys, visitors: "SELECT visitor FROM journeys WHERE \(place.condition)")
        }
        return try await VisitorList.page(
            "funnels.drill", of: scope, ctes: "\(journeys), \(entries(of: funnel, by: line.dimension, scope))",
            visitors: """
                SELECT journeys.visitor FROM journeys JOIN entries ON entries.visitor = journeys.visitor AND entries.position = journeys.step_1
                WHERE value = \(line.value) AND \(place.condition)
                """)
    }

    /// The CTE `entries`: the dimension's `value` in each row that matches step 1, with `visitor` and `position`.
    private static func entries(of funnel: Funnel, by dimension: Filter.Dimension, _ scope: Scope) -> SQL {
        let rows = scope.activity(where: funnel.steps[0].condition(scope.dialect), by: dimension)
        return """
            entries AS NOT MATERIALIZED (
              SELECT visitor, position, min(value) AS value
              FROM (SELECT visitor, \(Scope.position) AS position, value FROM (\(rows)) first_steps) positioned GROUP BY visitor, position)
            """
    }
}
