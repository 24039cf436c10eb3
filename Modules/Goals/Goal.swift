import Core

/// An action you want visitors to take, once or repeatedly.
struct Goal: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case pageview, event
        /// A session that lasts long enough.
        case duration
        /// A session with enough pageviews.
        case pagesPerSession = "pages_per_session"
    }

    /// What counts as a conversion.
    enum Conversion: Sendable {
        /// Each pageview or event that matches the step.
        case step(Step)
        /// Each session that lasts at least this long.
        case duration(seconds: Int64)
        /// Each session with at least this many pageviews.
        case pageviews(Int64)
    }

    let name: String
    let conversion: Conversion
    /// The value of each conversion, on top of the revenue of its orders.
    let value: Double

    // MARK: Definition

    static let resource = Resource(
        "Goal", path: "/api/v1/goals", table: "goals_definition",
        fields: [
            .required("name", .text(200)),
            .required("goal_type", .choice(Kind.allCases.map(\.rawValue)), "Can't be changed after the goal is created."),
            .required("config", .object([]), "By type: path, event_name and where, threshold_seconds or threshold_pages. Also value."),
        ],
        live: true, check: { _ = try Goal($0) }, verify: keepsType, normalize: kept)

    /// Returns the definition without the members of `config` that the goal's type doesn't use.
    @Sendable private static func kept(_ definition: JSON) throws -> JSON {
        guard let kind = definition["goal_type"]?.string.flatMap(Kind.init), let config = definition["config"] else {
            throw ServiceError(.missingField("config"))
        }
        let used = Schema.object(fields(of: kind) + (kind == .event ? [Funnel.conditions] : []))
        return try definition.setting("config") { used.write(kept: config, to: &$0) }
    }

    private static func fields(of kind: Kind) -> [Schema.Field] {
        let value = Schema.Field.optional("value", .number(0...1e7))
        return switch kind {
        case .pageview: [.required("path", .text(2_048)), value]
        case .event: [.required("event_name", .text(200)), value]
        case .duration: [.required("threshold_seconds", .integer(1...1_000_000)), value]
        case .pagesPerSession: [.required("threshold_pages", .integer(1...10_000)), value]
        }
    }

    /// - Throws: 400 for a `config` that doesn't fit the type.
    init(_ definition: JSON) throws {
        name = definition["name"]?.string ?? ""
        guard let kind = definition["goal_type"]?.string.flatMap(Kind.init), let config = definition["config"] else {
            throw ServiceError(.missingField("config"))
        }
        try Schema.object(Self.fields(of: kind)).check(config, at: "config")
        value = config["value"]?.number ?? 0
        conversion =
            switch kind {
            case .pageview: .step(Step(.pageview, config["path"]?.string))
            case .event: .step(Step(.event, config["event_name"]?.string, properties: try Step.properties(config, at: "config")))
            case .duration: .duration(seconds: config["threshold_seconds"]?.integer ?? 0)
            case .pagesPerSession: .pageviews(config["threshold_pages"]?.integer ?? 0)
            }
    }

    @Sendable private static func keepsType(_ call: ProjectRequest, _ id: String?, _ body: JSON) async throws {
        guard let id, let wanted = body["goal_type"]?.string,
            let stored = try await resource.find(id, for: call)?.fields["goal_type"]?.string,
            wanted != stored
        else { return }
        throw ServiceError.body(field: "goal_type", "must be '\(stored)', because a goal's type can't be changed; got '\(wanted)'.")
    }

    // MARK: In SQL

    /// The view that contains the rows to test with `condition`: `activity` or `sessions`.
    var rows: SQL { if case .step = conversion { "activity" } else { "sessions" } }

    /// The condition under which a row of `rows` is a conversion. Never null.
    func condition(_ dialect: Dialect) -> SQL {
        switch conversion {
        case .step(let step): step.condition(dialect)
        case .duration(let seconds): "ended_at - started_at >= \(seconds * 1_000)"
        case .pageviews(let count): "pageviews >= \(count)"
        }
    }
}
