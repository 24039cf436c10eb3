@_spi(Host) import Access
import Common
import HTTPTypes
import Ingest
import NIOCore
import Operations
@_spi(Host) import Platform
import Questions
@_spi(Host) import Settings

/// The routes `/openapi.json`, and `/docs`, which shows that document as a page.
struct DescriptionRoutes: Sendable {
    let modules: [any AnalyticsModule]
    let configuration: HostConfiguration

    /// - Parameter routes: the host's other routes.
    func routes(describing hostRoutes: [(module: String?, route: Route)]) -> [Route] {
        let pages = [
            page("/docs", "The API reference.", OpenAPIPage.html, "text/html"),
            page("/docs/app.js", "The page's script.", OpenAPIPage.script, "text/javascript"),
            page("/docs/style.css", "The page's style.", OpenAPIPage.style, "text/css"),
        ].map { $0.undocumented() }
        let described = hostRoutes + [(nil, description(Once { ByteBuffer() }))]
        let document = Once {
            let ofModules = modules.filter { $0.surface == nil }.flatMap { module in module.routes.map { (Optional(module.name), $0) } }
            let part = OpenAPI.Part(PulseSurface(), Self.categorized(described + ofModules, modules))
            return ByteBuffer(string: Self.document([part], modules, configuration))
        }
        return pages + [description(document)]
    }

    private func description(_ document: Once<ByteBuffer>) -> Route {
        Route(anonymous: .get, "/openapi.json", "The OpenAPI 3.1 description of this API.", success: .document) { _ in
            .json(bytes: document.value)
        }
    }

    /// All surfaces with their routes; Pulse's own first.
    static func parts(of registry: ModuleRegistry) -> [OpenAPI.Part] {
        [OpenAPI.Part(PulseSurface(), categorized(registry.routes, registry.modules))]
            + registry.surfaces.map { entry in
                OpenAPI.Part(entry.surface, categorized(entry.routes.map { (entry.module, $0) }, registry.modules))
            }
    }

    private static func categorized(
        _ routes: [(module: String?, route: Route)], _ modules: [any AnalyticsModule]
    ) -> [(module: String?, category: String?, route: Route)] {
        let categories = Dictionary(modules.map { ($0.name, type(of: $0).manifest.category.rawValue) }) { $1 }
        return routes.map { ($0.module, $0.module.flatMap { categories[$0] }, $0.route) }
    }

    /// The OpenAPI document of `parts` as JSON.
    static func document(_ parts: [OpenAPI.Part], _ modules: [any AnalyticsModule], _ configuration: HostConfiguration) -> String {
        let added = Dictionary(grouping: modules.flatMap(\.extensions), by: \.type).mapValues { $0.flatMap(\.fields) }
        return OpenAPI.document(
            parts,
            collectors: modules.flatMap { module in
                module.collectors.map { (module.name, $0.type, $0.summary, $0.fields + (added[$0.type] ?? [])) }
            },
            commonFields: Collector.commonFields,
            names: [.reports: modules.flatMap { $0.reports.map(\.name) }, .modules: modules.map(\.name)], version: Version.current,
            // Relative to the URL of the document if no public URL is configured.
            serverURL: configuration.server.publicURL ?? "/")
    }

    private func page(_ path: String, _ summary: String, _ text: String, _ mediaType: String) -> Route {
        Route(anonymous: .get, path, summary, success: .other(mediaType)) { _ in
            Answer(
                status: 200,
                headers: [
                    .contentType: "\(mediaType); charset=utf-8", .cacheControl: "no-cache",
                    .contentSecurityPolicy:
                        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
                ],
                body: .bytes(ByteBuffer(string: text)))
        }
    }
}
