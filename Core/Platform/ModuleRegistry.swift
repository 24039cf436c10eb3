@_spi(Host) import Access
@_spi(Host) import Blobs
import Common
@_spi(Host) import Ingest
@_spi(Host) import Jobs
import Questions
@_spi(Host) import Storage

/// The modules of this host, after a check that they don't conflict with each other.
@_spi(Host) public struct ModuleRegistry: Sendable {
    /// All modules of the host, in the order in which they are listed.
    public let modules: [any AnalyticsModule]
    /// The routes of Pulse's own surface, each with the name of the module that the gate checks, or nil if there is none. The host's own
    /// routes come first.
    public let routes: [(module: String?, route: Route)]
    /// The surfaces that modules bring, each with its routes.
    public let surfaces: [(surface: any Surface, module: String, routes: [Route])]

    /// - Parameter hostRoutes: routes that don't come from a module: collection, administration and the host's own.
    /// - Throws: `RegistryErrors` with all conflicts, so that they can be fixed together.
    public init(modules: [any AnalyticsModule], hostRoutes: [(module: String?, route: Route)]) throws {
        self.modules = modules
        routes = hostRoutes + modules.filter { $0.surface == nil }.flatMap { module in module.routes.map { (module.name, $0) } }
        surfaces = modules.compactMap { module in module.surface.map { ($0, module.name, module.routes) } }
        let problems = Self.problems(modules, routes) + Self.surfaceProblems(modules)
        guard problems.isEmpty else { throw RegistryErrors(problems: problems) }
    }

    /// All collectors, each with the module that owns it.
    public var collectors: [EventPipeline.Registered] {
        modules.flatMap { module in module.collectors.map { EventPipeline.Registered(module: module.name, collector: $0) } }
    }

    /// All fact tables, those that all modules share first.
    public var factTables: [FactTable] { Self.factTables(of: modules) }

    /// All fact tables of a host with these modules. Their order gives tables their numbers in rows.
    public static func factTables(of modules: [any AnalyticsModule]) -> [FactTable] {
        [Activity.table, Activity.visitors] + modules.flatMap(\.factTables) + [SetAside.table]
    }

    /// The names under which Core keeps its own migrations, which no module can have.
    public static let reserved = ["access", "ingest", "activity", "blobs", "tasks"]

    /// All migrations, grouped by the module that owns them. The migrations of shared tables come first.
    public var migrations: [(module: String, migrations: [Migration])] { Self.migrations(of: modules) }

    /// The migrations of Core and of these modules, which have not been checked for conflicts.
    public static func migrations(of modules: [any AnalyticsModule]) -> [(module: String, migrations: [Migration])] {
        [
            ("access", AccessTables.migrations),
            (
                "ingest",
                IngestTables.migrations + VisitorIdentity.migrations + SetAside.migrations + Followers.migrations
                    + InstallationID.migrations
            ),
            ("activity", Activity.migrations), ("blobs", BlobStore.migrations),
            ("tasks", TaskTables.migrations),
        ] + modules.map { ($0.name, $0.migrations) }
    }

    /// The control tables of all modules that have rows about visitors.
    public var visitorTables: [VisitorTable] { Self.visitorTables(of: modules) }

    public static func visitorTables(of modules: [any AnalyticsModule]) -> [VisitorTable] {
        modules.flatMap { VisitorTable.all(in: $0.migrations) }
    }

    /// The manifests of all modules.
    public var manifests: [ModuleManifest] { modules.map { type(of: $0).manifest } }

    private static func problems(_ modules: [any AnalyticsModule], _ routes: [(module: String?, route: Route)]) -> [String] {
        var problems: [String] = []
        func reportClashes(_ what: String, _ entries: [(key: String, owner: String)]) {
            for (key, owners) in Dictionary(grouping: entries, by: \.key) where owners.count > 1 {
                problems.append("\(what) '\(key)' is claimed by \(owners.map(\.owner).sorted().joined(separator: " and ")).")
            }
        }
        reportClashes("Module name", modules.map { ($0.name, String(describing: type(of: $0))) })
        for name in modules.map(\.name) where reserved.contains(name) || name == "pulse" {
            problems.append("The module name '\(name)' is reserved for Core; choose another one.")
        }
        reportClashes("Payload type", modules.flatMap { module in module.collectors.map { ($0.type, module.name) } })
        let tables = modules.flatMap { module in module.factTables.map { ($0.name, module.name) } }
        reportClashes("Table", tables + [(Activity.table.name, "activity"), (Activity.visitors.name, "activity")])
        reportClashes("Dataset", modules.flatMap { module in module.datasets.map { ($0.name, module.name) } })
        let dimensions = modules.flatMap { module in module.dimensions.map { ($0.name, module.name) } }
        reportClashes("Dimension", dimensions + dimensions.filter { Filter.Dimension($0.0) != nil }.map { ($0.0, "activity") })
        reportClashes(
            "Kind of definition", modules.flatMap { module in module.definitionKinds.map { ("\(module.name)/\($0.name)", module.name) } })
        reportClashes("Page", modules.flatMap { module in module.pages.map { ($0.id, module.name) } })
        reportClashes("Route", routes.map { ("\($0.route.method) \($0.route.shape)", "\($0.module ?? "host") (\($0.route.path))") })
        for (table, module) in tables where !table.hasPrefix(module + "_") {
            problems.append("Table '\(table)' of module '\(module)' must be called '\(module)_...'.")
        }
        reportClashes("Script feature", modules.flatMap { module in type(of: module).scriptFeatures.map { ($0.name, module.name) } })
        for module in modules where !module.pages.isEmpty && module.texts["en"] == nil {
            problems.append("Module '\(module.name)' has pages but no English texts: add 'en' to its texts, from Web/en.js.")
        }
        let types = Set(modules.flatMap(\.collectors).map(\.type))
        for module in modules {
            for added in module.extensions where !types.contains(added.type) {
                problems.append("Module '\(module.name)' adds fields to payload type '\(added.type)', which no module collects.")
            }
        }
        let added = modules.flatMap { module in
            module.extensions.flatMap { added in added.fields.map { ("\(added.type).\($0.name)", module.name) } }
        }
        let own = modules.flatMap { module in
            module.collectors.flatMap { collector in collector.fields.map { ("\(collector.type).\($0.name)", module.name) } }
        }
        reportClashes("Field", added + own)
        let reasons = modules.flatMap { module in module.dropReasons.map { ($0.name, module.name) } }
        reportClashes("Drop reason", reasons + DropReason.core.map { ($0.name, "Core") })
        for module in modules {
            problems += VisitorTable.problems(in: module.migrations).map { "Module '\(module.name)': \($0)" }
        }
        problems += tableProblems("activity", [Activity.table, Activity.visitors], Activity.migrations)
        for module in modules {
            problems += tableProblems(module.name, module.factTables, module.migrations) + datasetProblems(module) + stepProblems(module)
        }
        return problems.sorted()
    }

    private static func surfaceProblems(_ modules: [any AnalyticsModule]) -> [String] {
        var problems: [String] = []
        for module in modules {
            let isSurface = type(of: module).manifest.category == .surface
            guard let surface = module.surface else {
                if isSurface { problems.append("Module '\(module.name)' has the category 'surface', but no surface.") }
                continue
            }
            if !isSurface { problems.append("Module '\(module.name)' brings a surface, so its category must be 'surface'.") }
            if surface.name != module.name { problems.append("The surface of module '\(module.name)' must have the module's name.") }
            let routes = Dictionary(grouping: module.routes) { "\($0.method) \($0.shape)" }
            for (route, owners) in routes where owners.count > 1 {
                problems.append("Route '\(route)' of surface '\(surface.name)' exists \(owners.count) times.")
            }
        }
        return problems
    }

    /// Compares the fact tables that a module declares with those that its migrations create, because rows are stored by the position of
    /// their columns. Otherwise the first event would stop all modules' events.
    private static func tableProblems(_ module: String, _ declared: [FactTable], _ migrations: [Migration]) -> [String] {
        var created: [String: [String]] = [:]
        for step in migrations.flatMap(\.steps) {
            switch step {
            case .createFactTable(let table): created[table.name] = table.allColumns.map(\.name)
            case .addColumn(let table, let column): created[table]?.append(column.name)
            case .createTable, .createIndex, .statements, .work: break
            }
        }
        let missing = Set(created.keys).subtracting(declared.map(\.name)).sorted().map {
            "Module '\(module)' creates fact table '\($0)' in a migration, but does not list it in its factTables. Add it there."
        }
        return missing
            + declared.compactMap { table in
                guard let columns = created[table.name] else {
                    return
                        "Fact table '\(table.name)' of module '\(module)' is created by none of its migrations. Add createFactTable to one."
                }
                guard columns != table.allColumns.map(\.name) else { return nil }
                return
                    "Fact table '\(table.name)' of module '\(module)' has the columns \(table.allColumns.map(\.name).joined(separator: ", ")), "
                    + "but its migrations create \(columns.joined(separator: ", ")). A new column goes last, in a new migration with addColumn."
            }
    }

    private static func stepProblems(_ module: any AnalyticsModule) -> [String] {
        func isName(_ name: String) -> Bool {
            (1...64).contains(name.utf8.count)
                && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") }
        }
        let names = module.ingestSteps.map(\.name)
        var problems = names.filter { !isName($0) }.map {
            "Ingest step '\($0)' of module '\(module.name)' must have a name of 1 to 64 lowercase letters, digits and underscores."
        }
        problems += Set(names.filter { name in names.count { $0 == name } > 1 }).map {
            "Module '\(module.name)' has two ingest steps called '\($0)'."
        }
        for reason in module.dropReasons {
            if !reason.name.hasPrefix(module.name + "_") || !isName(reason.name) {
                problems.append("Drop reason '\(reason.name)' of module '\(module.name)' must be called '\(module.name)_...'.")
            }
            let missing = Set(type(of: module).manifest.summaries.keys).union(["en"]).subtracting(reason.words.keys).sorted()
            if !missing.isEmpty {
                problems.append(
                    "Drop reason '\(reason.name)' of module '\(module.name)' lacks words in: \(missing.joined(separator: ", ")).")
            }
        }
        return problems
    }

    private static func datasetProblems(_ module: any AnalyticsModule) -> [String] {
        module.datasets.flatMap { dataset -> [String] in
            guard let table = module.factTables.first(where: { $0.name == dataset.name }) else {
                // A scope makes these of all activity.
                guard !["pageviews", "events", "sessions"].contains(dataset.name) else { return [] }
                return ["Module '\(module.name)' has a dataset '\(dataset.name)', but no fact table of that name."]
            }
            let columns = Set(table.allColumns.map(\.name))
            return dataset.columns.map(\.name).filter { !columns.contains($0) }.map {
                "Dataset '\(dataset.name)' of module '\(module.name)' lists the column '\($0)', but its fact table has no such column."
            }
        }
    }
}

extension AnalyticsModule {
    /// The reasons for which the module's steps drop events, each once.
    @_spi(Host) public var dropReasons: [DropReason] {
        ingestSteps.flatMap(\.reasons).reduce(into: []) { all, reason in if !all.contains(reason) { all.append(reason) } }
    }
}

/// Conflicts between modules.
@_spi(Host) public struct RegistryErrors: Error, CustomStringConvertible {
    /// One sentence per conflict, sorted.
    public let problems: [String]
    public var description: String { problems.joined(separator: "\n") }
}
