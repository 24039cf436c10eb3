import Core

/// Saved groups of visitors, and reports on them. Core (`Segment`) evaluates the definitions, because every report can be limited to a
/// segment.
public struct SegmentsModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "segments", category: .analysis, reads: ["core", "identity", "revenue"],
        summaries: [
            "en": "Groups of visitors, defined by what they did and who they are, to use in any report.",
            "de": "Gruppen von Besuchern danach, was sie taten und wer sie sind, für jeden Bericht.",
        ])

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    public var pages: [DashboardPage] {
        [DashboardPage("segments", titles: ["en": "Segments", "de": "Segmente"], Embedded.page_js)]
    }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var migrations: [Migration] { [Migration("001-create", on: .control, [SegmentDefinition.resource.creation])] }

    public var definitionKinds: [DefinitionKind] { [SegmentDefinition.resource.referable(as: "segment")] }

    public var routes: [Route] { SegmentDefinition.resource.routes + reportRoutes }
}
