import Common
import Storage

/// One page of the list of visitors behind a number in a report.
public struct VisitorList: Sendable {
    /// The visitors' ids as they were sent. For visitors without an id, `anonymousID`, which requests accept as `visitor_id` too.
    public let data: [String]
    /// The number of visitors on all pages.
    public let total: Int64

    /// The list as a response.
    public static let shape = Shape<VisitorList>([
        .required("data", \.data, .list(.text(200))), .required("total", \.total, .count),
    ])

    /// The id that responses use for a visitor without one: `anon_` and the visitor's key in hexadecimal. As `visitor_id` in a
    /// request, it refers to the same visitor.
    public static func anonymousID(_ key: Int64) -> String {
        let hex = String(UInt64(bitPattern: key), radix: 16)
        return "anon_" + String(repeating: "0", count: 16 - hex.count) + hex
    }

    /// Reads the page that the scope's limit and offset select.
    /// - Parameters:
    ///   - name: the statement's name; see `Scope.rows`.
    ///   - ctes: the CTEs that `visitors` reads, besides the scope's.
    ///   - visitors: a SELECT of a single column, `visitor`, without duplicates.
    public static func page(
        _ name: StaticString, of scope: Scope, ctes: SQL? = nil, visitors: SQL
    ) async throws -> VisitorList {
        // Visitors are ordered by key, because that reveals nothing about them and is the same on every engine. Ids are looked up only for
        // this page.
        let prefix: SQL = ctes.map { "\($0), " } ?? "", key = scope.dialect.visitorKey(in: "all_visitors")
        let all: SQL = "all_visitors AS MATERIALIZED (SELECT \(Int64(scope.project)) AS project, visitor FROM (\(visitors)) listed)"
        let page = ReportPart.page("page", by: "visitor_key", limit: scope.limit, offset: scope.offset) { page in
            """
            WITH chosen AS MATERIALIZED (SELECT visitor, \(key) AS visitor_key FROM all_visitors \(page))
            SELECT visitor_key, id FROM chosen LEFT JOIN (
              SELECT visitor, min(id) AS id FROM core_visitors WHERE visitor IN (SELECT visitor FROM chosen) GROUP BY visitor) ids
              ON ids.visitor = chosen.visitor
            """
        }
        let rows = try await scope.rows(
            name, with: "\(prefix)\(all)", [.tally("everybody", [.count("total")], from: "all_visitors"), page],
            "SELECT visitor_key, id, total FROM everybody LEFT JOIN page ON TRUE ORDER BY visitor_key")
        let listed = rows.filter { !$0["visitor_key"].isNull }
        return VisitorList(
            data: listed.map { $0.optionalText("id") ?? anonymousID($0.int("visitor_key")) }, total: rows[0].int("total"))
    }
}
