import Core

/// A link and how often it was clicked.
struct ClickedLink: Sendable {
    let url: String
    let linkType: String
    let clicks: Int64
    /// Distinct visitors who clicked the link.
    let unique: Int64

    static let shape = Shape<ClickedLink>([
        .required("url", \.url, .text(4_096)), .required("link_type", \.linkType, .choice(OutlinksModule.LinkType.names)),
        .required("clicks", \.clicks, .count), .required("unique", \.unique, .count),
    ])

    /// Returns links, most clicked first. A link that was clicked both as an external link and as a download has two lines.
    static func run(_ scope: Scope, _ type: String?) async throws -> [ClickedLink] {
        let chosen: SQL = type.map { "link_type = \($0)" } ?? "TRUE"
        return try await scope.rows(
            "outlinks.links",
            [
                .tally(
                    "clicked", by: ["url", "link_type"], [.count("n"), .visitors("visitors")], from: "outlinks_clicks WHERE \(chosen)")
            ],
            """
            SELECT url, link_type, n, visitors FROM clicked ORDER BY n DESC, url, link_type LIMIT \(scope.limit) OFFSET \(scope.offset)
            """
        ).map {
            ClickedLink(url: $0.text("url"), linkType: $0.text("link_type"), clicks: $0.int("n"), unique: $0.int("visitors"))
        }
    }
}

/// Clicks on links to one host, or to one type of file.
struct Clicks: Sendable {
    /// The raw value names both the column and the member of the response.
    enum Dimension: String, Sendable { case host, fileType = "file_type" }

    let name: String
    let clicks: Int64
    let unique: Int64

    /// Shown for files without an extension.
    private static let noExtension = "(none)"

    static func shape(_ dimension: Dimension) -> Shape<Clicks> {
        Shape([
            .required(dimension.rawValue, { $0.name.isEmpty ? noExtension : $0.name }, .text(300)),
            .required("clicks", \.clicks, .count), .required("unique", \.unique, .count),
        ])
    }

    /// Returns one line for each host or file type, most clicks first. `mailto` and `tel` links have no host, so the report by host leaves
    /// them out.
    static func run(_ scope: Scope, by dimension: Dimension, _ type: String?) async throws -> [Clicks] {
        let column = SQL(sql: dimension.rawValue)
        var conditions: [SQL] = type.map { ["link_type = \($0)"] } ?? []
        if dimension == .host { conditions.append("host <> ''") }
        return try await scope.rows(
            "outlinks.clicks",
            [
                .tally(
                    "clicked", by: [.init("name", column)], [.count("n"), .visitors("visitors")],
                    from: "outlinks_clicks WHERE \(SQL.all(conditions))")
            ],
            "SELECT name, n, visitors FROM clicked ORDER BY n DESC, name LIMIT \(scope.limit) OFFSET \(scope.offset)"
        ).map {
            Clicks(name: $0.text("name"), clicks: $0.int("n"), unique: $0.int("visitors"))
        }
    }
}
