import Core

/// How far visitors scroll down a page; one line for each page, most samples first.
struct ScrollPages: Sendable {
    let path: String
    /// Average depth as a percentage of the page height, with one decimal.
    let avgMaxDepth: Double
    /// Percentiles of the depth, by nearest rank.
    let p50, p75: Int64
    /// Sessions that reported a depth for the page.
    let samples: Int64

    static let shape = Shape<ScrollPages>([
        .required("path", \.path, .optionalText(2_048)), .required("avg_max_depth", \.avgMaxDepth, .percentage),
        .required("p50", \.p50, .integer(0...100)), .required("p75", \.p75, .integer(0...100)), .required("samples", \.samples, .count),
    ])

    static func run(_ scope: Scope) async throws -> [ScrollPages] {
        let ranks = scope.dialect.nearestRanks([50, 75], of: "depth")
        return try await scope.rows(
            "scroll.pages", continues: true,
            """
            \(ScrollModule.samples)
            SELECT path, sum(depth) AS depths, count(*) AS samples, \(ranks[0]) AS p50, \(ranks[1]) AS p75 FROM samples
            GROUP BY path ORDER BY samples DESC, path LIMIT \(scope.limit) OFFSET \(scope.offset)
            """
        ).map { row in
            ScrollPages(
                path: row.text("path"), avgMaxDepth: Rounded.average(row.int("depths"), over: row.int("samples")),
                p50: row.int("p50"), p75: row.int("p75"), samples: row.int("samples"))
        }
    }
}
