import Core

/// Collects how far down each page visitors scroll, and reports it.
public struct ScrollModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "scroll", category: .tracking,
        summaries: [
            "en": "How far down each page visitors scroll: averages, percentiles and the distribution by tenths of the page.",
            "de": "Wie weit Besucher auf jeder Seite nach unten kommen: Mittelwerte, Perzentile und die Verteilung in Zehnteln.",
        ])

    /// One row for each reported depth; reports take the deepest for each session and page.
    static let depths = FactTable("scroll_depths", FactTable.sessionColumns + [Column("path", .text), Column("max_depth", .int16)])

    public static let scriptFeatures = [ScriptFeature("scroll", Embedded.scroll_min_js, sends: "scroll_depth")]

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    public var pages: [DashboardPage] {
        [DashboardPage("scroll", titles: ["en": "Scroll depth", "de": "Scrolltiefe"], Embedded.page_js)]
    }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var factTables: [FactTable] { [Self.depths] }
    public var migrations: [Migration] { [Migration("001-create", on: .events, [.createFactTable(Self.depths)])] }

    public var datasets: [Dataset] {
        [
            Dataset(
                "scroll_depths", "One row for each reported depth; a page may have several in one session.",
                columns: [
                    ("occurred_at", "When the depth was reported, in epoch milliseconds."), ("path", "Path of the page."),
                    ("max_depth", "Deepest point reached, as a percentage of the page height."),
                    ("session_at", "Start of the session; together with the visitor, it identifies the session."),
                    ("source", "Where the session came from."),
                    ("country", "ISO 3166-1 code."), ("device", "Desktop, Mobile, Tablet ..."), ("browser", "Browser of the session."),
                    ("os", "Operating system."),
                ])
        ]
    }

    public var collectors: [Collector] {
        [
            Collector(
                "scroll_depth", "How far a visitor scrolled on a page.",
                fields: [
                    .required("path", .text(8_192), "Path of the page."),
                    .required("max_depth", .integer(0...100), "Deepest point reached so far, as a percentage of the page height."),
                ]
            ) { payload in
                let path = payload.text("path"), depth = payload.integer("max_depth") ?? 0
                return Draft(facts: { visit in [(Self.depths, visit.sessionValues + [.text(visit.page(path)), .int(depth)])] })
            }
        ]
    }

    public var routes: [Route] {
        [
            .report("/api/v1/scroll", "Scroll depth by page, most samples first.", answer: .data(ScrollPages.shape)) { _, scope in
                try await ScrollPages.run(scope)
            },
            .report(
                "/api/v1/scroll/distribution", "How many page visits ended in each tenth of the page, and what share reached it.",
                parameters: ScopeParameters.range + [Parameter("path", .text(maximum: 2_048), "Path of the page. Default: all pages.")],
                answer: ScrollDistribution.shape
            ) { call, scope in try await ScrollDistribution.run(scope, path: call.text("path").map(PagePath.clean)) },
        ]
    }

    /// The CTE `samples`: one row for each page of a session, with `path` and `depth`, the deepest point reported.
    static let samples: SQL = """
        samples AS NOT MATERIALIZED (SELECT path, max(max_depth) AS depth FROM scroll_depths GROUP BY visitor, session_at, path)
        """
}
