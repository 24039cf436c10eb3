import Foundation
import NIOHTTP1
import TestSupport

/// The site in `Tests/Site`, served on its own port with the script tag filled in.
///
/// The site is at `localhost`. To a browser, the same pages at `127.0.0.1` are another site, from which `elsewhere.html`
/// sends visitors.
struct Teapots: Sendable {
    let port: Int
    var address: String { "http://localhost:\(port)" }
    var elsewhere: String { "http://127.0.0.1:\(port)/elsewhere.html" }

    /// Serves while `body` runs.
    /// - Parameter attributes: further `data-*` attributes of the tag.
    static func serve<Result>(
        api: String, key: String, attributes: String = "", _ body: (Teapots) async throws -> Result
    ) async throws -> Result {
        let values = ["API": api, "KEY": key, "ATTRIBUTES": attributes]
        return try await TinyServer.run { _, request in
            response(to: request, values)
        } _: {
            try await body(Teapots(port: $0.port))
        }
    }

    private static func response(to request: TinyServer.Request, _ values: [String: String]) -> TinyServer.Response {
        let port = String(request.headers["host"].first?.split(separator: ":").last ?? "")
        let page = page(request.path, values.merging(["SITE": "http://localhost:\(port)", "PORT": port]) { $1 })
        let type = request.path.hasSuffix(".js") ? "text/javascript" : "text/html"
        return TinyServer.Response(
            status: page == nil ? 404 : 200, headers: ["content-type": "\(type); charset=utf-8"], body: page ?? "There is no such page.")
    }

    private static func page(_ uri: String, _ values: [String: String]) -> String? {
        let path = uri.prefix { $0 != "?" }.removingPercentEncoding ?? ""
        guard !path.contains("..") else { return nil }
        let file = Repository.path("Tests/Site") + (path == "/" ? "/index.html" : path)
        guard let text = try? String(contentsOfFile: file, encoding: .utf8) else { return nil }
        return values.reduce(text) { $0.replacingOccurrences(of: "{{\($1.key)}}", with: $1.value) }
    }
}
