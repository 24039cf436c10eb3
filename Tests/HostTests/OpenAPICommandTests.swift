@_spi(Host) import Access
import AllModules
@_spi(Host) @testable import Host
@_spi(Host) import Platform
import Testing
import TestSupport

@Suite("pulse openapi", .modules(.all))
struct OpenAPICommandTests {
    @Test("prints what a running host serves, without opening a store")
    func same() async throws {
        try await TestApp.run { app in
            let configuration = app.installation.configuration
            let registry = try Installation.registry(of: configuration)
            let document = DescriptionRoutes.document(registry.modules, registry.routes, configuration)
            let served = try await app.get("/openapi.json", as: .nobody)
            #expect(served.body == document)
            for (_, route) in app.installation.registry.routes where route.isDocumented { #expect(document.contains("\"\(route.path)\"")) }
        }
    }
}
