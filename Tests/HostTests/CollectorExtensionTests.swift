import AllModules
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Platform
@_spi(Host) import Settings
import Testing
import TestSupport

/// A module that adds a field to a payload type, and a dimension to filter by.
private struct AddingModule: AnalyticsModule {
    static let manifest = ModuleManifest(name: "adding", category: .platform, summaries: ["en": "Adds a field."])
    let type: String, field: String, dimension: String

    init(_ setup: ModuleSetup) throws { self.init(type: "", field: "") }
    init(type: String, field: String, dimension: String = "weather") {
        self.type = type
        self.field = field
        self.dimension = dimension
    }

    var extensions: [CollectorExtension] { [CollectorExtension(type, "A field.", fields: [.optional(field, .text(10))]) { _ in nil }] }
    var dimensions: [SessionDimension] { [SessionDimension(dimension, titles: ["en": "Weather"]) { _, _ in "TRUE" }] }
}

@Suite("Extensions of other modules", .modules(.all))
struct CollectorExtensionTests {
    @Test("must extend an existing payload type and have unique names")
    func clashes() throws {
        let modules = try ModuleList.all.load()
        func problems(_ type: String, _ field: String, _ dimension: String = "weather") throws -> String {
            let adding = AddingModule(type: type, field: field, dimension: dimension)
            do { _ = try ModuleRegistry(modules: modules + [adding], hostRoutes: []) } catch let errors as RegistryErrors {
                return errors.description
            }
            return ""
        }
        #expect(try problems("event", "mood") == "")
        #expect(try problems("poem", "mood") == "Module 'adding' adds fields to payload type 'poem', which no module collects.")
        #expect(try problems("event", "name") == "Field 'event.name' is claimed by adding and core.")
        #expect(try problems("pageview", "utm_source") == "Field 'pageview.utm_source' is claimed by adding and utm.")
        #expect(try problems("event", "mood", "channel") == "Dimension 'channel' is claimed by adding and utm.")
        #expect(try problems("event", "mood", "data.mood") == "Dimension 'data.mood' is claimed by activity and adding.")
    }

    @Test("are documented on the page of the module that adds them")
    func page() {
        let text = ModulePage(module: AddingModule(type: "event", field: "mood")).text(keeping: nil)
        #expect(text.contains("## Filters\n\nEvery report accepts these in `filter=`:\n\n- `weather`: Weather\n"))
        #expect(
            text.contains(
                "## Adds to `event`\n\nA field.\n\n| field | accepted | |\n|---|---|---|\n| `mood` (optional) | a string of 1 to 10 characters |  |\n"
            ))
    }
}
