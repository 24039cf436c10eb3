@testable import Access
import AllModules
import Testing
import TestSupport

@Suite("Static file", .modules(.all))
struct StaticFileTests {
    @Test(
        "is compressed for clients that accept gzip",
        arguments: [
            ("gzip, deflate, br", true), ("GZIP", true), ("*", true), ("br", false), ("", false), ("gzip;q=0", false),
            ("gzip;q=0.0", false),
            ("gzip;q=0.5, br", true), ("br, gzip; q=1", true),
        ])
    func gzip(header: String, accepted: Bool) { #expect(StaticFile.acceptsGzip(header) == accepted) }
}
