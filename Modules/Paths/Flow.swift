import Core

/// The paths that visitors take from a page or event, step by step, as nodes and links of a Sankey diagram.
struct Flow: Sendable {
    struct Node: Sendable {
        /// The step and the name, such as `1:/pricing`; unique in a flow.
        let id: ExactText
        /// 0 for the pivot, 1, 2 ... after it, -1, -2 ... before it.
        let step: Int64
        let name: String
        let visitors: Int64

        static let shape = Shape<Node>([
            .required("id", \.id.text, .text(2_060)), .required("step", \.step, .integer(-Int64(maximumDepth)...Int64(maximumDepth))),
            .required("name", \.name, .text(2_048)), .required("visitors", \.visitors, .count),
        ])
    }

    struct Link: Sendable {
        /// The id of the earlier node; `target` is that of the later one.
        let source: ExactText
        let target: ExactText
        let visitors: Int64

        static let shape = Shape<Link>([
            .required("source", \.source.text, .text(2_060)), .required("target", \.target.text, .text(2_060)),
            .required("visitors", \.visitors, .count),
        ])
    }

    static let maximumDepth = 5
    private static let rest = "(other)"

    let pivot: Pivot
    let nodes: [Node]
    let links: [Link]

    static let shape = Shape<Flow>(
        Pivot.shape.fields(of: \.pivot) + [
            .required("nodes", \.nodes, .list(Node.shape)), .required("links", \.links, .list(Link.shape)),
        ])

    static func run(_ scope: Scope, _ pivot: Pivot, depth: Int) async throws -> Flow {
        let parts = (1...depth).map { step -> ReportPart in
            let page = SQL(sql: "pages[\(step)]"), before = SQL(sql: "pages[\(step - 1)]")
            return step == 1
                ? .tally("pairs_1", by: [.init("target", page)], [.count("n")], from: "trails")
                : .tally(
                    "pairs_\(step)", by: [.init("source", before), .init("target", page)], [.count("n")],
                    from: "trails WHERE \(before) IS NOT NULL")
        }
        let pairs = (1...depth).map { step -> SQL in
            step == 1
                ? "SELECT 1 AS step, CAST(NULL AS text) AS source, target, n FROM pairs_1"
                : "SELECT \(sql: "\(step)") AS step, source, target, n FROM pairs_\(sql: "\(step)")"
        }
        // Merge pages beyond the limit into one node only after counting, when few pairs are left.
        let rows = try await scope.rows(
            "paths.flow", with: pivot.trails(scope, depth: depth), parts, continues: true,
            """
            pairs AS MATERIALIZED (\(SQL.joined(pairs, separator: " UNION ALL "))),
            ranked AS (
              SELECT step, target, row_number() OVER (PARTITION BY step ORDER BY sum(n) DESC, target) AS place
              FROM pairs WHERE target IS NOT NULL GROUP BY step, target),
            top AS (SELECT step, target FROM ranked WHERE place <= \(scope.limit)),
            named AS (
              SELECT pairs.step, n,
                CASE WHEN pairs.source IS NOT NULL THEN coalesce(earlier.target, \(rest)) END AS source_name,
                CASE WHEN pairs.target IS NULL THEN \(pivot.direction.end) ELSE coalesce(later.target, \(rest)) END AS target_name
              FROM pairs LEFT JOIN top earlier ON earlier.step = pairs.step - 1 AND earlier.target = pairs.source
              LEFT JOIN top later ON later.step = pairs.step AND later.target = pairs.target)
            SELECT step, source_name, target_name, CAST(sum(n) AS bigint) AS visitors FROM named
            GROUP BY step, source_name, target_name ORDER BY step, visitors DESC, source_name, target_name
            """)
        return Flow(pivot, rows)
    }

    /// Returns the visitors who passed through a node, or through the link between two nodes.
    /// - Parameters:
    ///   - step: distance from the pivot, 1 or more, in either direction.
    ///   - name: the node's page, (exit) or (entry).
    ///   - near: for a link, the page one step closer to the pivot; nil for any page.
    /// - Throws: 400 for `(other)`, which stands for several pages.
    static func visitors(_ scope: Scope, _ pivot: Pivot, step: Int, name: String, near: String?) async throws -> VisitorList {
        for (parameter, value) in [("name", name), ("near", near)] where value == rest {
            throw ServiceError.parameter(
                parameter, "pages grouped as \(rest) can't be opened; raise 'limit' in the report to list more of them.")
        }
        let page = SQL(sql: "pages[\(step)]"), before = SQL(sql: "pages[\(step - 1)]")
        var conditions: [SQL] = [name == pivot.direction.end ? "\(page) IS NULL" : "\(page) = \(name)"]
        if step > 1 { conditions.append(near.map { "\(before) = \($0)" } ?? "\(before) IS NOT NULL") }
        return try await VisitorList.page(
            "paths.flow_drill", of: scope, ctes: pivot.trails(scope, depth: step),
            visitors: "SELECT visitor FROM trails WHERE \(SQL.all(conditions))")
    }

    /// - Parameter rows: the number of visitors for each pair of adjacent pages, steps nearest to the pivot first.
    private init(_ pivot: Pivot, _ rows: Rows) {
        let sign: Int64 = pivot.direction == .forward ? 1 : -1
        func id(_ step: Int64, _ name: String) -> ExactText { ExactText("\(step * sign):\(name)") }
        var visitors: [ExactText: Int64] = [:], order: [(step: Int64, name: String)] = [], links: [Link] = []
        for row in rows {
            let step = row.int("step"), name = row.text("target_name"), n = row.int("visitors")
            let near = step == 1 ? id(0, pivot.name) : id(step - 1, row.text("source_name")), far = id(step, name)
            if step == 1 { visitors[near, default: 0] += n }
            if visitors[far] == nil { order.append((step, name)) }
            visitors[far, default: 0] += n
            links.append(sign > 0 ? Link(source: near, target: far, visitors: n) : Link(source: far, target: near, visitors: n))
        }
        if !rows.isEmpty { order.insert((0, pivot.name), at: 0) }
        self.pivot = pivot
        nodes = order.map { Node(id: id($0.step, $0.name), step: $0.step * sign, name: $0.name, visitors: visitors[id($0.step, $0.name)]!) }
            .sorted { (abs($0.step), $1.visitors, ExactText($0.name)) < (abs($1.step), $0.visitors, ExactText($1.name)) }
        self.links = links
    }
}
