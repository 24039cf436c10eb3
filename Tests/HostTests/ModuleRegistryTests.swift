import AllModules
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Platform
import TestSupport
import Testing
import TrafficModule

/// Mistakes of module authors that the registry rejects.
@Suite("Module registry", .modules(.all))
struct ModuleRegistryTests {
    /// A module with a page and a feature of the tracking script.
    private struct Shop: AnalyticsModule {
        static let manifest = ModuleManifest(name: "shop", category: .analysis, summaries: ["en": "A shop."])
        static let scriptFeatures = [ScriptFeature("outlinks", Array("export default () => {};".utf8))]

        var texts: [String: [UInt8]] = [:]
        var pages: [DashboardPage] { [DashboardPage("shop", titles: ["en": "Shop"], Array("export const show = () => {};".utf8))] }

        init(_ setup: ModuleSetup) {}
        init(texts: [String: [UInt8]]) { self.texts = texts }
    }

    private static let english = Array("export default { title: 'Shop' };".utf8)

    private static func problems(_ modules: [any AnalyticsModule]) throws -> String {
        do { _ = try ModuleRegistry(modules: modules, hostRoutes: []) } catch let errors as RegistryErrors { return errors.description }
        return ""
    }

    @Test("a module with pages needs English texts")
    func texts() throws {
        let core = try TrafficModule(ModuleSetup())
        #expect(try Self.problems([core, Shop(texts: ["en": Self.english])]) == "")
        let sentence = "Module 'shop' has pages but no English texts: add 'en' to its texts, from Web/en.js."
        #expect(try Self.problems([core, Shop(texts: [:])]) == sentence)
        #expect(try Self.problems([core, Shop(texts: ["de": Self.english])]) == sentence)
    }

    @Test("two modules can't have a script feature with the same name")
    func features() throws {
        let problems = try Self.problems(ModuleList.all.load() + [Shop(texts: ["en": Self.english])])
        #expect(problems == "Script feature 'outlinks' is claimed by outlinks and shop.")
    }

    /// A module whose declarations and migrations may contradict each other.
    private struct Visits: AnalyticsModule {
        static let manifest = ModuleManifest(name: "visits", category: .analysis, summaries: ["en": "Visits."])
        static let table = FactTable("visits_made", [Column("path", .text), Column("stars", .int64)])

        var factTables: [FactTable] = [Self.table]
        var migrations: [Migration] = []
        var datasets: [Dataset] = []

        init(_ setup: ModuleSetup) {}
        init(factTables: [FactTable] = [Self.table], migrations: [Migration], datasets: [Dataset] = []) {
            self.factTables = factTables
            self.migrations = migrations
            self.datasets = datasets
        }
    }

    @Test("fact tables are those that the migrations create, column by column")
    func tables() throws {
        let core = try TrafficModule(ModuleSetup()), table = Visits.table, columns = table.allColumns.map(\.name).joined(separator: ", ")
        let create = Migration("001-create", on: .events, [.createFactTable(table)])
        #expect(try Self.problems([core, Visits(migrations: [create])]) == "")
        #expect(
            try Self.problems([core, Visits(migrations: [])])
                == "Fact table 'visits_made' of module 'visits' is created by none of its migrations. Add createFactTable to one.")
        #expect(
            try Self.problems([core, Visits(factTables: [], migrations: [create])])
                == "Module 'visits' creates fact table 'visits_made' in a migration, but does not list it in its factTables. Add it there.")
        let first = Migration("001-create", on: .events, [.createFactTable(table.without(Column("stars", .int64)))])
        let second = Migration("002-stars", on: .events, [.addColumn(table: table.name, Column("stars", .int64))])
        #expect(try Self.problems([core, Visits(migrations: [first, second])]) == "")
        #expect(
            try Self.problems([core, Visits(migrations: [first])])
                == "Fact table 'visits_made' of module 'visits' has the columns \(columns), but its migrations create "
                + "\(columns.replacing(", stars", with: "")). A new column goes last, in a new migration with addColumn.")
    }

    @Test("a control table that names visitors must say so, and needs a project")
    func visitors() throws {
        let core = try TrafficModule(ModuleSetup())
        func problems(_ columns: [Column], adding added: Column? = nil) throws -> String {
            let table = Table("visits_notes", [Column("id", .text)] + columns, primaryKey: ["id"])
            let later = added.map { [Migration("002-more", on: .control, [.addColumn(table: table.name, $0)])] } ?? []
            return try Self.problems([
                core, Visits(factTables: [], migrations: [Migration("001-create", on: .control, [.createTable(table)])] + later),
            ])
        }
        let project = Column("project_id", .text)
        func silent(_ name: String) -> String {
            "Module 'visits': Table 'visits_notes' has the column '\(name)', but does not say that its rows are about visitors, so their export "
                + "and erasure would miss them. Make the column with Column.visitorID or Column.visitorKey, or give it another name."
        }
        #expect(try problems([project, Column("visitor_id", .text)]) == silent("visitor_id"))
        #expect(try problems([project], adding: Column("first_visitor", .int64, nullable: true)) == silent("first_visitor"))
        #expect(try problems([project, .visitorID()]) == "")
        #expect(try problems([project], adding: .visitorKey(nullable: true)) == "")
        #expect(
            try problems([.visitorKey()])
                == "Module 'visits': Table 'visits_notes' has rows about visitors, but no text column 'project_id', which tells whose visitors "
                + "they are.")
    }

    /// A module whose migrations would be taken for Core's own.
    private struct Access: AnalyticsModule {
        static let manifest = ModuleManifest(name: "access", category: .analysis, summaries: ["en": "Taken."])
        init(_ setup: ModuleSetup) {}
    }

    @Test("the names of Core's own migrations are reserved")
    func reserved() throws {
        let core = try TrafficModule(ModuleSetup())
        #expect(
            try Self.problems([core, Access(ModuleSetup())]) == "The module name 'access' is reserved for Core; choose another one.")
        // No migrations but those of modules have other names.
        let owners = Set(try ModuleRegistry(modules: [core], hostRoutes: []).migrations.map(\.module))
        #expect(owners == Set(ModuleRegistry.reserved + ["core"]))
    }

    @Test("datasets name fact tables of their module, and columns of those")
    func datasets() throws {
        let core = try TrafficModule(ModuleSetup()), create = Migration("001-create", on: .events, [.createFactTable(Visits.table)])
        let misspelt = [
            Dataset("visits_made", "Visits.", columns: [("path", "The page."), ("star", "Stars.")]),
            Dataset("visit_made", "Visits.", columns: [("path", "The page.")]),
        ]
        #expect(
            try Self.problems([core, Visits(migrations: [create], datasets: misspelt)]) == """
                Dataset 'visits_made' of module 'visits' lists the column 'star', but its fact table has no such column.
                Module 'visits' has a dataset 'visit_made', but no fact table of that name.
                """)
    }

    @Test("English texts are served for a language that a module lacks")
    func languages() throws {
        let files = DashboardFiles([Shop(texts: ["en": Self.english])], sources: nil)
        #expect(files.contents(of: "shop.en.js") == Self.english)
        #expect(files.contents(of: "shop.de.js") == Self.english)
        #expect(files.contents(of: "shop.fr.js") == nil)
    }
}
