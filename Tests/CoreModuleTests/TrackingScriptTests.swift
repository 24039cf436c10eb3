import Core
@testable import CoreModule
import Testing

@Suite("Tracking script")
struct TrackingScriptTests {
    @Test("is compressed for those who accept it", arguments: [
        ("gzip, deflate, br", true), ("GZIP", true), ("*", true), ("br", false), ("", false), ("gzip;q=0", false), ("gzip;q=0.0", false),
        ("gzip;q=0.5, br", true), ("br, gzip; q=1", true),
    ])
    func gzip(header: String, accepted: Bool) { #expect(TrackingScript.acceptsGzip(header) == accepted) }

    @Test("keeps a page's path without what identifies people", arguments: [
        ("/a?b=c", "/a"), ("/a#top", "/a"), ("/#/inbox", "/#/inbox"), ("/#!/inbox?x=1", "/#!/inbox"), ("/", "/"), ("screen", "screen"),
    ])
    func paths(sent: String, kept: String) { #expect(PagePath.clean(sent) == kept) }
}
