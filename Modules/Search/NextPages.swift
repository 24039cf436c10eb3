import Core

/// What visitors do after a search: view another page, search again, or nothing.
struct NextPages: Sendable {
    struct Page: Sendable {
        /// The path of the next page; `(search)` for a search for something else, `(exit)` if nothing followed in the session.
        let path: String
        let count: Int64
        /// `count` as a percentage of `searches`.
        let percentage: Double

        static let shape = Shape<Page>([
            .required("path", \.path, .optionalText(2_048)), .required("count", \.count, .count),
            .required("percentage", \.percentage, .percentage),
        ])
    }

    let data: [Page]
    /// The number of searches, regardless of limit and offset.
    let searches: Int64

    static let shape = Shape<NextPages>([.required("data", \.data, .list(Page.shape)), .required("searches", \.searches, .count)])

    /// Counts what happens first after each search, in its session and in the range: a pageview of another page, or a search for another
    /// term. Views of the page on which the visitor searched don't count, because they may arrive after the search.
    /// - Parameter term: the term of the searches to count; nil for all searches.
    static func run(_ scope: Scope, term: String?) async throws -> NextPages {
        let chosen: SQL = term.map { "term = \($0)" } ?? "TRUE"
        let rows = try await scope.rows(
            "search.next_pages",
            with: """
                searched AS MATERIALIZED (
                  SELECT visitor, session_at, occurred_at, path, term,
                    row_number() OVER (PARTITION BY visitor ORDER BY occurred_at, session_at, term) AS number
                  FROM search_queries WHERE \(chosen)),
                steps AS NOT MATERIALIZED (
                  SELECT visitor, session_at, occurred_at, path, NULL AS term FROM scope_rows WHERE kind = 0
                  UNION ALL SELECT visitor, session_at, occurred_at, '(search)' AS path, term FROM search_queries),
                followed AS NOT MATERIALIZED (
                  SELECT searched.visitor, number, steps.path AS next_path,
                    row_number() OVER (PARTITION BY searched.visitor, number ORDER BY steps.occurred_at, steps.path) AS place
                  FROM searched JOIN steps ON steps.visitor = searched.visitor AND steps.session_at = searched.session_at
                  WHERE steps.occurred_at > searched.occurred_at AND coalesce(steps.term <> searched.term, steps.path <> searched.path)),
                ends AS NOT MATERIALIZED (
                  SELECT coalesce(next_path, '(exit)') AS next_path
                  FROM searched LEFT JOIN (SELECT visitor, number, next_path FROM followed WHERE place = 1) first_step
                    ON first_step.visitor = searched.visitor AND first_step.number = searched.number)
                """,
            [.tally("counted", by: ["next_path"], [.count("n")], from: "ends")],
            """
            SELECT next_path, n, (SELECT sum(n) FROM counted) AS searches FROM counted
            ORDER BY n DESC, next_path LIMIT \(scope.limit) OFFSET \(scope.offset)
            """)
        // If the offset is beyond the end of the list, no row contains the total.
        let searches = rows.isEmpty && scope.offset > 0 ? try await Self.searches(scope, chosen) : rows.first?.int("searches") ?? 0
        return NextPages(
            data: rows.map {
                Page(path: $0.text("next_path"), count: $0.int("n"), percentage: Rounded.percentage($0.int("n"), of: searches))
            },
            searches: searches)
    }

    private static func searches(_ scope: Scope, _ chosen: SQL) async throws -> Int64 {
        try await scope.rows(
            "search.count", [.tally("counted", [.count("n")], from: "search_queries WHERE \(chosen)")], "SELECT n FROM counted")[0].int("n")
    }
}
