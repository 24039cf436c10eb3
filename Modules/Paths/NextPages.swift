import Core

/// Where visitors go after a page or event, or where they came from.
struct NextPages: Sendable {
    struct Page: Sendable {
        let direction: Direction
        let path: String
        let visitors: Int64
        /// `visitors` as a percentage of the visitors who reached the pivot.
        let percentage: Double
        let confidenceInterval: ConfidenceInterval

        private func path(_ direction: Direction) -> String? { self.direction == direction ? path : nil }

        static let shape = Shape<Page>([
            .optional(
                "next_path", { $0.path(.forward) }, .text(2_048), "The next page; (exit) if there was none. Only with direction `forward`."),
            .optional(
                "prev_path", { $0.path(.backward) }, .text(2_048),
                "The previous page; (entry) if there was none. Only with direction `backward`."),
            .required("visitors", \.visitors, .count), .required("percentage", \.percentage, .percentage),
            .required("confidence_interval", \.confidenceInterval, ConfidenceInterval.shape),
        ])
    }

    let pivot: Pivot
    let flows: [Page]

    static let shape = Shape<NextPages>(
        Pivot.shape.fields(of: \.pivot) + [
            .required("flows", \.flows, .list(Page.shape), "Most frequent first; (exit) or (entry) last.")
        ])

    static func run(_ scope: Scope, _ pivot: Pivot) async throws -> NextPages {
        // Sort the line for (exit) or (entry) to the top, so the limit can't cut it off. It is moved to the end below.
        let rows = try await scope.rows(
            "paths.next", with: pivot.trails(scope, depth: 1),
            [.tally("counted", by: [.init("page", "pages[1]")], [.count("visitors")], from: "trails")],
            """
            SELECT page, visitors, CAST(sum(visitors) OVER () AS bigint) AS total FROM counted
            ORDER BY CASE WHEN page IS NULL THEN 0 ELSE 1 END, visitors DESC, page LIMIT \(scope.limit)
            """)
        let pages = rows.map { row in
            Page(
                direction: pivot.direction, path: row.optionalText("page") ?? pivot.direction.end, visitors: row.int("visitors"),
                percentage: Rounded.percentage(row.int("visitors"), of: row.int("total")),
                confidenceInterval: ConfidenceInterval(row.int("visitors"), of: row.int("total")))
        }
        let hasEnd = rows.first.map { $0.optionalText("page") == nil } ?? false
        return NextPages(pivot: pivot, flows: hasEnd ? Array(pages.dropFirst()) + [pages[0]] : pages)
    }

    /// Returns the visitors behind one line.
    /// - Parameter next: the page of the line, `(exit)` or `(entry)`; nil for all visitors who reached the pivot.
    static func visitors(_ scope: Scope, _ pivot: Pivot, next: String?) async throws -> VisitorList {
        let chosen: SQL
        switch next {
        case nil: chosen = "TRUE"
        case pivot.direction.end: chosen = "pages[1] IS NULL"
        case let page?: chosen = "pages[1] = \(page)"
        }
        return try await VisitorList.page(
            "paths.drill", of: scope, ctes: pivot.trails(scope, depth: 1), visitors: "SELECT visitor FROM trails WHERE \(chosen)")
    }
}
