import Common
import Questions
@_spi(Host) import SQLiteEngine
@_spi(Host) import Storage
import Testing

@Suite("Migrator")
struct MigratorTests {
    /// 1970-01-01T00:00:01Z
    private struct Clock: TimeSource { let now = Instant(milliseconds: 1_000) }

    /// The functions of an event store that a migrator uses, on SQLite, whose schema changes are transactional too.
    private struct Events: EventStore {
        let store: SQLiteControlStore
        let dialect = Dialect.sqlite

        func query(_ statement: SQL, timeoutSeconds: Double) async throws -> Rows { try await store.read(statement) }
        func reader(of project: Int32, secondsPerBatch: Double) throws -> any BatchReader { throw CancellationError() }
        func change(_ statements: [SQL]) async throws {
            try await store.write { for statement in statements { try await $0.run(statement) } }
        }
        func apply(_ batch: FactBatch) async throws -> AppliedBatch { AppliedBatch(duplicates: []) }
        func position(of journal: String) async throws -> JournalPosition? { nil }
        func ping() async throws {}
        func backup(to path: String) async throws -> [String: Int64] { [:] }
        func restore(from path: String) async throws {}
        func close() async { await store.close() }
    }

    /// What the work of migrations may use. Blobs are rows of a table.
    private struct Work: MigrationWork {
        let store: any ControlEngine
        let module: String

        func read(_ statement: SQL) async throws -> Rows { try await store.read(statement) }
        func write(_ statement: SQL) async throws { try await store.write(statement) }
        func storeBlob(_ name: String, _ content: [UInt8], in project: String) async throws {
            let text = "\(module) \(project) \(name) \(content)"
            try await store.write("INSERT INTO core_blobs (id) VALUES (\(text))")
        }
    }

    private struct Stores {
        let control: any ControlEngine
        let events: SQLiteControlStore

        func migrator(_ modules: [(module: String, migrations: [Migration])]) -> Migrator {
            Migrator(control: control, events: Events(store: events), modules: modules, time: Clock()) { Work(store: control, module: $0) }
        }

        func ledger() async throws -> [String] {
            let statement: SQL = "SELECT id, plane, applied_at FROM migrations_ledger ORDER BY id"
            let control = try await control.read(statement), events = try await events.read(statement)
            return (Array(control) + Array(events)).map { "\($0.text("plane")) \($0.text("id")) \($0.int("applied_at"))" }
        }
    }

    private func use(_ engine: ControlStoreEngine, _ body: (Stores) async throws -> Void) async throws {
        let stores = Stores(control: try await engine.open(), events: try SQLiteControlStore.temporary())
        do { try await body(stores) } catch {
            await stores.control.close()
            await stores.events.close()
            throw error
        }
        await stores.control.close()
        await stores.events.close()
    }

    private static func table(_ name: String) -> Migration.Step {
        .createTable(Table(name, [Column("id", .int64)], primaryKey: ["id"]))
    }

    private static func fact(_ name: String) -> Migration.Step { .createFactTable(FactTable(name, [])) }

    private static let core: (module: String, migrations: [Migration]) = (
        "core",
        [
            Migration("001-create", on: .control, [table("core_one"), table("core_two")]),
            Migration("002-facts", on: .events, [fact("core_facts")]),
            Migration("003-note", on: .control, [.addColumn(table: "core_one", Column("note", .text, nullable: true))]),
        ]
    )
    private static let funnels: (module: String, migrations: [Migration]) = (
        "funnels", [Migration("001-create", on: .control, [table("funnels_definition")])]
    )
    /// The order in which the migrations of `core` and `funnels` are applied.
    private static let order = ["core/001-create", "core/003-note", "funnels/001-create", "core/002-facts"]

    @Test("applies each plane's migrations by module, then id, and records them", arguments: ControlStoreEngine.all)
    func order(engine: ControlStoreEngine) async throws {
        try await use(engine) { stores in
            let applied = try await stores.migrator([Self.core, Self.funnels]).run()
            #expect(applied.map(\.id) == Self.order)
            #expect(
                try await stores.ledger() == [
                    "control core/001-create 1000", "control core/003-note 1000", "control funnels/001-create 1000",
                    "events core/002-facts 1000",
                ])
            #expect(try await stores.control.read("SELECT note FROM core_one").isEmpty)
            #expect(try await stores.events.read("SELECT project FROM core_facts").isEmpty)
        }
    }

    @Test("a second run does nothing; later only a new migration is applied", arguments: ControlStoreEngine.all)
    func twice(engine: ControlStoreEngine) async throws {
        try await use(engine) { stores in
            try await stores.migrator([Self.core]).run()
            #expect(try await stores.migrator([Self.core]).run() == [])
            #expect(try await stores.migrator([Self.core, Self.funnels]).run().map(\.id) == ["funnels/001-create"])
        }
    }

    @Test("work is done before the statements, again after a failure, and never after a success", arguments: ControlStoreEngine.all)
    func work(engine: ControlStoreEngine) async throws {
        try await use(engine) { stores in
            func modules(_ statement: SQL) -> [(module: String, migrations: [Migration])] {
                [
                    (
                        "core",
                        [
                            Migration(
                                "001-create", on: .control, [.createTable(Table("core_blobs", [Column("id", .text)], primaryKey: ["id"]))]),
                            Migration(
                                "002-move", on: .control,
                                [
                                    .work { work in
                                        let number = try await work.read("SELECT count(*) AS n FROM core_blobs")[0].int("n")
                                        try await work.storeBlob("blob \(number)", [7], in: "p1")
                                    },
                                    .statements { _ in [statement] },
                                ]),
                        ]
                    )
                ]
            }
            await #expect(throws: MigrationError.self) { try await stores.migrator(modules("DROP TABLE core_nothing")).run() }
            for _ in 0..<2 { try await stores.migrator(modules("INSERT INTO core_blobs (id) VALUES ('done')")).run() }
            #expect(
                try await stores.control.read("SELECT id FROM core_blobs ORDER BY id").map { $0.text("id") }
                    == ["core p1 blob 0 [7]", "core p1 blob 1 [7]", "done"])
        }
    }

    @Test("a dry run returns the statements and changes nothing")
    func dryRun() async throws {
        try await use(ControlStoreEngine.all[0]) { stores in
            let migrator = stores.migrator([Self.core, Self.funnels])
            let pending = try await migrator.pending()
            #expect(pending.map(\.id) == Self.order)
            #expect(pending[1].statements == ["ALTER TABLE core_one ADD COLUMN note TEXT"])
            #expect(pending[3].plane == .events)
            #expect(try await stores.control.read("SELECT name FROM sqlite_master WHERE name NOT LIKE 'grdb%'").isEmpty)
            try await migrator.run()
            #expect(try await migrator.pending() == [])
        }
    }

    @Test("several hosts that start at the same time apply each migration once", arguments: ControlStoreEngine.all)
    func concurrentStarts(engine: ControlStoreEngine) async throws {
        try await use(engine) { stores in
            let migrators = (0..<8).map { _ in stores.migrator([Self.core, Self.funnels]) }
            let applied = try await withThrowingTaskGroup(of: [Migrator.PendingMigration].self) { group in
                for migrator in migrators { group.addTask { try await migrator.run() } }
                return try await group.reduce(into: []) { $0 += $1.map(\.id) }
            }
            #expect(applied.sorted() == Self.order.sorted())
            #expect(try await stores.ledger().count == 4)
        }
    }

    @Test("a failed migration is rolled back; earlier ones stay", arguments: ControlStoreEngine.all)
    func failure(engine: ControlStoreEngine) async throws {
        try await use(engine) { stores in
            let broken = (
                module: "goals",
                migrations: [Migration("001-create", on: .control, [Self.table("goals_one"), .statements { _ in ["CREATE nonsense"] }])]
            )
            let error = await #expect(throws: MigrationError.self) {
                try await stores.migrator([Self.core, broken]).run()
            }
            #expect(String(describing: error).contains("Migration 'goals/001-create' failed and was rolled back: "))
            let mended = (module: "goals", migrations: [Migration("001-create", on: .control, [Self.table("goals_one")])])
            let applied = try await stores.migrator([Self.core, mended]).run()
            #expect(applied.map(\.id) == ["goals/001-create", "core/002-facts"])
        }
    }

    @Test("rejects a database written by a newer version of Pulse", arguments: ControlStoreEngine.all)
    func newer(engine: ControlStoreEngine) async throws {
        try await use(engine) { stores in
            try await stores.migrator([Self.core]).run()
            let older = ("core", Array(Self.core.migrations.prefix(2)))
            let error = await #expect(throws: MigrationError.self) { try await stores.migrator([older]).run() }
            #expect(
                String(describing: error!) == """
                    The database was written by a newer version of Pulse: its ledger contains 'core/003-note', which \
                    this version doesn't know. Start the newer version, or restore a backup from before the upgrade.
                    """
            )
            await #expect(throws: MigrationError.self) { try await stores.migrator([older]).pending() }
        }
    }

    @Test("leaves alone the tables of modules this binary doesn't have")
    func unknownModule() async throws {
        try await use(ControlStoreEngine.all[0]) { stores in
            try await stores.migrator([Self.core, Self.funnels]).run()
            #expect(try await stores.migrator([Self.core]).run() == [])
        }
    }

    @Test("rejects a migration added before one that is already applied")
    func inserted() async throws {
        try await use(ControlStoreEngine.all[0]) { stores in
            try await stores.migrator([Self.core]).run()
            var migrations = Self.core.migrations
            migrations.insert(Migration("002-a-late-idea", on: .control, [Self.table("late")]), at: 1)
            let error = await #expect(throws: MigrationError.self) {
                try await stores.migrator([("core", migrations)]).run()
            }
            #expect(
                String(describing: error!) == """
                    Migration 'core/002-a-late-idea' was added before 'core/003-note', which has already been applied to the database. \
                    Migrations that have shipped never change; add the new one at the end, with a higher id.
                    """
            )
        }
    }

    @Test("rejects a history with duplicate or unsorted ids")
    func wrongHistory() async throws {
        try await use(ControlStoreEngine.all[0]) { stores in
            let one = Migration("001-a", on: .control, []), two = Migration("002-b", on: .events, [])
            let duplicate = await #expect(throws: MigrationError.self) {
                try await stores.migrator([("core", [one, one])]).pending()
            }
            #expect(String(describing: duplicate!) == "Two migrations have the id 'core/001-a'.")
            let unordered = await #expect(throws: MigrationError.self) {
                try await stores.migrator([("core", [two, one])]).run()
            }
            #expect(
                String(describing: unordered!) == """
                    Migration 'core/001-a' is listed after 'core/002-b'; a module's migrations must be listed in \
                    ascending order by id.
                    """
            )
        }
    }
}
