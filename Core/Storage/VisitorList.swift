import Common

/// The visitors behind a number, one page of them.
public struct VisitorList: Encodable, Sendable {
    /// Ids as they were sent, or for visitors without one as answers call them; both are accepted as `visitor_id`.
    public let data: [String]
    /// All of them, before limit and offset.
    public let total: Int64

    public static let fields: [Schema.Field] = [.required("data", .list(.text(200))), .required("total", .count)]

    /// How a visitor without an id is called. Sent back as `visitor_id` it means the same visitor.
    public static func anonymousID(_ key: Int64) -> String {
        let hex = String(UInt64(bitPattern: key), radix: 16)
        return "anon_" + String(repeating: "0", count: 16 - hex.count) + hex
    }

    /// - Parameters:
    ///   - ctes: what `visitors` needs in front of it.
    ///   - visitors: a SELECT of one column `visitor`, without repeats.
    public static func page(
        _ name: StaticString, of scope: Scope, reading tables: [FactTable] = [], ctes: SQL? = nil, visitors: SQL
    ) async throws -> VisitorList {
        // In the order of their keys, which tells nothing and is the same on each engine; ids for those of the page alone.
        let before: SQL = ctes.map { "\($0), " } ?? ""
        let project = Int64(scope.project)
        let rows = try await scope.rows(name, reading: tables, continues: true, """
            \(before)behind AS MATERIALIZED (SELECT \(project) AS project, visitor FROM (\(visitors)) chosen),
            page AS MATERIALIZED (
              SELECT visitor, \(scope.dialect.visitorKey(in: "behind")) AS visitor_key FROM behind
              ORDER BY visitor_key LIMIT \(scope.limit) OFFSET \(scope.offset))
            SELECT visitor_key, (SELECT count(*) FROM behind) AS total, id
            FROM page LEFT JOIN (
              SELECT visitor, min(id) AS id FROM core_visitors
              WHERE project = \(project) AND visitor IN (SELECT visitor FROM page) GROUP BY visitor) named ON named.visitor = page.visitor
            ORDER BY visitor_key
            """)
        var total = rows.first?.int("total") ?? 0
        if rows.isEmpty, scope.offset > 0 {
            let counted: SQL = "\(before)behind AS (\(visitors)) SELECT count(*) AS total FROM behind"
            total = try await scope.rows(name, reading: tables, continues: true, counted)[0].int("total")
        }
        return VisitorList(data: rows.map { $0.optionalText("id") ?? anonymousID($0.int("visitor_key")) }, total: total)
    }
}
