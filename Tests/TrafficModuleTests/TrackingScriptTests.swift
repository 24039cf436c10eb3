import AllModules
import Core
import Foundation
@_spi(Host) @testable import Host
@_spi(Host) import Settings
import Testing
import TestSupport
@testable import TrafficModule

@Suite("Tracking script", .modules(.all))
struct TrackingScriptTests {
    @Test(
        "removes what identifies people from a page's path",
        arguments: [
            ("/a?b=c", "/a"), ("/a#top", "/a"), ("/#/inbox", "/#/inbox"), ("/#!/inbox?x=1", "/#!/inbox"), ("/", "/"), ("screen", "screen"),
        ])
    func paths(sent: String, kept: String) { #expect(PagePath.clean(sent) == kept) }

    @Test("docs/tracking-script.md documents exactly the attributes and calls that a module of the binary collects")
    func documented() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/tracking-script.md"), encoding: .utf8)
        let modules = try ModuleList.current.load()
        let types = Set(modules.flatMap(\.collectors).map(\.type))
        for feature in ModuleList.current.types.flatMap({ $0.scriptFeatures }) where feature.name != "more" {
            let isThere = feature.payloadType.map(types.contains) ?? true
            #expect(page.contains("`data-\(feature.name)") == isThere, "\(feature.name)")
        }
        // Calls whose name differs from their payload type; consent sends no payload.
        let renamed = ["search": "search_query"]
        let calls = Set(page.matches(of: #/pulse\("([a-z_]+)"/#).map { String($0.1) }).subtracting(["consent"])
        #expect(calls.isSuperset(of: ["event", "pageview", "search", "log", "identify"]))
        #expect(calls.filter { !types.contains(renamed[$0] ?? $0) } == [])
    }
}
