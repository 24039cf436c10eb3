import Common
import Foundation
import Testing

@Suite("Page path")
struct PagePathTests {
    @Test(
        "is the same for every spelling of a page's URL",
        arguments: [
            (
                "/café",
                [
                    "/caf%C3%A9", "/caf%c3%a9", "/cafe\u{301}", "/cafe%CC%81", "/%63af%C3%A9", "https://example.com/caf%C3%A9",
                    "/caf%C3%A9?x=%C3#y",
                ]
            ),
            ("/~x", ["/%7Ex", "/%7ex", "HTTPS://Example.com:8443/~x"]), ("/a b", ["/a%20b"]), ("/工具", ["/%E5%B7%A5%E5%85%B7"]),
            (
                "/",
                [
                    "https://example.com", "http://example.com/", "https://example.com?utm_source=a", "https://example.com#top", "/?a",
                    "/#top",
                ]
            ),
            ("/#/inbox", ["https://example.com/#/inbox?x=1", "/#/inbox"]), ("/#/café", ["/#/caf%C3%A9"]), ("/😀", ["/%F0%9F%98%80"]),
        ])
    func one(kept: String, sent: [String]) {
        for path in sent + [kept] { #expect(Array(PagePath.clean(path).utf8) == Array(kept.utf8), "\(path)") }
    }

    @Test(
        "keeps characters percent-encoded, in upper case, if decoding would change the meaning",
        arguments: [
            ("/a%2fb", "/a%2Fb"), ("/100%25", "/100%25"), ("/a%3fb", "/a%3Fb"), ("/a%23b", "/a%23b"), ("/a%00%1f%7f", "/a%00%1F%7F"),
            ("/a\n\u{7F}", "/a%0A%7F"), ("/%c2%85", "/%C2%85"), ("/%ff%c3", "/%FF%C3"), ("/%c3%2f", "/%C3%2F"),
            ("/%ED%A0%BD", "/%ED%A0%BD"), ("/%zz%4", "/%zz%4"), ("/%4%31", "/%4%31"), ("/%%34%31", "/%%341"), ("/%", "/%"),
            ("/%2541", "/%2541"), ("/%e4%c3%a4", "/%E4ä"), ("//a", "//a"), ("/a/", "/a/"), ("/A", "/A"), ("screen", "screen"),
            ("httpx", "httpx"), ("", ""),
        ])
    func encoded(sent: String, kept: String) { #expect(Array(PagePath.clean(sent).utf8) == Array(kept.utf8)) }

    @Test("is truncated after decoding")
    func long() {
        let path = "/" + String(repeating: "%C3%A9", count: 1_000)
        #expect(PagePath.clean(path).unicodeScalars.count == 1_001 && !PagePath.isCut(path))
        let longer = "/" + String(repeating: "a", count: 2_048)
        #expect(PagePath.clean(longer) == String(longer.dropLast()) && PagePath.isCut(longer))
        #expect(!PagePath.isCut("/a?" + String(repeating: "a", count: 5_000)))
    }

    /// Normalizing the whole path would take minutes.
    @Test("normalizes only the part of a very long path that is kept", .timeLimit(.minutes(1)))
    func veryLong() {
        let path = "/" + String(repeating: "e\u{301}", count: 1_000_000)
        #expect(Array(PagePath.clean(path).utf8) == Array(("/" + String(repeating: "\u{E9}", count: 2_047)).utf8))
        #expect(PagePath.isCut(path))
    }

    @Test("a queried path keeps its asterisks")
    func asked() {
        #expect(PagePath.asked("/caf%C3%A9*?x") == "/café*?x")
        #expect(PagePath.asked("/caf%C3%A9?x") == "/café")
    }

    @Test("cleaning is idempotent")
    func again() {
        var noise = Noise(seed: 3)
        for _ in 0..<2_000 {
            let path =
                "/"
                + noise.text(upTo: 12).utf8.map { $0 % 3 == 0 ? String(format: "%%%02x", $0) : String(UnicodeScalar($0 | 0x20)) }.joined()
                .replacingOccurrences(of: "%%", with: "")
            let kept = PagePath.clean(path)
            #expect(Array(PagePath.clean(kept).utf8) == Array(kept.utf8), "\(path)")
        }
    }
}
