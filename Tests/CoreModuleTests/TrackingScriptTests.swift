import Core
@testable import CoreModule
import Testing

@Suite("Tracking script")
struct TrackingScriptTests {
    @Test("keeps a page's path without what identifies people", arguments: [
        ("/a?b=c", "/a"), ("/a#top", "/a"), ("/#/inbox", "/#/inbox"), ("/#!/inbox?x=1", "/#!/inbox"), ("/", "/"), ("screen", "screen"),
    ])
    func paths(sent: String, kept: String) { #expect(PagePath.clean(sent) == kept) }
}
