@_spi(Host) import Common

/// Migrates the tables of both planes to the schema that this binary expects.
///
/// Each store has its own ledger of applied migrations, `migrations_ledger`. A migration's statements and its row in the
/// ledger are one transaction: a crash leaves both or neither, and the next start continues from there.
/// Several hosts may start at once: the one that writes the row first does the work, the others find it done.
@_spi(Host) public struct Migrator: Sendable {
    /// A migration with its statements for the store's engine.
    public struct PendingMigration: Sendable, Equatable, CustomStringConvertible {
        /// With its module's name: `core/001-create`.
        public let id: String
        public let plane: Migration.Plane
        /// In order.
        public let statements: [String]

        public var description: String { id }
    }

    private let history: [Entry]
    private let planes: [any LedgerStore]
    private let time: any TimeSource

    /// - Parameter modules: each module's whole history, oldest first. A module that is left out keeps its tables as they
    ///   are; migrations that it missed are applied when it is back.
    public init(
        control: any ControlStore, events: any EventStore, modules: [(module: String, migrations: [Migration])],
        time: any TimeSource = SystemTime()
    ) {
        history = modules.flatMap { module in module.migrations.map { Entry(module: module.module, migration: $0) } }
        planes = [ControlLedger(store: control), EventLedger(store: events)]
        self.time = time
    }

    /// What `run` would apply, in order: first control, then events; in each, modules in the order given.
    /// Changes nothing.
    /// - Throws: `MigrationError` if this binary's history is invalid (a duplicate id, or ids out of order), or doesn't
    ///   match the ledger.
    public func pending() async throws -> [PendingMigration] {
        try Self.check(history)
        var all: [PendingMigration] = []
        for plane in planes { all += try await pending(on: plane).map { $0.rendered(for: plane.dialect) } }
        return all
    }

    /// Applies pending migrations, and returns those that this call applied, without those that another host applied in the meantime.
    /// - Throws: `MigrationError`, like `pending`, and if a migration fails. Migrations before it stay applied.
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

    /// Applies a migration. Returns false if another host did.
    private func apply(_ entry: Entry, on plane: any LedgerStore) async throws -> Bool {
        // The ledger's row comes first: if another host has written it, this transaction fails before it changes a table.
        let ledgerRow: SQL = """
            INSERT INTO migrations_ledger (id, plane, applied_at)
            VALUES (\(entry.id), \(plane.plane.rawValue), \(time.now.milliseconds))
            """
        do {
            try await plane.change(Self.lock(plane.dialect) + [ledgerRow] + entry.statements(for: plane.dialect))
            return true
        } catch {
            // Whatever the engine's error was, the work is done if the row is there.
            if let ledger = try? await ledger(of: plane), ledger.contains(entry.id) { return false }
            throw MigrationError.failed(entry.id, error)
        }
    }

    private func pending(on plane: any LedgerStore) async throws -> [Entry] {
        let applied = try await ledger(of: plane)
        let entries = history.filter { $0.migration.plane == plane.plane }
        try Self.check(applied, against: entries, modules: Set(history.map(\.module)))
        return entries.filter { !applied.contains($0.id) }
    }

    /// The ids in the store's ledger; empty if it has no ledger yet.
    private func ledger(of plane: any LedgerStore) async throws -> Set<String> {
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
        // On the server profile both planes are one database and share the table.
        let rows = try await plane.read("SELECT id FROM migrations_ledger WHERE plane = \(plane.plane.rawValue)")
        // exact: migrations are named in Pulse's source
        return Set(rows.map { $0.text("id") })
    }

    /// On PostgreSQL one host at a time changes the schema; the lock ends with its transaction. The embedded engines
    /// have one writer anyway.
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
        // Migrations of a module that this binary doesn't have are ignored.
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

/// Why the tables can't be migrated. Each of these keeps Pulse from starting.
@_spi(Host) public enum MigrationError: Error, CustomStringConvertible {
    /// The history is invalid: a duplicate id, or ids out of order.
    case duplicate(String)
    case unordered(String, after: String)
    /// The ledger holds migrations that this binary doesn't know.
    case newer([String])
    /// A migration was added before one that is already applied.
    case inserted(String, before: String)
    case failed(String, any Error)

    public var description: String {
        switch self {
        case .duplicate(let id): "Two migrations have the id '\(id)'."
        case .unordered(let id, let before):
            "Migration '\(id)' is listed after '\(before)'; a module's migrations are listed in ascending order of their ids."
        case .newer(let ids):
            """
            The database was written by a newer Pulse: its ledger holds \(ids.map { "'\($0)'" }.joined(separator: ", ")), \
            which this one doesn't know. Start the newer version, or restore a backup from before the upgrade.
            """
        case .inserted(let id, let later):
            """
            Migration '\(id)' was added before '\(later)', which the database already has. Shipped history never \
            changes; add it at the end, with a higher id.
            """
        case .failed(let id, let error): "Migration '\(id)' failed and was undone: \(error)"
        }
    }
}

/// What the migrator needs from a store, the same for both planes.
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
