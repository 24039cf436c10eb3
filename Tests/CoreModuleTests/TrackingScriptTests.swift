import Core
@testable import CoreModule
import Foundation
@testable import Host
import Settings
import Testing

@Suite("Tracking script")
struct TrackingScriptTests {
    @Test("keeps a page's path without what identifies people", arguments: [
        ("/a?b=c", "/a"), ("/a#top", "/a"), ("/#/inbox", "/#/inbox"), ("/#!/inbox?x=1", "/#!/inbox"), ("/", "/"), ("screen", "screen"),
    ])
    func paths(sent: String, kept: String) { #expect(PagePath.clean(sent) == kept) }

    @Test("docs/tracking-script.md names the attributes and calls whose payloads a module of the binary collects, and no others")
    func documented() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appendingPathComponent("docs/tracking-script.md"), encoding: .utf8)
        let modules = try ModuleList.load(HostConfiguration.parse("", knownModules: ModuleList.names).modules)
        let types = Set(modules.flatMap(\.collectors).map(\.type))
        for (file, feature) in TrackingScript.features where file != "more.js" {
            let isThere = feature.type.map(types.contains) ?? true
            #expect(page.contains("`data-\(file.dropLast(3))") == isThere, "\(file)")
        }
        // The names of calls that are not those of their payloads; consent sends none.
        let renamed = ["search": "search_query"]
        let calls = Set(page.matches(of: #/pulse\("([a-z_]+)"/#).map { String($0.1) }).subtracting(["consent"])
        #expect(calls.isSuperset(of: ["event", "pageview", "search", "log", "identify"]))
        #expect(calls.filter { !types.contains(renamed[$0] ?? $0) } == [])
    }
}
