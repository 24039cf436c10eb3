import Access
import Foundation
import NIOHTTP1
import Operations
import TestSupport
import Testing

@Suite("OpenAPI page")
struct OpenAPIPageTests {
    @Test("is small, without inline code, other hosts or markup built from data")
    func isPlain() {
        let parts = [OpenAPIPage.html, OpenAPIPage.script, OpenAPIPage.style]
        #expect(parts.reduce(0) { $0 + $1.utf8.count } < 25_000)
        for part in parts {
            for forbidden in [
                "http:", "https:", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "style=", "<style", "onclick",
            ] {
                #expect(!part.contains(forbidden), "\(forbidden)")
            }
        }
        #expect(OpenAPIPage.html.components(separatedBy: "<script").count == 2)
    }

    @Test(
        "shows every endpoint in a browser", .enabled(if: ExternalTool.chromium != nil, "chromium is not installed"),
        .timeLimit(.minutes(2)))
    func inBrowser() async throws {
        let browser = try #require(ExternalTool.chromium)
        let result = try await TinyServer.run { _, request in
            switch request.path {
            case "/docs": .page("text/html", OpenAPIPage.html)
            case "/docs/app.js": .page("text/javascript", OpenAPIPage.script)
            case "/docs/style.css": .page("text/css", OpenAPIPage.style)
            case "/openapi.json": .page("application/json", SampleAPI.document())
            default: TinyServer.Response(status: 404)
            }
        } _: { server in
            try ExternalTool.run([
                browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000", "--dump-dom",
                server.address + "/docs#analyzeFunnel",
            ])
        }
        #expect(result.output.contains("9 of 9 endpoints"))
        for (_, _, route) in SampleAPI.routes { #expect(result.output.contains(route.summary.split(separator: "`")[0])) }
        // The endpoint in the URL is open and rendered, and so is its response with an example.
        #expect(result.output.contains("array of FunnelReportStep"))
        #expect(result.output.contains("&quot;visitors&quot;: 120") || result.output.contains("\"visitors\": 120"))
        #expect(result.output.contains("Requires header X-Pulse-Key (query), or query key (query). Access: read. Module: funnels."))
    }
}

extension TinyServer.Response {
    fileprivate static func page(_ type: String, _ body: String) -> TinyServer.Response {
        TinyServer.Response(headers: ["content-type": type, "content-security-policy": OpenAPIPage.contentSecurityPolicy], body: body)
    }
}
