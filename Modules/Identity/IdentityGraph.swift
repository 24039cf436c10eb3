import Core

/// The visitors, users and accounts that are connected to a starting point.
struct IdentityGraph: Sendable {
    struct Node: Sendable, Hashable {
        enum Kind: String, Sendable, CaseIterable { case visitor, user, account }
        let id: ExactText
        let type: Kind

        static let shape = Shape<Node>([.required("id", \.id.text, .text(200)), .required("type", \.type, .choice)])
    }

    struct Edge: Sendable, Hashable {
        /// `alias` links a visitor to its current user, `identify` to an earlier user, and `membership` to an account.
        enum Kind: String, Sendable, CaseIterable { case alias, identify, membership }
        let from: ExactText, to: ExactText
        let type: Kind

        static let shape = Shape<Edge>([
            .required("from", \.from.text, .text(200)), .required("to", \.to.text, .text(200)), .required("type", \.type, .choice),
        ])
    }

    let nodes: [Node]
    let edges: [Edge]

    static let shape = Shape<IdentityGraph>([
        .required("nodes", \.nodes, .list(Node.shape)), .required("edges", \.edges, .list(Edge.shape)),
    ])

    /// Searches breadth first from `starts`, until it finds nothing new or has `limit` nodes. Nodes are in the order in which they were
    /// found. Edges are those between the nodes.
    static func from(_ starts: [Node], limit: Int, _ scope: Scope) async throws -> IdentityGraph {
        var nodes: [Node] = [], visited: Set<Node> = [], edges: [Edge] = [], seen: Set<Edge> = []
        var next = starts
        while !next.isEmpty, nodes.count < limit {
            let layer = next.filter { visited.insert($0).inserted }.prefix(limit - nodes.count)
            nodes += layer
            let found = try await Self.edges(of: Array(layer), limit: limit, scope)
            next = []
            for edge in found where seen.insert(edge).inserted {
                edges.append(edge)
                next += [Node(id: edge.from, type: .visitor), Node(id: edge.to, type: edge.type == .membership ? .account : .user)]
            }
            next.removeAll(where: visited.contains)
        }
        // Drops starting points that no `identify` has named.
        let linked = Set(
            edges.flatMap { [Node(id: $0.from, type: .visitor), Node(id: $0.to, type: $0.type == .membership ? .account : .user)] })
        let profiles = try await identified(nodes.filter { $0.type == .visitor }.map(\.id.text), scope)
        let real = nodes.filter { linked.contains($0) || ($0.type == .visitor && profiles.contains($0.id)) }, ids = Set(real)
        return IdentityGraph(
            nodes: real,
            edges: edges.filter {
                ids.contains(Node(id: $0.from, type: .visitor))
                    && ids.contains(Node(id: $0.to, type: $0.type == .membership ? .account : .user))
            })
    }

    private static func identified(_ visitors: [String], _ scope: Scope) async throws -> Set<ExactText> {
        guard !visitors.isEmpty else { return [] }
        let rows = try await scope.rows(
            "identity.identified",
            [
                .tally(
                    "identified", by: ["id"], [],
                    from: "core_visitors WHERE id IN \(list: visitors) AND visitor IN (SELECT visitor FROM identity_profiles)")
            ],
            "SELECT id FROM identified")
        return Set(exactly: rows.map { $0.text("id") })
    }

    private static func edges(of nodes: [Node], limit: Int, _ scope: Scope) async throws -> [Edge] {
        func ids(_ kind: Node.Kind) -> [String] { nodes.filter { $0.type == kind }.map(\.id.text) }
        let rows = try await scope.rows(
            "identity.graph",
            with: """
                ids AS (SELECT visitor, min(id) AS id FROM core_visitors GROUP BY visitor),
                named AS (
                  SELECT visitor, user_id, max(occurred_at) AS last_at FROM identity_profiles
                  WHERE user_id IS NOT NULL GROUP BY visitor, user_id),
                ranked AS (SELECT *, row_number() OVER (PARTITION BY visitor ORDER BY last_at DESC, user_id DESC) AS back FROM named),
                joined AS (SELECT DISTINCT visitor, account_id FROM identity_memberships),
                edges AS (
                  SELECT visitor, user_id AS target, CASE WHEN back = 1 THEN 'alias' ELSE 'identify' END AS type FROM ranked
                  UNION ALL SELECT visitor, account_id, 'membership' FROM joined)
                """,
            [
                .page(
                    "page",
                    """
                    SELECT id, target, type FROM edges JOIN ids ON ids.visitor = edges.visitor
                    WHERE id IN \(list: ids(.visitor)) OR (type <> 'membership' AND target IN \(list: ids(.user)))
                      OR (type = 'membership' AND target IN \(list: ids(.account)))
                    """, by: "type, id, target", limit: limit * 3)
            ],
            "SELECT id, target, type FROM page ORDER BY type, id, target")
        return rows.map { Edge(from: ExactText($0.text("id")), to: ExactText($0.text("target")), type: .init(rawValue: $0.text("type"))!) }
    }
}
