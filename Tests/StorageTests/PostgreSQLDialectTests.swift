import Common
@testable import PostgreSQLEngine
import Questions
@_spi(Host) import Storage
import Testing

// Runs what `Dialect` and `Migration` render on a real server: see PostgreSQLTestServer.
@Suite("PostgreSQL dialect", .enabled(if: PostgreSQLTestServer.isThere, "PULSE_TEST_DATABASE_URL is not set"))
struct PostgreSQLDialectTests {
    private let dialect = Dialect.postgresql

    @Test("reads a path in JSON")
    func json() async throws {
        let text = #"{"a":{"b/c":"x","n":1.5,"t":true,"z":null},"k~":[7]}"#
        let document: SQL = "\(text)"
        #expect(try await value(dialect.jsonText(document, ["a", "b/c"])) == .text("x"))
        #expect(try await value(dialect.jsonText(document, ["a", "n"])) == .text("1.5"))
        #expect(try await value(dialect.jsonText(document, ["a", "t"])) == .text("true"))
        #expect(try await value(dialect.jsonText(document, ["a", "z"])) == .null)
        #expect(try await value(dialect.jsonText(document, ["missing", "b"])) == .null)
    }

    @Test("picks the first and last value in a given order")
    func firstAndLast() async throws {
        let rows: SQL = "(VALUES ('b', 2), ('a', 1), ('c', 3)) AS rows (name, at)"
        #expect(try await value("SELECT \(dialect.first("name", by: "at")) FROM \(rows)") == .text("a"))
        #expect(try await value("SELECT \(dialect.last("name", by: "at")) FROM \(rows)") == .text("c"))
    }

    @Test("creates a table with keys, defaults and indexes, and adds a column and an index")
    func controlTables() async throws {
        try await PostgreSQLTestServer.withControlStore { store, _ in
            let table = Table(
                "probe",
                [
                    Column("id", .int64), Column("small", .int16, default: .int(-3)), Column("ratio", .double, default: .double(1e-7)),
                    Column("name", .text, default: .text("it's")), Column("flag", .bool, default: .bool(false)),
                    Column("note", .text, nullable: true),
                ], primaryKey: ["id"], unique: [["name", "small"]], indexes: [["flag"]])
            let steps: [Migration.Step] = [
                .createTable(table), .addColumn(table: "probe", Column("added", .int32, default: .int(5))),
                .addColumn(table: "probe", Column("extra", .text, nullable: true)),
                .createIndex(table: "probe", columns: ["added", "note"]),
            ]
            for statement in steps.flatMap({ $0.statements(for: .postgresql) }) { try await store.write(statement) }
            let row = try await store.write("INSERT INTO probe (id) VALUES (\(1)) RETURNING *")[0]
            #expect(row.values == [.int(1), .int(-3), .double(1e-7), .text("it's"), .bool(false), .null, .int(5), .null])
            #expect(
                try await store.write("INSERT INTO probe (id, small, note) VALUES (\(2), \(1), \(String?.none)) RETURNING note")[0]["note"]
                    == .null)
        }
    }

    @Test("creates a fact table, and adds columns and indexes once it has partitions")
    func factTables() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            _ = try await store.apply(FactSamples.batch([FactSamples.row("a")], to: 1))
            let steps: [Migration.Step] = [
                .addColumn(table: "sample_fact", Column("added", .int32, default: .int(5))),
                .addColumn(table: "sample_fact", Column("extra", .text, nullable: true)),
                .createIndex(table: "sample_fact", columns: ["project", "path"]),
            ]
            try await store.change(steps.flatMap { $0.statements(for: .postgresql) })
            let wider = FactTable(
                "sample_fact",
                FactSamples.table.columns + [Column("added", .int32, default: .int(5)), Column("extra", .text, nullable: true)])
            _ = try await store.apply(
                FactBatch(
                    journal: "a", position: JournalPosition(segment: 0, offset: 2), tables: [wider],
                    rows: [FactSamples.row("b"), FactSamples.row("c", at: 0)], ledger: []))
            let rows = try await store.query("SELECT path, added, extra FROM sample_fact ORDER BY path", timeoutSeconds: 10)
            #expect(rows.map(\.values) == ["a", "b", "c"].map { [.text($0), .int(5), .null] })
        }
    }

    @Test("text is ordered by code points, regardless of the database's locale")
    func collation() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            let names = ["é", "a", "B", "Z", "z", "_"]
            _ = try await store.apply(FactSamples.batch(names.map { FactSamples.row($0) }, to: 1))
            #expect(try await store.paths() == ["B", "Z", "_", "a", "z", "é"])
        }
    }

    private func value(_ expression: SQL) async throws -> Value {
        var answer = Value.null
        try await PostgreSQLTestServer.withControlStore { store, _ in
            answer = try await store.read("SELECT (\(expression)) AS value")[0]["value"]
        }
        return answer
    }
}
