import Core
@_spi(Host) import Settings
@_spi(Host) import Storage

/// The modules that a program contains. The `pulse` program lists its modules in the target `AllModules`. Tests list only
/// the modules that they need.
public struct ModuleList: Sendable {
    /// The modules' types, in the order in which the modules are loaded.
    public let types: [any AnalyticsModule.Type]

    public init(_ types: [any AnalyticsModule.Type]) { self.types = types }

    /// The module list of the running program. Set it once, around all other code:
    ///
    ///     await ModuleList.$current.withValue(.all) { await PulseCommand.main() }
    @TaskLocal public static var current = ModuleList([])

    /// The names of the modules, in the order of `types`.
    public var names: [String] { types.map { $0.manifest.name } }

    /// The names of the modules that bring a surface.
    public var surfaces: [String] { types.filter { $0.manifest.category == .surface }.map { $0.manifest.name } }

    /// Creates every module with its default settings, those of surfaces included.
    @_spi(Host) public func load() throws -> [any AnalyticsModule] { try load(HostConfiguration.parse("", knownModules: names).modules) }

    /// The tables that the numbers in rows may mean that were written before each segment of the journal said so: those of `modules`, or of
    /// all modules if the configuration has been changed since. Modules that came later are not among them. For the first start after an
    /// upgrade from such a version that was killed.
    static func tablesBeforeHeadings(_ modules: [any AnalyticsModule]) throws -> [[FactTable]] {
        let lists = try [modules, current.load()].map { modules in
            [Activity.table, Activity.visitors] + modules.filter { modulesBeforeHeadings.contains($0.name) }.flatMap(\.factTables)
        }
        return lists[0] == lists[1] ? [lists[0]] : lists
    }

    /// The modules of that version.
    private static let modulesBeforeHeadings: Set<String> = [  // exact: module names come from our own source
        "bi", "cohorts", "core", "dashboards", "error_tracking", "funnels", "goals", "identity", "logs", "outlinks", "paths", "retention",
        "revenue", "scroll", "search", "segments", "utm", "webvitals",
    ]

    /// The mistakes in the settings of the modules that the configuration loads.
    func errors(in settings: ModulesSettings) -> [ConfigurationError] {
        do { _ = try load(settings) } catch let found as ConfigurationErrors { return found.errors } catch {}
        return []
    }

    /// Creates the modules that the configuration loads.
    /// - Throws: `ConfigurationErrors` that lists all errors in the modules' settings.
    @_spi(Host) public func load(_ settings: ModulesSettings) throws -> [any AnalyticsModule] {
        var errors: [ConfigurationError] = []
        let modules: [any AnalyticsModule] = try types.compactMap { type in
            guard settings.loads(type.manifest.name) else { return nil }
            do { return try type.init(ModuleSetup(settings: settings.settings(of: type.manifest.name))) } catch let found
                as ConfigurationErrors
            {
                errors += found.errors
                return nil
            }
        }
        guard errors.isEmpty else { throw ConfigurationErrors(errors) }
        return modules
    }
}
