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

    @Test("English texts are served for a language that a module lacks")
    func languages() throws {
        let files = DashboardFiles([Shop(texts: ["en": Self.english])], sources: nil)
        #expect(files.contents(of: "shop.en.js") == Self.english)
        #expect(files.contents(of: "shop.de.js") == Self.english)
        #expect(files.contents(of: "shop.fr.js") == nil)
    }
}
