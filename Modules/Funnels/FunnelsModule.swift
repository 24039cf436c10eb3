import Core

/// Ordered conversion. Owns `funnels_definition`; reads the activity that all modules share.
public struct FunnelsModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "funnels", category: .analysis,
        summaries: [
            "en": "How many visitors take one step after the other, where the others stop, and how long it takes.",
            "de": "Wie viele Besucher einen Schritt nach dem anderen gehen, wo die anderen aufhören, und wie lange es dauert.",
        ])

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    public var migrations: [Migration] { [Migration("001-create", on: .control, [Funnel.resource.creation])] }

    public var pages: [Page] { [Page("funnels", titles: ["en": "Funnels", "de": "Trichter"], PackageResources.page_js)] }
    public var routes: [Route] { Funnel.resource.routes + analyses }
}
