import Core
@_spi(Host) import Ingest
@_spi(Host) import Platform
@_spi(Host) import Storage

/// The tables with visitors' data that the stores have: those of every module of the program, also of modules that the configuration doesn't
/// load, or that another host of the same stores loads. Export, erasure and retention cover all of them.
///
/// The ledger of migrations tells what the stores have. It is read each time, because another host may have started with more modules.
struct StoredTables: Sendable {
    let control: any ControlStore
    let events: any EventStore
    /// The modules of the program, in its order, each with whether this host loads it.
    private let modules: [(module: any AnalyticsModule, isLoaded: Bool)]

    /// - Parameter loaded: the modules that this host loads. Others have their default settings.
    init(of loaded: [any AnalyticsModule], control: any ControlStore, events: any EventStore) throws {
        self.control = control
        self.events = events
        let known = try ModuleList.current.load()
        modules =
            known.map { module in loaded.first { $0.name == module.name }.map { ($0, true) } ?? (module, false) }
            + loaded.filter { module in !known.contains { $0.name == module.name } }.map { ($0, true) }
    }

    struct Found: Sendable {
        /// All fact tables, those of Core among them.
        let facts: [FactTable]
        /// The modules' control tables with rows about visitors.
        let visitors: [VisitorTable]
        // exact: modules are named in our source
        fileprivate let byModule: [String: [FactTable]]

        /// The fact tables of a module, by their names.
        func facts(of module: String) -> [FactTable] { (byModule[module] ?? []).sorted { $0.name < $1.name } }
    }

    func find() async throws -> Found {
        let applied = try await Migrator.applied(control: control, events: events)
        var facts: [(module: String, tables: [FactTable])] = [], visitors: [VisitorTable] = []
        for (module, isLoaded) in modules {
            // What a loaded module needs was applied at the start.
            let migrations = isLoaded ? module.migrations : module.migrations.filter { applied.contains("\(module.name)/\($0.id)") }
            facts.append((module.name, isLoaded ? module.factTables : Self.tables(module.factTables, in: migrations)))
            visitors += VisitorTable.all(in: migrations)
        }
        return Found(
            facts: [Activity.table, Activity.visitors] + facts.flatMap(\.tables) + [SetAside.table], visitors: visitors,
            byModule: Dictionary(facts.map { ($0.module, $0.tables) }) { first, _ in first })
    }

    /// The tables and columns among `tables` that the migrations create. Columns are missing if Pulse was upgraded while the module was off.
    private static func tables(_ tables: [FactTable], in migrations: [Migration]) -> [FactTable] {
        // exact: tables are named in our source
        var columns: [String: Set<String>] = [:]
        for step in migrations.filter({ $0.plane == .events }).flatMap(\.steps) {
            switch step {
            case .createFactTable(let table): columns[table.name] = Set(table.columns.map(\.name))
            case .addColumn(let table, let column): columns[table]?.insert(column.name)
            case .createTable, .createIndex, .statements, .work: break
            }
        }
        return tables.compactMap { table in
            columns[table.name].map { columns in FactTable(table.name, table.columns.filter { columns.contains($0.name) }) }
        }
    }
}
