@_spi(Host) import Common

/// Migrates the tables of both planes to the schema that this binary expects.
///
/// Each store has a ledger of applied migrations, `migrations_ledger`. A migration's statements and its row in the ledger are written in
/// one transaction. A crash leaves both or neither, and the next start continues from there. Several hosts may start at the same time: the
/// host that writes the ledger row first does the work, and the others find it done.
@_spi(Host) public struct Migrator: Sendable {
    /// A migration, with its statements for the store's engine.
    public struct PendingMigration: Sendable, Equatable, CustomStringConvertible {
        /// The migration's id, with the module's name: `core/001-create`.
        public let id: String
        public let plane: Migration.Plane
        /// The statements, in order.
        public let statements: [String]

        public var description: String { id }
    }

    private let history: [Entry]
    private let planes: [any LedgerStore]
    private let time: any TimeSource
    private let work: @Sendable (_ module: String) -> any MigrationWork

    /// - Parameters:
    ///   - work: what the work of a module's migrations may use.
    ///   - modules: the complete history of each module, oldest first. The tables of a module that is left out stay as they are.
    ///     Migrations that it missed are applied once it is included again.
    public init(
        control: any ControlStore, events: any EventStore, modules: [(module: String, migrations: [Migration])],
        time: any TimeSource = SystemTime(), work: @escaping @Sendable (_ module: String) -> any MigrationWork
    ) {
        self.work = work
        history = modules.flatMap { module in module.migrations.map { Entry(module: module.module, migration: $0) } }
        planes = [ControlLedger(store: control), EventLedger(store: events)]
        self.time = time
    }

    /// The migrations that `run` would apply, in order: control plane first, event plane second, and modules in the given order within
    /// each. Changes nothing.
    /// - Throws: `MigrationError` if this binary's history is invalid (a duplicate id, or ids out of order) or doesn't match the ledger.
    public func pending() async throws -> [PendingMigration] {
        try Self.check(history)
        var all: [PendingMigration] = []
        for plane in planes { all += try await pending(on: plane).map { $0.rendered(for: plane.dialect) } }
        return all
    }

    /// Applies pending migrations. Returns those that this call applied, which excludes any that another host applied in the meantime.
    /// - Throws: `MigrationError` for the same reasons as `pending`, and if a migration fails. The migrations applied before it stay
    ///   applied.
    @discardableResult
    public func run() async throws -> [PendingMigration] {
        try Self.check(history)
        var applied: [PendingMigration] = []
        for plane in planes {
            let pending = try await pending(on: plane)
            if !pending.isEmpty { try await createLedger(on: plane) }
            for entry in pending where try await apply(entry, on: plane) {
                applied.append(entry.rendered(for: plane.dialect))
            }
        }
        return applied
    }

    private func createLedger(on plane: any LedgerStore) async throws {
        try await plane.change(
            Self.lock(plane.dialect) + [
                """
                CREATE TABLE IF NOT EXISTS migrations_ledger \
                (id TEXT NOT NULL PRIMARY KEY, plane TEXT NOT NULL, applied_at BIGINT NOT NULL)
                """
            ])
    }

    /// Applies a migration. Returns false if another host has applied it.
    private func apply(_ entry: Entry, on plane: any LedgerStore) async throws -> Bool {
        // The ledger row is written first. If another host has written it, this transaction fails before it changes any table.
        let ledgerRow: SQL = """
            INSERT INTO migrations_ledger (id, plane, applied_at)
            VALUES (\(entry.id), \(plane.plane.rawValue), \(time.now.milliseconds))
            """
        do {
            for case .work(let body) in entry.migration.steps { try await body(work(entry.module)) }
            try await plane.change(Self.lock(plane.dialect) + [ledgerRow] + entry.statements(for: plane.dialect))
            return true
        } catch {
            // Regardless of the error, the migration is done if its ledger row exists.
            if let ledger = try? await Self.ledger(of: plane), ledger.contains(entry.id) { return false }
            throw MigrationError.failed(entry.id, error)
        }
    }

    private func pending(on plane: any LedgerStore) async throws -> [Entry] {
        let applied = try await Self.ledger(of: plane)
        let entries = history.filter { $0.migration.plane == plane.plane }
        try Self.check(applied, against: entries, modules: Set(history.map(\.module)))
        return entries.filter { !applied.contains($0.id) }
    }

    /// The ids of all migrations that have been applied to the stores, with the modules' names: `core/001-create`. Other hosts, and other
    /// versions of Pulse, may have applied some that this program doesn't know.
    public static func applied(control: any ControlStore, events: any EventStore) async throws -> Set<String> {
        try await ledger(of: ControlLedger(store: control)).union(ledger(of: EventLedger(store: events)))
    }

    /// The ids in the store's ledger. Empty if the store has no ledger yet.
    private static func ledger(of plane: any LedgerStore) async throws -> Set<String> {
        let tables: SQL =
            switch plane.dialect {
            case .sqlite: "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'migrations_ledger'"
            case .duckdb, .postgresql:
                """
                SELECT table_name FROM information_schema.tables
                WHERE table_name = 'migrations_ledger' AND table_schema = current_schema()
                """
            }
        guard try await !plane.read(tables).isEmpty else { return [] }
        // The planes share this table if both are in the same database and schema.
        let rows = try await plane.read("SELECT id FROM migrations_ledger WHERE plane = \(plane.plane.rawValue)")
        // exact: migrations are named in Pulse's source
        return Set(rows.map { $0.text("id") })
    }

    /// Statements that let only one host at a time change the schema on PostgreSQL. The lock ends with the transaction. The embedded
    /// engines have a single writer and need no lock.
    private static func lock(_ dialect: Dialect) -> [SQL] {
        dialect == .postgresql ? ["SELECT pg_advisory_xact_lock(\(sql: "345567425381"))"] : []  // "Pulse" in ASCII
    }
}

extension Migrator {
    private struct Entry: Sendable {
        let module: String
        let migration: Migration
        var id: String { "\(module)/\(migration.id)" }

        func statements(for dialect: Dialect) -> [SQL] { migration.steps.flatMap { $0.statements(for: dialect) } }

        func rendered(for dialect: Dialect) -> PendingMigration {
            PendingMigration(
                id: id, plane: migration.plane, statements: statements(for: dialect).map { $0.rendered(for: dialect).text }
            )
        }
    }

    private static func check(_ history: [Entry]) throws {
        var seen: Set<String> = [], last: [String: Entry] = [:]
        for entry in history {
            guard seen.insert(entry.id).inserted else { throw MigrationError.duplicate(entry.id) }
            if let before = last[entry.module], before.migration.id > entry.migration.id {
                throw MigrationError.unordered(entry.id, after: before.id)
            }
            last[entry.module] = entry
        }
    }

    private static func check(_ applied: Set<String>, against entries: [Entry], modules: Set<String>) throws {
        // The ledger may have migrations of modules that this binary doesn't have. These are ignored.
        let known = Set(entries.map(\.id))
        let unknown = applied.filter { id in !known.contains(id) && modules.contains { id.hasPrefix($0 + "/") } }
        if !unknown.isEmpty { throw MigrationError.newer(unknown.sorted()) }

        var waiting: [String: String] = [:]
        for entry in entries {
            if !applied.contains(entry.id) {
                waiting[entry.module] = waiting[entry.module] ?? entry.id
            } else if let inserted = waiting[entry.module] {
                throw MigrationError.inserted(inserted, before: entry.id)
            }
        }
    }
}

/// Why the tables can't be migrated. Any of these errors keeps Pulse from starting.
@_spi(Host) public enum MigrationError: Error, CustomStringConvertible {
    /// The history is invalid: a duplicate id, or ids out of order.
    case duplicate(String)
    case unordered(String, after: String)
    /// The ledger has migrations that this binary doesn't know.
    case newer([String])
    /// A migration was inserted before one that has been applied.
    case inserted(String, before: String)
    case failed(String, any Error)

    public var description: String {
        switch self {
        case .duplicate(let id): "Two migrations have the id '\(id)'."
        case .unordered(let id, let before):
            "Migration '\(id)' is listed after '\(before)'; a module's migrations must be listed in ascending order by id."
        case .newer(let ids):
            """
            The database was written by a newer version of Pulse: its ledger contains \(ids.map { "'\($0)'" }.joined(separator: ", ")), \
            which this version doesn't know. Start the newer version, or restore a backup from before the upgrade.
            """
        case .inserted(let id, let later):
            """
            Migration '\(id)' was added before '\(later)', which has already been applied to the database. Migrations \
            that have shipped never change; add the new one at the end, with a higher id.
            """
        case .failed(let id, let error): "Migration '\(id)' failed and was rolled back: \(error)"
        }
    }
}

/// The functions that the migrator needs from either plane's store.
private protocol LedgerStore: Sendable {
    var plane: Migration.Plane { get }
    var dialect: Dialect { get }
    func read(_ statement: SQL) async throws -> Rows
    /// Runs all statements in one transaction.
    func change(_ statements: [SQL]) async throws
}

private struct ControlLedger: LedgerStore {
    let store: any ControlStore
    let plane = Migration.Plane.control
    var dialect: Dialect { store.dialect }

    func read(_ statement: SQL) async throws -> Rows { try await store.read(statement) }

    func change(_ statements: [SQL]) async throws {
        try await store.write { transaction in
            for statement in statements { try await transaction.run(statement) }
        }
    }
}

private struct EventLedger: LedgerStore {
    let store: any EventStore
    let plane = Migration.Plane.events
    var dialect: Dialect { store.dialect }

    func read(_ statement: SQL) async throws -> Rows { try await store.query(statement, timeoutSeconds: 60) }
    func change(_ statements: [SQL]) async throws { try await store.change(statements) }
}
