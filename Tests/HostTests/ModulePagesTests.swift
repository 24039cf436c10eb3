import AllModules
import Core
import Foundation
@_spi(Host) @testable import Host
@_spi(Host) import Settings
import Testing
import TestSupport

/// The folders, the host's list and the documentation have the same modules.
@Suite("Modules of the binary", .modules(.all))
struct ModulePagesTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    private static func modules() throws -> [any AnalyticsModule] {
        try ModuleList.all.load()
    }

    @Test("every folder in Modules is one of the binary's modules, and the list is sorted")
    func folders() throws {
        // A folder without Swift files contains only a dashboard page for a future module.
        let folders = try FileManager.default.contentsOfDirectory(atPath: Self.root + "/Modules").filter { folder in
            try FileManager.default.contentsOfDirectory(atPath: "\(Self.root)/Modules/\(folder)").contains { $0.hasSuffix(".swift") }
        }
        let types = ModuleList.all.types.map { String(describing: $0) }
        #expect(Set(folders.map { $0 + "Module" }) == Set(types))
        #expect(ModuleList.all.names == ModuleList.all.names.sorted())
    }

    @Test("the script that chooses the dashboard's language offers the languages that are served")
    func languages() throws {
        let script = try String(contentsOfFile: Self.root + "/Host/Dashboard/web/text.js", encoding: .utf8)
        let list = try #require(script.firstMatch(of: #/export const languages = \{([^}]*)\}/#)).1
        #expect(list.matches(of: #/(\w+):/#).map { String($0.1) } == DashboardFiles.languages)
    }

    /// Modules reach data only through the gate and the scope. Imports with `@_spi` would bypass them.
    @Test("a module imports Core, and nothing else of Pulse")
    func imports() throws {
        let files = FileManager.default.enumerator(atPath: Self.root + "/Modules")?.compactMap { $0 as? String } ?? []
        for file in files where file.hasSuffix(".swift") {
            let source = try String(contentsOfFile: "\(Self.root)/Modules/\(file)", encoding: .utf8)
            let imports = source.split(separator: "\n").filter { $0.hasPrefix("import ") || ($0.hasPrefix("@") && $0.contains(" import ")) }
            #expect(
                imports.allSatisfy { ["import Core", "import Foundation", "import NIOCore", "import Synchronization"].contains($0) },
                "\(file): \(imports)")
            #expect(!source.contains("@_spi") && !source.contains("@testable"), "\(file)")
        }
    }

    @Test("every module has a summary and titles for its pages and filters in all dashboard languages")
    func words() throws {
        for module in try Self.modules() {
            let words = [type(of: module).manifest.summaries] + module.pages.map(\.titles) + module.dimensions.map(\.titles)
            for word in words {
                #expect(word.keys.sorted() == DashboardFiles.languages.sorted() && !word.values.contains(""), "\(module.name)")
            }
        }
    }

    @Test("docs/modules.md and the modules' pages are up to date; if not, run make docs")
    func pages() throws {
        let modules = try Self.modules()
        for module in modules {
            let page = try String(contentsOfFile: "\(Self.root)/\(ModulePage.path(of: module))", encoding: .utf8)
            #expect(ModulePage(module: module).text(keeping: page) == page, "\(module.name)")
        }
        #expect(try String(contentsOfFile: Self.root + "/docs/modules.md", encoding: .utf8) == ModulePage.index(modules))
    }
}
