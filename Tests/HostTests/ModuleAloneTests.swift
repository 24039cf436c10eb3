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
    /// For routes that require one of several parameters.
    private static let queries = [
        "/api/v1/errors/details": "message=none", "/api/v1/identity/graph": "visitor_id=nobody", "/api/v1/paths": "path=/",
        "/api/v1/paths/flow": "path=/", "/api/v1/paths/drill": "path=/",
    ]

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
                #expect(!routes.isEmpty)
                for (_, route) in routes {
                    let query = Self.queries[route.path].map { "?" + $0 } ?? ""
                    let answer = try await app.get(route.path + query)
                    #expect(answer.status == 200, "\(route.path): \(answer.status) \(answer.body)")
                }
            }
        }
    }
}
