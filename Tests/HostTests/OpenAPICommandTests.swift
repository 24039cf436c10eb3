@_spi(Host) import Access
import AllModules
import Core
@_spi(Host) @testable import Host
import Operations
@_spi(Host) import Platform
@_spi(Host) import Settings
import Testing
import TestSupport

@Suite("pulse openapi", .modules(.all))
struct OpenAPICommandTests {
    @Test("prints what a running host serves, without opening a store")
    func same() async throws {
        try await TestApp.run { app in
            let configuration = app.installation.configuration
            let registry = try Installation.registry(of: configuration)
            let document = DescriptionRoutes.document([DescriptionRoutes.parts(of: registry)[0]], registry.modules, configuration)
            let served = try await app.get("/openapi.json", as: .nobody)
            #expect(served.body == document)
            for (_, route) in app.installation.registry.routes where route.isDocumented { #expect(document.contains("\"\(route.path)\"")) }
        }
    }

    @Test("a surface has a document of its own, and one document can describe all")
    func surfaces() throws {
        let registry = try ModuleList.$current.withValue(ModuleList(ModuleList.all.types + [KioskModule.self])) {
            // Surfaces are off by default; describing one needs no switch.
            var configuration = try HostConfiguration.parse("", knownModules: ModuleList.current.names, knownSurfaces: ["kiosk"])
            #expect(try ModuleList.current.load(configuration.modules).allSatisfy { $0.surface == nil })
            configuration.modules = configuration.modules.withEverySurface
            return try Installation.registry(of: configuration)
        }
        let parts = DescriptionRoutes.parts(of: registry)
        #expect(parts.map(\.name) == ["pulse", "kiosk"])
        func document(_ parts: [OpenAPI.Part]) throws -> JSON {
            try JSON.parse(DescriptionRoutes.document(parts, registry.modules, .default))
        }
        let own = try document([parts[0]]), kiosk = try document([parts[1]]), all = try document(parts)
        #expect(own["paths"]?["/kiosk/notices"] == nil && own["paths"]?["/"]?["post"] == nil)
        #expect(kiosk["info"]?["title"]?.string == "Kiosk" && kiosk["paths"]?["/api/v1/pages"] == nil)
        // The surface's own statuses, envelope, security and errors.
        let create = kiosk["paths"]?["/kiosk/notices"]?["post"], responses = create?["responses"]
        #expect(responses?.members.map(\.name).sorted() == ["200", "400", "401", "403", "429", "503"])
        #expect(create?["security"]?.elements.first?["badge"]?.elements.first?.string == "query")
        let envelope = responses?["200"]?["content"]?["application/json"]
        #expect(envelope?["example"]?["ok"]?.boolean == true && envelope?["example"]?["result"]?["title"] != nil)
        let refused = kiosk["components"]?["responses"]?["Unauthorized"]?["content"]?["application/json"]?["example"]
        #expect(refused?["reason"]?.string == "This badge opens nothing.")
        #expect(all["info"]?["title"]?.string == "Pulse" && all["paths"]?["/"]?["post"] != nil && all["paths"]?["/api/v1/pages"] != nil)
        #expect(all["components"]?["responses"]?["KioskUnauthorized"] != nil && all["components"]?["schemas"]?["KioskError"] != nil)
        // Adding other surfaces changes nothing in the descriptions of Pulse's own routes.
        for (path, item) in own["paths"]?.members ?? [] { for (method, _) in item.members { #expect(all["paths"]?[path]?[method] != nil) } }
    }
}
