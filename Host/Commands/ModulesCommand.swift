import ArgumentParser
import Foundation
import Platform
import Settings
import Storage

/// `pulse modules`: what this binary can do, and what the configuration makes of it.
struct ModulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "modules", abstract: "List the modules with what new projects may do with them.")

    @OptionGroup var options: ConfigurationOptions
    @Flag(name: .long, help: "Print JSON.")
    var json = false

    @Option(name: .long, help: "Instead, write each module's page of the documentation into this folder, and the list beside it.")
    var pages: String?

    func run() async throws {
        if let pages { return try writePages(pages) }
        let settings = try options.load().modules
        let modules = try ModuleList.all.map { type in
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

    private func writePages(_ folder: String) throws {
        umask(0o022)  // pages are for everybody
        let modules = try ModuleList.load(HostConfiguration.parse("", knownModules: ModuleList.names).modules)
        for module in modules {
            let file = "\(folder)/\(module.name).md"
            let old = try? String(contentsOfFile: file, encoding: .utf8)
            try ModulePage(module: module).text(keeping: old).write(toFile: file, atomically: true, encoding: .utf8)
        }
        try ModulePage.index(modules).write(toFile: folder + ".md", atomically: true, encoding: .utf8)
    }

    private struct Shown: Encodable {
        let name: String, category: String, summary: String
        /// Whether this host has it at all.
        let loaded: Bool
        /// What new projects may do with it: off, read, write or all.
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
                case .addColumn, .createIndex, .statements: nil
                }
            }
            tables = Set(created + module.factTables.map(\.name)).sorted()
        }
    }
}
