import Core

/// The ways that visitors take through a site.
public struct PathsModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "paths", category: .analysis,
        summaries: [
            "en": "Where visitors go after a page or event, where they came from, and the ways between two pages.",
            "de": "Wohin Besucher nach einer Seite oder einem Ereignis gehen, woher sie kamen, und die Wege zwischen zwei Seiten.",
        ])

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    private static let pivot = [
        Parameter("path", .text(maximum: 2_048), "The page to start from; * stands for any text."),
        Parameter("event", .text(maximum: 200), "Name of the event to start from, in place of a page."),
        Parameter("direction", .choice(Direction.names, default: "forward"), "Whether to look at what came after or before."),
    ]
    private static let limit = Parameter("limit", .integer(1...1_000, default: 10), "Rows at most.")
    private static let ends = [
        Parameter("start", .text(maximum: 2_048), required: true, "The first page; * stands for any text."),
        Parameter("end", .text(maximum: 2_048), required: true, "The last page; * stands for any text."),
    ]

    public var pages: [Page] { [Page("paths", titles: ["en": "Paths", "de": "Wege"], PackageResources.page_js)] }
    public var routes: [Route] {
        [
            .report(
                "/api/v1/paths", "The pages that visitors see next after a page or event, or saw before it.",
                parameters: ScopeParameters.range + Self.pivot + [Self.limit], fields: NextPages.fields
            ) { call, scope in try await NextPages.run(scope, try Pivot(call)) },
            .report(
                "/api/v1/paths/flow", "The pages of several steps after a page or event, or before it, with how many went from one to the other.",
                parameters: ScopeParameters.range + Self.pivot + [
                    Parameter("depth", .integer(1...Flow.maximumDepth, default: 3), "Steps."),
                    Parameter("limit", .integer(1...1_000, default: 10), "Pages of each step; the rest is (other)."),
                ],
                fields: Flow.fields
            ) { call, scope in try await Flow.run(scope, try Pivot(call), depth: call.integer("depth", default: 3)) },
            .report(
                "/api/v1/paths/between", "The ways that visitors take from one page to another inside a session, the most frequent first.",
                parameters: ScopeParameters.range + Self.ends + [Self.limit],
                fields: WaysBetween.fields
            ) { call, scope in try await WaysBetween.run(scope, from: call.text("start") ?? "", to: call.text("end") ?? "") },
            .report(
                "/api/v1/paths/drill", "The visitors behind a line of the report on next or previous pages.",
                parameters: ScopeParameters.list + Self.pivot + [
                    Parameter("next", .text(maximum: 2_048), "The line's page, (exit) or (entry). Default: all visitors of the page or event."),
                ],
                fields: VisitorList.fields
            ) { call, scope in try await NextPages.visitors(scope, try Pivot(call), next: call.text("next").map(PagePath.clean)) },
            .report(
                "/api/v1/paths/flow/drill", "The visitors behind a node of the flow, or behind a link.",
                parameters: ScopeParameters.list + Self.pivot + [
                    Parameter("step", .integer(1...Flow.maximumDepth, default: 1), "The node's distance from the page or event, whichever the direction."),
                    Parameter("name", .text(maximum: 2_048), required: true, "The node's page, (exit) or (entry)."),
                    Parameter("near", .text(maximum: 2_048), "Of a link: the page of the node that is one step nearer. Default: any."),
                ],
                fields: VisitorList.fields
            ) { call, scope in
                try await Flow.visitors(
                    scope, try Pivot(call), step: call.integer("step", default: 1), name: PagePath.clean(call.text("name") ?? ""),
                    near: call.text("near").map(PagePath.clean))
            },
            .report(
                "/api/v1/paths/between/drill", "The visitors who took a way between two pages.",
                parameters: ScopeParameters.list + Self.ends + [
                    Parameter("pages", .text(maximum: 16_384), "The way's pages as a JSON array, as the report has them. Default: all ways."),
                ],
                fields: VisitorList.fields
            ) { call, scope in
                try await WaysBetween.visitors(scope, from: call.text("start") ?? "", to: call.text("end") ?? "", pages: try pages(call))
            },
        ]
    }

    private func pages(_ call: ProjectRequest) throws -> [String]? {
        guard let text = call.text("pages") else { return nil }
        let pages = (try? JSON.parse(text))?.elements.compactMap(\.string).map(PagePath.clean) ?? []
        guard !pages.isEmpty else {
            throw ServiceError.parameter("pages", "must be a JSON array of paths such as [\"/\",\"/pricing\"]; got '\(text.excerpt(60))'.")
        }
        return pages
    }
}
