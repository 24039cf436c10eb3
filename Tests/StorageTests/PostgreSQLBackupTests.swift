import Common
import Foundation
@_spi(Host) @testable import PostgreSQLEngine
import Questions
@_spi(Host) import Storage
import Testing

// Needs a server: see PostgreSQLTestServer.
@Suite("PostgreSQL backup", .enabled(if: PostgreSQLTestServer.isThere, "PULSE_TEST_DATABASE_URL is not set"))
struct PostgreSQLBackupTests {
    typealias Samples = FactSamples

    @Test("restores facts with partitions, indexes, ids, ledger and positions, also into another schema")
    func events() async throws {
        try await withFolder { folder in
            try await PostgreSQLTestServer.withEventStore { store, _ in
                let rows = (0..<5_000).map {
                    Samples.row("tab\t\\N \($0)", id: Int64($0), at: Samples.noon - Int64($0) * 3_600_000, ratio: .double(0.1))
                }
                _ = try await store.apply(Samples.batch(rows, to: 77))
                try await store.backup(to: folder)
                let before = try await Self.state(store)
                // Later changes are undone, including tables of later migrations.
                _ = try await store.apply(Samples.batch([Samples.row("later", id: 9_999)], to: 78))
                try await store.change(Migration.Step.createFactTable(FactTable("sample_later", [])).statements(for: .postgresql))
                try await store.restore(from: folder)
                let after = try await Self.state(store)
                #expect(Set(after).symmetricDifference(before).sorted() == [])
                #expect(try await store.position(of: "a") == JournalPosition(segment: 0, offset: 77))
                #expect(
                    try await store.apply(Samples.batch([Samples.row("x", id: 3), Samples.row("y", id: 9_999)], to: 79)).duplicates == [
                        true, false,
                    ])

                try await PostgreSQLTestServer.withSchema { schema in
                    let other = try PostgreSQLTestServer.eventStore(schema)
                    try await PostgreSQLTestServer.closing(other.close) {
                        try await other.restore(from: folder)
                        let there = try await Self.state(other)
                        #expect(Set(there).symmetricDifference(before).sorted() == [])
                    }
                }
            }
        }
    }

    @Test("restores tables with keys, defaults and collation; a new backup replaces an older one")
    func control() async throws {
        try await withFolder { folder in
            try await PostgreSQLTestServer.withControlStore { store, _ in
                let table = Table(
                    "note",
                    [Column("id", .int64), Column("text", .text, default: .text("it's")), Column("flag", .bool, default: .bool(true))],
                    primaryKey: ["id"], unique: [["text"]], indexes: [["flag", "text"]])
                for statement in Migration.Step.createTable(table).statements(for: .postgresql) { try await store.write(statement) }
                let before = try await Self.structure(store)
                try await store.backup(to: folder)
                try await store.write("INSERT INTO note (id) VALUES (\(1))")
                try await store.backup(to: folder)
                try await store.write("DELETE FROM note")
                try await store.write("ALTER TABLE note DROP COLUMN flag")
                try await store.restore(from: folder)
                let row = try await store.read("SELECT * FROM note")[0]
                #expect(row.values == [.int(1), .text("it's"), .bool(true)])
                #expect(try await Self.structure(store) == before)
                await #expect(throws: UniqueViolation.self) {
                    try await store.write("INSERT INTO note (id, text) VALUES (\(2), \("it's"))")
                }
                let permissions = try FileManager.default.attributesOfItem(atPath: folder + "/control-postgresql/note.copy")[
                    .posixPermissions]
                #expect(permissions as? Int == 0o600)
            }
        }
    }

    @Test("a backup is a consistent snapshot")
    func consistency() async throws {
        try await withFolder { folder in
            try await PostgreSQLTestServer.withControlStore { store, _ in
                try await store.write("CREATE TABLE a (n BIGINT)")
                try await store.write("CREATE TABLE b (n BIGINT)")
                let writer = Task {
                    var number: Int64 = 0
                    while !Task.isCancelled {
                        number += 1
                        try await store.write { [number] transaction in
                            try await transaction.run("INSERT INTO a VALUES (\(number))")
                            try await transaction.run("INSERT INTO b VALUES (\(number))")
                        }
                    }
                }
                for _ in 0..<10 {
                    try await store.backup(to: folder)
                    let manifest = try BackupManifest.read(from: folder + "/control-postgresql")
                    #expect(manifest.tables.map(\.name) == ["a", "b"])
                    #expect(manifest.tables[0].rows == manifest.tables[1].rows)
                }
                writer.cancel()
                _ = await writer.result
            }
        }
    }

    @Test("a damaged backup changes nothing")
    func damaged() async throws {
        try await withFolder { folder in
            try await PostgreSQLTestServer.withControlStore { store, _ in
                await #expect(throws: PostgreSQLError.self) { try await store.restore(from: folder) }
                try await store.write("CREATE TABLE note (n BIGINT)")
                try await store.write("INSERT INTO note VALUES (1), (2)")
                try await store.backup(to: folder)
                let file = folder + "/control-postgresql/note.copy"
                try Data("1\n".utf8).write(to: URL(fileURLWithPath: file))
                let error = await #expect(throws: PostgreSQLError.self) { try await store.restore(from: folder) }
                #expect("\(error!)".contains("note.copy is damaged: it holds 1 rows instead of 2"))
                #expect(try await store.read("SELECT n FROM note").count == 2)
            }
        }
    }

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "/pulse-backup-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private static func state(_ store: PostgreSQLEventStore) async throws -> [String] {
        let rows = try await store.query("SELECT * FROM sample_fact ORDER BY occurred_at", timeoutSeconds: 30)
        let ids = try await store.query("SELECT * FROM ingest_event_ids ORDER BY id_low", timeoutSeconds: 30)
        let objects = try await store.query(
            """
            SELECT relname AS name, relkind::text AS kind FROM pg_class WHERE relnamespace = current_schema()::regnamespace ORDER BY 1
            """, timeoutSeconds: 30)
        return (Array(rows) + Array(ids) + Array(objects)).map { "\($0.values)" } + (try await store.ledgerLines())
    }

    private static func structure(_ store: PostgreSQLControlStore) async throws -> [String] {
        let columns = try await store.read(
            """
            SELECT attname AS name, format_type(atttypid, atttypmod) AS type, attnotnull AS needed, attcollation::bigint AS collation
            FROM pg_attribute WHERE attrelid = 'note'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
            """)
        let indexes = try await store.read(
            "SELECT indexdef AS d FROM pg_indexes WHERE tablename = 'note' AND schemaname = current_schema() ORDER BY 1")
        return (Array(columns) + Array(indexes)).map { "\($0.values)" }
    }
}
