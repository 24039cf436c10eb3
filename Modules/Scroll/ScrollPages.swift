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
        // A depth is one of 101 values, so the percentiles come from how often each occurs.
        try await scope.rows(
            "scroll.pages", with: ScrollModule.samples,
            [.tally("depths", by: ["path", "depth"], [.count("n")], from: "samples")], continues: true,
            """
            ranked AS (
              SELECT path, depth, n, sum(n) OVER (PARTITION BY path ORDER BY depth) AS up_to, sum(n) OVER (PARTITION BY path) AS all_of_path
              FROM depths)
            SELECT path, sum(depth * n) AS depths, max(all_of_path) AS samples,
              min(depth) FILTER (WHERE up_to * 100 >= all_of_path * 50) AS p50, min(depth) FILTER (WHERE up_to * 100 >= all_of_path * 75) AS p75
            FROM ranked GROUP BY path ORDER BY samples DESC, path LIMIT \(scope.limit) OFFSET \(scope.offset)
            """
        ).map { row in
            ScrollPages(
                path: row.text("path"), avgMaxDepth: Rounded.average(row.int("depths"), over: row.int("samples")),
                p50: row.int("p50"), p75: row.int("p75"), samples: row.int("samples"))
        }
    }
}
