import Core

/// Searches by term, most frequent first.
struct SearchQueries: Sendable {
    let query: String
    let count: Int64
    /// Distinct visitors who searched for the term.
    let unique: Int64
    /// Average over the searches for which the site sent the number of results, with one decimal; nil if it never did.
    let avgResults: Double?
    /// Searches without results.
    let zeroResults: Int64

    static let shape = Shape<SearchQueries>([
        .required("query", \.query, .text(SearchTerm.maximumLength)), .required("count", \.count, .count),
        .required("unique", \.unique, .count), .required("avg_results", \.avgResults, .nullable(.number(0...1e9))),
        .required("zero_results", \.zeroResults, .count),
    ])

    static func run(_ scope: Scope) async throws -> [SearchQueries] {
        try await scope.rows(
            "search.queries",
            [
                .tally(
                    "searched", by: ["term"],
                    [
                        .count("n"), .visitors("visitors"), .sum("results", of: "results_count"),
                        .count("counted", where: "results_count IS NOT NULL"), .count("empty", where: "results_count = 0"),
                    ], from: "search_queries")
            ],
            """
            SELECT term, n, visitors, results, counted, empty FROM searched ORDER BY n DESC, term LIMIT \(scope.limit) OFFSET \(scope.offset)
            """
        ).map { row in
            let counted = row.int("counted")
            return SearchQueries(
                query: row.text("term"), count: row.int("n"), unique: row.int("visitors"),
                avgResults: counted == 0 ? nil : Rounded.average(row.int("results"), over: counted), zeroResults: row.int("empty"))
        }
    }
}

/// Searches that found nothing, by term, most frequent first.
struct EmptySearches: Sendable {
    let query: String
    /// Searches without results; other searches for the term don't count.
    let count: Int64
    let unique: Int64

    static let shape = Shape<EmptySearches>([
        .required("query", \.query, .text(SearchTerm.maximumLength)), .required("count", \.count, .count),
        .required("unique", \.unique, .count),
    ])

    static func run(_ scope: Scope) async throws -> [EmptySearches] {
        try await scope.rows(
            "search.no_results",
            [.tally("searched", by: ["term"], [.count("n"), .visitors("visitors")], from: "search_queries WHERE results_count = 0")],
            "SELECT term, n, visitors FROM searched ORDER BY n DESC, term LIMIT \(scope.limit) OFFSET \(scope.offset)"
        ).map { EmptySearches(query: $0.text("term"), count: $0.int("n"), unique: $0.int("visitors")) }
    }
}
