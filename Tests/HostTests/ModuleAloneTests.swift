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

    @Test("each module works with `core` alone; only what reads facts of other modules is refused", arguments: ModuleList.all.names)
    func alone(name: String) async throws {
        let list = ModuleList(ModuleList.all.types.filter { ["core", name].contains($0.manifest.name) })
        let reads = list.types.first { $0.manifest.name == name }!.manifest.reads
        let refusals = reads.map { #"{"error":"Module '\#($0)' is not enabled for this project."}"# }
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
                    let isRefused = answer.status == 403 && refusals.contains(answer.body)
                    #expect(answer.status == 200 || isRefused, "\(route.path): \(answer.status) \(answer.body)")
                }
            }
        }
    }
}
