import Core

/// How many active visitors triggered all of the given events and viewed all of the given pages.
struct Activation: Sendable {
    let activeVisitors: Int64, activatedVisitors: Int64
    let activationRate: Double
    let confidenceInterval: ConfidenceInterval

    static let shape = Shape<Activation>([
        .required("active_visitors", \.activeVisitors, .count), .required("activated_visitors", \.activatedVisitors, .count),
        .required("activation_rate", \.activationRate, .percentage),
        .required("confidence_interval", \.confidenceInterval, ConfidenceInterval.shape),
    ])

    static let body = Schema.object([
        .optional("start_at", .timestamp), .optional("end_at", .timestamp), .optional("timezone", .text(64)),
        .optional("filter", .text(16_384)),
        .optional("segment_id", .text(40)),
        .optional("event_names", .array(.text(200), count: 0...20), "Custom events, all of which the visitor must trigger."),
        .optional("paths", .array(.text(2_048), count: 0...20), "Pages, all of which the visitor must view. * matches any text."),
    ])

    /// Reads the steps from the body.
    /// - Throws: 400 if the body names no steps.
    static func steps(_ body: JSON) throws -> [Step] {
        func texts(_ name: String) -> [String] { (body[name]?.elements ?? []).compactMap(\.string) }
        let steps = texts("event_names").map { Step(.event, $0) } + texts("paths").map { Step(.pageview, $0) }
        guard !steps.isEmpty else {
            throw ServiceError.body("field 'event_names' or 'paths' must name at least one event or page; both are empty.")
        }
        return steps
    }

    static func run(_ steps: [Step], _ scope: Scope) async throws -> Activation {
        let row = try await scope.rows(
            "dashboards.activation", with: done(steps, scope),
            [.tally("counted", [.count("active"), .count("activated", where: "did_all")], from: "done")],
            "SELECT active, activated FROM counted")[0]
        let active = row.int("active"), activated = row.int("activated")
        return Activation(
            activeVisitors: active, activatedVisitors: activated, activationRate: Rounded.percentage(activated, of: active),
            confidenceInterval: ConfidenceInterval(activated, of: active))
    }

    static func visitors(_ steps: [Step], _ scope: Scope) async throws -> VisitorList {
        try await VisitorList.page(
            "dashboards.activated_visitors", of: scope, ctes: done(steps, scope), visitors: "SELECT visitor FROM done WHERE did_all")
    }

    /// Returns the CTE `done`, with one row per active visitor. `did_all` says whether the visitor completed all steps.
    private static func done(_ steps: [Step], _ scope: Scope) -> SQL {
        let all = SQL.all(steps.map { "bool_or(\($0.condition(scope.dialect)))" })
        return "done AS MATERIALIZED (SELECT visitor, (\(all)) AS did_all FROM activity GROUP BY visitor)"
    }
}
