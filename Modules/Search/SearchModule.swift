import Core

/// Collects what visitors search for on the site, and reports it.
public struct SearchModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "search", category: .tracking,
        summaries: [
            "en": "What visitors search for on the site, what they do not find, and where they go next.",
            "de": "Wonach Besucher auf der Website suchen, was sie nicht finden, und wohin sie von dort gehen.",
        ])

    /// One row for each search.
    static let queries = FactTable(
        "search_queries",
        FactTable.sessionColumns + [
            Column("path", .text),
            /// As normalized by `SearchTerm`.
            Column("term", .text),
            /// Null if the site didn't send the number of results.
            Column("results_count", .int64, nullable: true),
        ])

    public static let scriptFeatures = [ScriptFeature("search", Embedded.search_min_js, sends: "search_query")]

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    public var pages: [DashboardPage] { [DashboardPage("search", titles: ["en": "Site search", "de": "Suche"], Embedded.page_js)] }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var factTables: [FactTable] { [Self.queries] }
    public var migrations: [Migration] { [Migration("001-create", on: .events, [.createFactTable(Self.queries)])] }

    public var datasets: [Dataset] {
        [
            Dataset(
                "search_queries", "One row for each search.",
                columns: [
                    ("occurred_at", "When the visitor searched, in epoch milliseconds."), ("path", "Path of the page."),
                    ("term", "The search term, with e-mail addresses and card numbers masked."),
                    ("results_count", "Number of results; null if not sent."),
                    ("source", "Where the session came from."), ("country", "ISO 3166-1 code."), ("device", "Desktop, Mobile, Tablet ..."),
                    ("browser", "Browser of the session."), ("os", "Operating system."),
                ])
        ]
    }

    public var collectors: [Collector] {
        [
            Collector(
                "search_query", "A visitor searched the site.",
                fields: [
                    .required("query", .text(2_048), "The search term. Only the first 200 characters are kept."),
                    .optional("results_count", .integer(0...1_000_000_000), "Number of results."),
                    .optional("path", .optionalText(8_192), "Path of the page. Default: the session's last page."),
                ]
            ) { payload in
                let term = SearchTerm.normalized(payload.text("query")), path = payload.text("path")
                guard !term.isEmpty else { throw ServiceError.body(field: "query", "must contain more than spaces.") }
                let results = payload.integer("results_count").map(Value.int) ?? .null
                return Draft(facts: { visit in [(Self.queries, visit.sessionValues + [.text(visit.page(path)), .text(term), results])] })
            }
        ]
    }

    public var routes: [Route] {
        [
            .report("/api/v1/search", "Search terms, most frequent first.", answer: .data(SearchQueries.shape)) { _, scope in
                try await SearchQueries.run(scope)
            },
            .report("/api/v1/search/no-results", "Search terms without results, most frequent first.", answer: .data(EmptySearches.shape)) {
                _, scope in
                try await EmptySearches.run(scope)
            },
            .report(
                "/api/v1/search/next-pages", "What visitors do after a search.",
                parameters: ScopeParameters.list + [Parameter("query", .text(maximum: 2_048), "Search term. Default: all searches.")],
                answer: NextPages.shape
            ) { call, scope in try await NextPages.run(scope, term: call.text("query").map(SearchTerm.normalized)) },
        ]
    }
}
