import Core

/// Conversion through a sequence of steps. Owns `funnels_definition` and reads the shared activity table.
public struct FunnelsModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "funnels", category: .analysis,
        summaries: [
            "en": "How many visitors complete each step of a funnel, where the others drop off, and how long it takes.",
            "de": "Wie viele Besucher einen Schritt nach dem anderen gehen, wo die anderen aufhören, und wie lange es dauert.",
        ])

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    public var migrations: [Migration] { [Migration("001-create", on: .control, [Funnel.resource.creation])] }

    public var pages: [DashboardPage] { [DashboardPage("funnels", titles: ["en": "Funnels", "de": "Trichter"], Embedded.page_js)] }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var definitionKinds: [DefinitionKind] { [Funnel.resource.referable(as: "funnel")] }

    public var routes: [Route] { Funnel.resource.routes + analyses }
}
