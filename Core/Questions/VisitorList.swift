import Common
import Storage

/// One page of the list of visitors behind a number.
public struct VisitorList: Encodable, Sendable {
    /// The visitors' ids as they were sent, or `anonymousID` for visitors without one. Requests accept either as `visitor_id`.
    public let data: [String]
    /// The number of visitors on all pages.
    public let total: Int64

    /// The members of the response.
    public static let fields: [Schema.Field] = [.required("data", .list(.text(200))), .required("total", .count)]

    /// The id that responses use for a visitor without one. As `visitor_id` in a request, it refers to the same visitor.
    public static func anonymousID(_ key: Int64) -> String {
        let hex = String(UInt64(bitPattern: key), radix: 16)
        return "anon_" + String(repeating: "0", count: 16 - hex.count) + hex
    }

    /// Reads the page that the scope's limit and offset select.
    /// - Parameters:
    ///   - ctes: the CTEs that `visitors` reads.
    ///   - visitors: a SELECT of one column `visitor`, without duplicates.
    public static func page(
        _ name: StaticString, of scope: Scope, reading tables: [FactTable] = [], ctes: SQL? = nil, visitors: SQL
    ) async throws -> VisitorList {
        // The order by key reveals nothing about visitors and is the same on every engine. Ids are looked up only for this page.
        let prefix: SQL = ctes.map { "\($0), " } ?? ""
        let project = Int64(scope.project)
        let rows = try await scope.rows(
            name, reading: tables, continues: true,
            """
            \(prefix)all_visitors AS MATERIALIZED (SELECT \(project) AS project, visitor FROM (\(visitors)) listed),
            page AS MATERIALIZED (
              SELECT visitor, \(scope.dialect.visitorKey(in: "all_visitors")) AS visitor_key FROM all_visitors
              ORDER BY visitor_key LIMIT \(scope.limit) OFFSET \(scope.offset))
            SELECT visitor_key, (SELECT count(*) FROM all_visitors) AS total, id
            FROM page LEFT JOIN (
              SELECT visitor, min(id) AS id FROM core_visitors
              WHERE project = \(project) AND visitor IN (SELECT visitor FROM page) GROUP BY visitor) ids ON ids.visitor = page.visitor
            ORDER BY visitor_key
            """)
        var total = rows.first?.int("total") ?? 0
        if rows.isEmpty, scope.offset > 0 {
            let count: SQL = "\(prefix)all_visitors AS (\(visitors)) SELECT count(*) AS total FROM all_visitors"
            total = try await scope.rows(name, reading: tables, continues: true, count)[0].int("total")
        }
        return VisitorList(data: rows.map { $0.optionalText("id") ?? anonymousID($0.int("visitor_key")) }, total: total)
    }
}
