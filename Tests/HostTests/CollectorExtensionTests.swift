import Core
@testable import Host
import Settings
import Testing

/// A module that adds a field to a payload type.
private struct AddingModule: AnalyticsModule {
    static let manifest = ModuleManifest(name: "adding", category: .platform, summary: "Adds a field.")
    let type: String, field: String

    init(_ setup: ModuleSetup) throws { self.init(type: "", field: "") }
    init(type: String, field: String) {
        self.type = type
        self.field = field
    }

    var extensions: [CollectorExtension] { [CollectorExtension(type, "A field.", fields: [.optional(field, .text(10))]) { _ in nil }] }
}

@Suite("Fields of other modules' payloads")
struct CollectorExtensionTests {
    private static func modules(_ type: String, _ field: String) throws -> [any AnalyticsModule] {
        try ModuleList.load(HostConfiguration.parse("", knownModules: ModuleList.names).modules) + [AddingModule(type: type, field: field)]
    }

    @Test("belong to a type that is collected, and have names of their own")
    func clashes() throws {
        func problems(_ type: String, _ field: String) throws -> String {
            do { _ = try ModuleRegistry(modules: try Self.modules(type, field), hostRoutes: []) } catch let errors as RegistryErrors { return errors.description }
            return ""
        }
        #expect(try problems("event", "mood") == "")
        #expect(try problems("poem", "mood") == "Module 'adding' adds fields to payload type 'poem', which no module collects.")
        #expect(try problems("event", "name") == "Field 'event.name' is claimed by adding and core.")
        #expect(try problems("pageview", "utm_source") == "Field 'pageview.utm_source' is claimed by adding and utm.")
    }

    @Test("stand on the page of the module that adds them")
    func page() {
        let text = ModulePage(module: AddingModule(type: "event", field: "mood")).text(keeping: nil)
        #expect(text.contains("## Adds to `event`\n\nA field.\n\n| field | accepted | |\n|---|---|---|\n| `mood` (optional) | a string of 1 to 10 characters |  |\n"))
    }
}
