import Core
import Foundation
@testable import Host
import Settings
import Testing

/// Folders, package, host's list and documentation name the same modules.
@Suite("Modules of the binary")
struct ModulePagesTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    private static func modules() throws -> [any AnalyticsModule] {
        try ModuleList.load(HostConfiguration.parse("", knownModules: ModuleList.names).modules)
    }

    @Test("every folder in Modules is one of the binary's modules, and the list is in order")
    func folders() throws {
        // A folder without Swift holds a page of the dashboard for a module to come.
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.root + "/Modules").filter { folder in
            try FileManager.default.contentsOfDirectory(atPath: "\(Self.root)/Modules/\(folder)").contains { $0.hasSuffix(".swift") }
        }
        let types = ModuleList.all.map { String(describing: $0) }
        #expect(Set(folders.map { $0 + "Module" }) == Set(types))
        #expect(ModuleList.names == ModuleList.names.sorted())
    }

    @Test("every module says in the dashboard's languages what it is, and names its pages and filters")
    func words() throws {
        for module in try Self.modules() {
            let words = [type(of: module).manifest.summaries] + module.pages.map(\.titles) + module.dimensions.map(\.titles)
            for word in words { #expect(word.keys.sorted() == ["de", "en"] && !word.values.contains(""), "\(module.name)") }
        }
    }

    @Test("docs/modules says what the modules say: make docs")
    func pages() throws {
        let modules = try Self.modules(), folder = Self.root + "/docs/modules"
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(Set(files) == Set(modules.map { $0.name + ".md" }))
        for module in modules {
            let page = try String(contentsOfFile: "\(folder)/\(module.name).md", encoding: .utf8)
            #expect(ModulePage(module: module).text(keeping: page) == page, "\(module.name)")
        }
        #expect(try String(contentsOfFile: folder + ".md", encoding: .utf8) == ModulePage.index(modules))
    }
}
