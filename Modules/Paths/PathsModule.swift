import Core

/// Reports on the paths that visitors take through a site.
public struct PathsModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "paths", category: .analysis,
        summaries: [
            "en": "Where visitors go after a page or event, where they came from, and the paths between two pages.",
            "de": "Wohin Besucher nach einer Seite oder einem Ereignis gehen, woher sie kamen, und die Wege zwischen zwei Seiten.",
        ])

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    private static let pivot = [
        Parameter("path", .text(maximum: 2_048), "The page to start from; * matches any text."),
        Parameter("event", .text(maximum: 200), "Name of the event to start from instead of a page."),
        Parameter(
            "direction", .choice(Direction.names, default: "forward"),
            "Whether to report the pages viewed after (`forward`) or before (`backward`) the page or event."),
    ]
    private static let limit = Parameter("limit", .integer(1...1_000, default: 10), "Maximum number of rows.")
    private static let ends = [
        Parameter("start", .text(maximum: 2_048), required: true, "The first page; * matches any text."),
        Parameter("end", .text(maximum: 2_048), required: true, "The last page; * matches any text."),
    ]

    public var pages: [DashboardPage] { [DashboardPage("paths", titles: ["en": "Paths", "de": "Wege"], Embedded.page_js)] }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var routes: [Route] {
        [
            .report(
                "/api/v1/paths", "Pages that visitors view right after or right before a page or event.",
                parameters: ScopeParameters.range + Self.pivot + [Self.limit], answer: NextPages.shape
            ) { call, scope in try await NextPages.run(scope, try Pivot(call)) },
            .report(
                "/api/v1/paths/flow",
                "Pages that visitors view step by step after or before a page or event, and how many went from each to the next.",
                parameters: ScopeParameters.range + Self.pivot + [
                    Parameter("depth", .integer(1...Flow.maximumDepth, default: 3), "Number of steps."),
                    Parameter(
                        "limit", .integer(1...1_000, default: 10), "Maximum number of pages in each step; the rest are grouped as (other)."),
                ],
                answer: Flow.shape
            ) { call, scope in try await Flow.run(scope, try Pivot(call), depth: call.integer("depth", default: 3)) },
            .report(
                "/api/v1/paths/between", "Paths that visitors take from one page to another within a session, most frequent first.",
                parameters: ScopeParameters.range + Self.ends + [Self.limit],
                answer: PathsBetween.shape
            ) { call, scope in try await PathsBetween.run(scope, from: call.text("start") ?? "", to: call.text("end") ?? "") },
            .report(
                "/api/v1/paths/drill", "Visitors behind one row of the report on next or previous pages.",
                parameters: ScopeParameters.list + Self.pivot + [
                    Parameter(
                        "next", .text(maximum: 2_048), "Page of the row, (exit) or (entry). Default: all visitors of the page or event.")
                ],
                answer: VisitorList.shape
            ) { call, scope in try await NextPages.visitors(scope, try Pivot(call), next: call.text("next").map(PagePath.clean)) },
            .report(
                "/api/v1/paths/flow/drill", "Visitors behind one node or link of the flow.",
                parameters: ScopeParameters.list + Self.pivot + [
                    Parameter(
                        "step", .integer(1...Flow.maximumDepth, default: 1),
                        "Distance of the node from the starting page or event, in steps."),
                    Parameter("name", .text(maximum: 2_048), required: true, "Page of the node, (exit) or (entry)."),
                    Parameter(
                        "near", .text(maximum: 2_048), "For a link: page of the node one step closer to the start. Default: any page."),
                ],
                answer: VisitorList.shape
            ) { call, scope in
                try await Flow.visitors(
                    scope, try Pivot(call), step: call.integer("step", default: 1), name: PagePath.clean(call.text("name") ?? ""),
                    near: call.text("near").map(PagePath.clean))
            },
            .report(
                "/api/v1/paths/between/drill", "Visitors who took a path between two pages.",
                parameters: ScopeParameters.list + Self.ends + [
                    Parameter("pages", .text(maximum: 16_384), "Pages of the path as a JSON array, as in the report. Default: all paths.")
                ],
                answer: VisitorList.shape
            ) { call, scope in
                try await PathsBetween.visitors(scope, from: call.text("start") ?? "", to: call.text("end") ?? "", pages: try pages(call))
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
