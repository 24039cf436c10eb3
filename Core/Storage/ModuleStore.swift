import Common
import Synchronization

/// The control plane as a module sees it: its own tables, and no others.
///
/// A statement that names a table of Core or of another module throws, wherever the name is. What others own is reached through Core: a
/// definition through its `Resource`, a project through the directory.
public struct ModuleStore: ControlStore {
    private let base: any ControlStore
    private let tables: ControlTables
    private let module: String

    @_spi(Host) public init(_ base: any ControlStore, _ tables: ControlTables, module: String) {
        self.base = base
        self.tables = tables
        self.module = module
    }

    public var dialect: Dialect { base.dialect }

    public func read(_ statement: SQL) async throws -> Rows {
        try tables.check(statement, of: module)
        return try await base.read(statement)
    }

    public func write<Result: Sendable>(
        _ body: @escaping @Sendable (any ControlTransaction) async throws -> Result
    ) async throws -> Result {
        let last = Mutex<ModuleTransaction?>(nil)
        let result = try await base.write { [tables, module] base in
            let transaction = ModuleTransaction(base, tables, module: module)
            last.withLock { $0 = transaction }
            return try await body(transaction)
        }
        for action in last.withLock({ $0 })?.actions ?? [] { await action() }
        return result
    }
}

/// A transaction of a module's store.
private final class ModuleTransaction: ControlTransaction {
    let base: any ControlTransaction
    private let tables: ControlTables
    private let module: String
    private let afterwards = Mutex<[@Sendable () async -> Void]>([])

    init(_ base: any ControlTransaction, _ tables: ControlTables, module: String) {
        self.base = base
        self.tables = tables
        self.module = module
    }

    var actions: [@Sendable () async -> Void] { afterwards.withLock { $0 } }

    func run(_ statement: SQL) async throws -> Rows {
        try tables.check(statement, of: module)
        return try await base.run(statement)
    }

    func add(_ action: @escaping @Sendable () async -> Void) { afterwards.withLock { $0.append(action) } }
}

extension ControlTransaction {
    /// This transaction over all tables, also if it is one of a module's store. For what Core writes together with a module's change.
    @_spi(Host) public var whole: any ControlTransaction { (self as? ModuleTransaction)?.base ?? self }

    /// Runs `action` once the transaction is committed. Only transactions of a module's store do that; for others nothing happens.
    @_spi(Host) public func afterCommit(_ action: @escaping @Sendable () async -> Void) { (self as? ModuleTransaction)?.add(action) }
}

/// The tables of the control plane, each with the module that owns it, from the migrations that create them.
@_spi(Host) public final class ControlTables: Sendable {
    private let owners: [String: String]
    /// What `check` found in recent statements, by module and text.
    private let known = Mutex<[Statement: String?]>([:])
    private static let maximumKnown = 2_000

    private struct Statement: Hashable {
        let module: ExactText
        let text: ExactText
    }

    public init(_ histories: [(module: String, migrations: [Migration])] = []) {
        // exact: tables and modules are named in our source
        var owners: [String: String] = [:]
        for (module, migrations) in histories {
            for case .createTable(let table) in migrations.flatMap(\.steps) { owners[table.name] = module }
        }
        self.owners = owners
    }

    /// - Throws: `ForeignTable` if the statement names a table that `module` doesn't own.
    func check(_ statement: SQL, of module: String) throws {
        let key = Statement(module: ExactText(module), text: ExactText(statement.statementText))
        let foreign: String?
        if let found = known.withLock({ $0[key] }) {
            foreign = found
        } else {
            foreign = self.foreign(in: statement, to: module)
            known.withLock { known in
                if known.count >= Self.maximumKnown { known.removeAll() }
                known[key] = .some(foreign)
            }
        }
        if let foreign { throw ForeignTable(module: module, table: foreign, owner: owners[foreign]) }
    }

    /// A table that the statement names and `module` doesn't own. Tables that no migration creates belong to nobody.
    private func foreign(in statement: SQL, to module: String) -> String? {
        let used = statement.tables.filter { owners[$0] != module }
        // A name that isn't in a place where tables are named, such as one in quotes.
        let named = statement.words.filter { owners[$0].map { $0 != module } ?? false }
        return used.union(named).min()
    }
}

/// A statement of a module's store that names a table of another owner: a mistake in the module's source.
public struct ForeignTable: Error, CustomStringConvertible {
    let module: String
    let table: String
    let owner: String?

    public var description: String {
        "A statement of module '\(module)' names '\(table)', which "
            + (owner.map { "belongs to '\($0)'. Use what Core offers for it." }
                ?? "none of the module's migrations creates. Correct the name, or add the table to a migration.")
    }
}
