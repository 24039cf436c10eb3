import Common
@_spi(Host) import Storage
import Testing

/// An event store that answers each report's query as usual, and checks that it has the same answer when its parts are computed for a third of
/// the visitors at a time, as on a database with several nodes. So every statement that a test runs on PostgreSQL is checked, without such a
/// database.
package struct PartsCheck: EventStore {
    private let store: any EventStore

    package init(_ store: any EventStore) { self.store = store }

    package func query(_ query: PartedQuery, timeoutSeconds: Double) async throws -> Rows {
        let rows = try await store.query(query, timeoutSeconds: timeoutSeconds)
        guard query.isLocal else { return rows }
        // A SELECT without ORDER BY may return its rows in any order.
        let isOrdered = query.query.words.contains("ORDER")
        func isSame(_ left: Rows, _ right: Rows) -> Bool {
            left.columns == right.columns && Self.isSame(Self.rows(left, isOrdered), Self.rows(right, isOrdered))
        }
        // With several statements, facts may be applied in between.
        var parts: Rows?
        for attempt in 1...3 {
            let found = try await store.query(query.inThirds, timeoutSeconds: timeoutSeconds)
            parts = found
            if isSame(found, rows) { return rows }
            if attempt < 3 {
                let again = try await store.query(query, timeoutSeconds: timeoutSeconds)
                if isSame(found, again) { return again }
            }
        }
        Issue.record(
            """
            Statement '\(query.name)' has another answer when its parts are computed for some of the visitors at a time:
            \(parts?.values.prefix(20) ?? [])
            instead of
            \(rows.values.prefix(20))
            """)
        return rows
    }

    private static func rows(_ rows: Rows, _ isOrdered: Bool) -> [[Value]] {
        isOrdered ? rows.values : rows.values.sorted { ExactText("\($0)") < ExactText("\($1)") }
    }

    private static func isSame(_ left: [[Value]], _ right: [[Value]]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { left, right in zip(left, right).allSatisfy(isSame) }
    }

    /// Sums of doubles may differ in their last digits, because they are added up in another order.
    private static func isSame(_ left: Value, _ right: Value) -> Bool {
        if left == right { return true }
        guard let left = left.double, let right = right.double else { return false }
        return abs(left - right) <= 1e-9 * max(abs(left), abs(right))
    }

    // MARK: Forwarded

    package var dialect: Dialect { store.dialect }
    package func query(_ statement: SQL, timeoutSeconds: Double) async throws -> Rows {
        try await store.query(statement, timeoutSeconds: timeoutSeconds)
    }
    package func reader(of project: Int32, secondsPerBatch: Double) throws -> any BatchReader {
        try store.reader(of: project, secondsPerBatch: secondsPerBatch)
    }
    package func apply(_ batch: FactBatch) async throws -> AppliedBatch { try await store.apply(batch) }
    package func arrange() async throws { try await store.arrange() }
    package func layout() async throws -> StoreLayout { try await store.layout() }
    package func change(_ statements: [SQL]) async throws { try await store.change(statements) }
    package func erase(_ statements: [SQL]) async throws { try await store.erase(statements) }
    package func claim(journal: String) async throws { try await store.claim(journal: journal) }
    package func position(of journal: String) async throws -> JournalPosition? { try await store.position(of: journal) }
    package func visitor(_ key: Int64, of project: Int32) async throws -> Int64? { try await store.visitor(key, of: project) }
    package func visitorBound(of project: Int32) async throws -> Int64? { try await store.visitorBound(of: project) }
    package func erasure(of visitor: Int64, in project: Int32, from table: FactTable) -> [SQL] {
        store.erasure(of: visitor, in: project, from: table)
    }
    package func erasure(of visitor: Int64, in project: Int32) -> [SQL] { store.erasure(of: visitor, in: project) }
    package func ping() async throws { try await store.ping() }
    package func backup(to path: String) async throws -> [String: Int64] { try await store.backup(to: path) }
    package func restore(from path: String) async throws { try await store.restore(from: path) }
    package func close() async { await store.close() }
}

extension PartedQuery {
    /// The query as a statement that computes each part for three groups of visitors, and merges the results.
    fileprivate var inThirds: SQL {
        let own = own
        let merged = parts.map { part -> SQL in
            let thirds = (0..<3).map { third -> SQL in
                let text = own.reading { table in
                    let name = table.split(separator: ".").last.map(String.init) ?? table
                    return "(SELECT * FROM \(sql: table) WHERE abs(visitor % 3) = \(sql: String(third))) \(sql: name)"
                }
                return "SELECT * FROM (WITH \(text) SELECT * FROM \(sql: part.name)) third_\(sql: String(third))"
            }
            return "\(sql: part.name) AS (\(part.merged("(\(SQL.joined(thirds, separator: " UNION ALL "))) partial")))"
        }
        return "/* \(sql: name) */ WITH \(SQL.joined(merged))\(query)"
    }
}
