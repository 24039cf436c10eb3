import ArgumentParser
import Foundation
import Platform
@_spi(Host) import Settings
import Storage

/// `pulse modules`: lists the modules in this binary, and how they are configured.
struct ModulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modules", abstract: "List the modules and their access level in new projects.")

    @OptionGroup var options: ConfigurationOptions
    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @Option(
        name: .long,
        help: "Instead, write the modules' documentation pages and their index, docs/modules.md, in the repository at this path.")
    var pages: String?

    func run() async throws {
        if let pages { return try writePages(pages) }
        let settings = try options.load().modules
        let modules = try ModuleList.current.types.map { type in
            let setup = ModuleSetup(settings: settings.settings(of: type.manifest.name))
            do { return Shown(try type.init(setup), settings) } catch { throw CommandError(error) }
        }
        if json { return try StandardOutput.json(modules) }
        var columns = Columns("module", "category", "state", "routes", "tables", "summary")
        for module in modules {
            columns.add(
                module.name, module.category, module.loaded ? module.access : "not loaded", "\(module.routes)", "\(module.tables.count)",
                module.summary)
        }
        print(columns.text)
    }

    private func writePages(_ root: String) throws {
        try ModuleTemplate.requireRepository(root, option: "--pages FOLDER")
        umask(0o022)  // everyone may read the pages
        let modules = try ModuleList.current.load()
        for module in modules {
            let file = "\(root)/\(ModulePage.path(of: module))"
            let old = try? String(contentsOfFile: file, encoding: .utf8)
            try ModulePage(module: module).text(keeping: old).write(toFile: file, atomically: true, encoding: .utf8)
        }
        try ModulePage.index(modules).write(toFile: root + "/docs/modules.md", atomically: true, encoding: .utf8)
    }

    private struct Shown: Encodable {
        let name: String, category: String, summary: String
        /// Whether this host loads the module.
        let loaded: Bool
        /// The module's access level in new projects: off, read, write or all.
        let access: String
        let routes: Int
        let tables: [String]

        init(_ module: any AnalyticsModule, _ settings: ModulesSettings) {
            let manifest = type(of: module).manifest
            name = manifest.name
            category = manifest.category.rawValue
            summary = manifest.summary
            loaded = settings.loads(name)
            access = settings.level(of: name).rawValue
            routes = module.routes.count
            let created = module.migrations.flatMap(\.steps).compactMap { step in
                switch step {
                case .createTable(let table): table.name
                case .createFactTable(let table): table.name
                case .addColumn, .createIndex, .statements, .work: nil
                }
            }
            tables = Set(created + module.factTables.map(\.name)).sorted()
        }
    }
}
