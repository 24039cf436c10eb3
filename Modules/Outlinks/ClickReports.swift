import Core

/// A link and how often it was clicked.
struct ClickedLink: Encodable, Sendable {
    let url: String
    let linkType: String
    let clicks: Int64
    /// Distinct visitors who clicked the link.
    let unique: Int64

    enum CodingKeys: String, CodingKey {
        case url, clicks, unique
        case linkType = "link_type"
    }

    static let fields = ReportList<ClickedLink>.fields([
        .required("url", .text(4_096)), .required("link_type", .choice(OutlinksModule.LinkType.names)), .required("clicks", .count),
        .required("unique", .count),
    ])

    /// Returns links, most clicked first. A link that was clicked both as an external link and as a download has two lines.
    static func run(_ scope: Scope, _ type: String?) async throws -> [ClickedLink] {
        let chosen: SQL = type.map { "link_type = \($0)" } ?? "TRUE"
        return try await scope.rows(
            "outlinks.links",
            """
            SELECT url, link_type, sum(n) AS n, count(*) AS visitors
            FROM (SELECT url, link_type, visitor, count(*) AS n FROM outlinks_clicks WHERE \(chosen) GROUP BY url, link_type, visitor) per_visitor
            GROUP BY url, link_type ORDER BY sum(n) DESC, url, link_type LIMIT \(scope.limit) OFFSET \(scope.offset)
            """
        ).map {
            ClickedLink(url: $0.text("url"), linkType: $0.text("link_type"), clicks: $0.int("n"), unique: $0.int("visitors"))
        }
    }
}

/// Clicks on links to one host, or to one type of file.
struct Clicks: Encodable, Sendable {
    /// The raw value names both the column and the member of the response.
    enum Dimension: String, Sendable { case host, fileType = "file_type" }

    let dimension: Dimension
    let name: String
    let clicks: Int64
    let unique: Int64

    /// Shown for files without an extension.
    private static let noExtension = "(none)"

    static func fields(_ dimension: Dimension) -> [Schema.Field] {
        ReportList<Clicks>.fields([.required(dimension.rawValue, .text(300)), .required("clicks", .count), .required("unique", .count)])
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name.isEmpty ? Self.noExtension : name, forKey: dimension == .host ? .host : .fileType)
        try container.encode(clicks, forKey: .clicks)
        try container.encode(unique, forKey: .unique)
    }

    private enum CodingKeys: String, CodingKey { case host, fileType = "file_type", clicks, unique }

    /// Returns one line for each host or file type, most clicks first. `mailto` and `tel` links have no host, so the report by host leaves
    /// them out.
    static func run(_ scope: Scope, by dimension: Dimension, _ type: String?) async throws -> [Clicks] {
        let column = SQL(sql: dimension.rawValue)
        var conditions: [SQL] = type.map { ["link_type = \($0)"] } ?? []
        if dimension == .host { conditions.append("host <> ''") }
        return try await scope.rows(
            "outlinks.clicks",
            """
            SELECT \(column), sum(n) AS n, count(*) AS visitors
            FROM (SELECT \(column), visitor, count(*) AS n FROM outlinks_clicks WHERE \(SQL.all(conditions)) GROUP BY \(column), visitor) per_visitor
            GROUP BY \(column) ORDER BY sum(n) DESC, \(column) LIMIT \(scope.limit) OFFSET \(scope.offset)
            """
        ).map {
            Clicks(dimension: dimension, name: $0.text(dimension.rawValue), clicks: $0.int("n"), unique: $0.int("visitors"))
        }
    }
}
