@testable import DuckDBEngine
@_spi(Host) import Storage
import Testing

@Suite("DuckDB visitor numbers")
struct VisitorNumbersTests {
    typealias Visitor = (project: Int32, key: Int64)

    /// A database with only the ingest tables.
    private final class Table {
        let database: Database
        let connection: Connection
        var numbers: VisitorNumbers

        init(maximum: Int) throws {
            _ = try DuckDBLibrary.load()
            database = try Database(path: ":memory:", settings: [("threads", "1")])
            connection = try database.connect()
            numbers = VisitorNumbers(bounds: VisitorBounds(), maximum: maximum)
            for statement in IngestTables.migrations.flatMap(\.steps).flatMap({ $0.statements(for: .duckdb) }) {
                _ = try connection.run(statement.rendered(for: .duckdb).text)
            }
        }

        deinit {
            connection.close()
            database.close()
        }

        func number(_ visitors: [Visitor]) throws -> [Int32] {
            try numbers.numbers(of: visitors, on: connection) { project, number, key in
                _ = try connection.run(
                    "INSERT INTO ingest_visitors (project, number, key) VALUES ($1::bigint, $2::bigint, $3::bigint)",
                    [.int(Int64(project)), .int(Int64(number)), .int(key)])
            }
        }
    }

    @Test("start at 1 in each project, in order of appearance; rows without a visitor get 0")
    func order() throws {
        let table = try Table(maximum: 100)
        #expect(try table.number([(1, 70), (1, 0), (1, -5), (2, 70), (1, 70)]) == [1, 0, 2, 1, 1])
        #expect(try table.number([(2, -5), (1, -5), (1, 8)]) == [2, 2, 3])
    }

    @Test("are looked up in the table once the cache is full, and don't change")
    func maximum() throws {
        let table = try Table(maximum: 3)
        #expect(try table.number([(1, 11), (1, 12)]) == [1, 2])
        #expect(try table.number([(1, 13), (1, 14)]) == [3, 4])
        #expect(table.numbers.count == 4)
        // The cache has grown past its limit, so it is emptied before the lookup.
        #expect(try table.number([(1, 11), (1, 15), (1, 0), (1, 14), (2, 11)]) == [1, 5, 0, 4, 1])
        #expect(table.numbers.count == 4)
        // The table may already exceed the limit when it is first read.
        table.numbers.forget()
        #expect(try table.number([(1, 15), (2, 11), (1, 12)]) == [5, 1, 2])
        #expect(table.numbers.count == 4)
    }

    @Test("don't depend on the memory limit, which is exceeded by no more than one batch's keys")
    func random() throws {
        let small = try Table(maximum: 10), large = try Table(maximum: 1_000_000)
        var random = SystemRandomNumberGenerator()
        for batch in 0..<100 {
            let visitors = (0..<20).map { _ in
                (project: Int32.random(in: 1...3, using: &random), key: Int64.random(in: 0...150, using: &random))
            }
            let (few, many) = (try small.number(visitors), try large.number(visitors))
            // A key is looked up in all three projects at once, so each may add three entries.
            guard few == many, small.numbers.count <= 10 + 3 * visitors.count else {
                Issue.record("batch \(batch), \(visitors): \(few), not \(many); \(small.numbers.count) in memory")
                return
            }
            if batch % 17 == 0 { small.numbers.forget() }
        }
    }
}
