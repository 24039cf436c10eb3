@_spi(Host) import Access
import AllModules
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
@_spi(Host) import Platform
@_spi(Host) import Questions
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing
@testable import TestSupport

@Suite("Modules alone")
struct ModuleAloneTests {
    @Test("each module works with `core` and the modules whose facts it reads, and no others", arguments: ModuleList.all.names)
    func alone(name: String) async throws {
        var names: Set<String> = [], next = ["core", name]
        while let module = next.popLast() {
            guard names.insert(module).inserted else { continue }
            next += ModuleList.all.types.first { $0.manifest.name == module }!.manifest.reads
        }
        let list = ModuleList(ModuleList.all.types.filter { names.contains($0.manifest.name) })
        try await ModuleList.$current.withValue(list) {
            try await TestApp.run { app in
                try await app.collect(#"{"type":"pageview","path":"/"}"#)
                let routes = app.installation.registry.routes.filter { module, route in
                    module == name && route.method == .get && route.scope == .key(.query) && route.pathNames.isEmpty
                        && !route.parameters.contains(where: \.isRequired) && route.success.mediaType == "application/json"
                }
                for (_, route) in routes {
                    let answer = try await app.get(route.path)
                    #expect([200, 400].contains(answer.status), "\(route.path): \(answer.status) \(answer.body)")
                }
            }
        }
    }
}
