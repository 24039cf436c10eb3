@_spi(Host) import SQLiteEngine
@_spi(Host) import Storage
import Testing

@Suite("A module's store")
struct ModuleStoreTests {
    private static func table(_ name: String) -> Table { Table(name, [Column("id", .int64), Column("n", .int64)], primaryKey: ["id"]) }

    private static let histories: [(module: String, migrations: [Migration])] = [
        ("access", [Migration("001-create", on: .control, [.createTable(table("access_keys"))])]),
        ("diary", [Migration("001-create", on: .control, [.createTable(table("diary_days"))])]),
        ("goals", [Migration("001-create", on: .control, [.createTable(table("goals_definition"))])]),
    ]

    /// Gives `body` the store of the module `diary`, and the whole one.
    private static func use(_ body: (_ own: ModuleStore, _ whole: any ControlStore) async throws -> Void) async throws {
        let store = try SQLiteControlStore.temporary()
        for step in histories.flatMap(\.migrations).flatMap(\.steps) {
            for statement in step.statements(for: .sqlite) { _ = try await store.write(statement) }
        }
        try await body(ModuleStore(store, ControlTables(histories), module: "diary"), store)
        await store.close()
    }

    @Test(
        "refuses a statement that names a table of others, wherever the name is",
        arguments: [
            ("SELECT id FROM access_keys", "access_keys"), ("SELECT d.id FROM diary_days d, access_keys k", "access_keys"),
            ("SELECT d.id FROM diary_days d LEFT JOIN goals_definition g ON g.id = d.id", "goals_definition"),
            ("SELECT (SELECT count(*) FROM access_keys) AS n FROM diary_days", "access_keys"),
            ("/* diary.x */ WITH x AS (SELECT id FROM access_keys) SELECT id FROM x", "access_keys"),
            ("INSERT INTO access_keys (id, n) VALUES (1, 1)", "access_keys"),
            ("INSERT INTO diary_days (id, n) SELECT id, n FROM goals_definition", "goals_definition"),
            ("UPDATE goals_definition SET n = 1", "goals_definition"), ("DELETE FROM goals_definition", "goals_definition"),
            ("WITH access_keys AS (SELECT 1 AS id) DELETE FROM access_keys", "access_keys"),
            ("UPDATE diary_days SET n = 1 WHERE id IN (SELECT id FROM access_keys)", "access_keys"),
            ("DROP TABLE goals_definition", "goals_definition"), ("SELECT id FROM \"access_keys\"", "access_keys"),
            ("SELECT id FROM main.access_keys", "access_keys"), ("SELECT name FROM sqlite_master", "sqlite_master"),
            ("SELECT id FROM migrations_ledger", "migrations_ledger"), ("DELETE FROM diary_dayz", "diary_dayz"),
        ])
    func refuses(statement: String, table: String) async throws {
        try await Self.use { own, whole in
            let sql = SQL(sql: statement)
            // Twice, because the finding is remembered.
            for _ in 1...2 {
                let read = await #expect(throws: ForeignTable.self) { try await own.read(sql) }
                #expect(read?.description.contains("'\(table)'") == true)
                await #expect(throws: ForeignTable.self) { try await own.write(sql) }
            }
        }
    }

    @Test("says what to do about it")
    func sentences() async throws {
        try await Self.use { own, _ in
            let foreign = await #expect(throws: ForeignTable.self) { try await own.read("SELECT id FROM goals_definition") }
            #expect(
                foreign?.description
                    == "A statement of module 'diary' names 'goals_definition', which belongs to 'goals'. Use what Core offers for it.")
            let unknown = await #expect(throws: ForeignTable.self) { try await own.read("SELECT id FROM diary_dayz") }
            #expect(
                unknown?.description == "A statement of module 'diary' names 'diary_dayz', which none of the module's migrations creates. "
                    + "Correct the name, or add the table to a migration.")
        }
    }

    @Test("runs every kind of statement on the module's own tables, and nothing of a transaction that is refused")
    func accepts() async throws {
        try await Self.use { own, whole in
            for n in 1...2 {
                try await own.write(
                    """
                    /* diary.count */ INSERT INTO diary_days (id, n) VALUES (\(1), \(n))
                    ON CONFLICT (id) DO UPDATE SET n = excluded.n + diary_days.n RETURNING n
                    """)
            }
            await #expect(throws: ForeignTable.self) {
                try await own.write { transaction in
                    try await transaction.run("UPDATE diary_days SET n = 100")
                    try await transaction.run("DELETE FROM access_keys")
                }
            }
            let sums: SQL = """
                WITH sums AS (SELECT id, sum(n) AS n FROM diary_days GROUP BY id), more (id, n) AS (SELECT id, n + 1 FROM sums)
                SELECT m.n, (SELECT count(*) FROM diary_days WHERE id = m.id) AS days FROM more m, sums s WHERE m.id = s.id
                """
            let row = try await own.read(sums)[0]
            #expect([row.int("n"), row.int("days")] == [4, 1])
            // What Core writes together with a module's change.
            try await own.write { _ = try await $0.whole.run("INSERT INTO access_keys (id, n) VALUES (7, 7)") }
            #expect(try await whole.read("SELECT n FROM access_keys")[0].int("n") == 7)
            try await own.write("DELETE FROM diary_days WHERE id = \(1)")
            #expect(try await whole.read("SELECT count(*) AS n FROM diary_days")[0].int("n") == 0)
        }
    }
}
