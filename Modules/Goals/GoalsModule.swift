import Core

/// Actions you want visitors to take. Owns `goals_definition` and reads the shared activity table and orders.
public struct GoalsModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "goals", category: .analysis, reads: ["revenue"],
        summaries: [
            "en": "How often visitors reach a goal, how many of them do, and the revenue it brings.",
            "de": "Wie oft Besucher ein Ziel erreichen, wie viele von ihnen, und was es einbringt.",
        ])

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    public var migrations: [Migration] { [Migration("001-create", on: .control, [Goal.resource.creation])] }

    public var pages: [DashboardPage] { [DashboardPage("goals", titles: ["en": "Goals", "de": "Ziele"], Embedded.page_js)] }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var definitionKinds: [DefinitionKind] { [Goal.resource.referable(as: "goal")] }

    public var routes: [Route] {
        let one = Goal.resource.path + "/{id}"
        return Goal.resource.routes + [
            .report(
                one + "/stats", "Conversions, visitors and revenue of the goal.",
                parameters: ScopeParameters.range + [ScopeParameters.currency],
                answer: GoalStats.shape
            ) { call, scope in
                let stored = try await Goal.resource.require(call)
                return try await GoalStats.run(try Goal(stored.fields), id: stored.id, in: try await currency(call), scope)
            },
            .report(
                one + "/breakdown", "Conversions of the goal by path or by a property of the session.",
                parameters: ScopeParameters.list + [
                    Parameter("property", .choice(GoalBreakdown.properties, default: "source"), "Property to break down by.")
                ],
                answer: .data(GoalBreakdown.shape)
            ) { call, scope in
                let goal = try Goal(try await Goal.resource.require(call).fields)
                let property = call.text("property").flatMap(Filter.Dimension.init) ?? .session("source")
                return try await GoalBreakdown.run(goal, by: property, scope)
            },
            .report(one + "/drill", "List the visitors who reached the goal.", answer: VisitorList.shape) { call, scope in
                try await GoalStats.visitors(try Goal(try await Goal.resource.require(call).fields), scope)
            },
        ]
    }

    /// The currency of the response; nil when the project or the key may not read orders.
    private func currency(_ call: ProjectRequest) async throws -> String? {
        guard call.mayRead("revenue") else { return nil }
        return try await call.currency()
    }
}
