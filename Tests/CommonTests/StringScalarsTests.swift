import Common
import Testing

@Suite("Beginnings of text")
struct StringScalarsTests {
    @Test("scalars are counted, as schemas count them, and none is cut in two", arguments: [
        ("", 3, ""), ("abc", 3, "abc"), ("abcd", 3, "abc"), ("äöü", 2, "äö"), ("e\u{301}e\u{301}", 3, "e\u{301}e"), ("abc", 0, ""),
    ])
    func prefix(text: String, count: Int, beginning: String) {
        #expect(text.prefix(scalars: count) == beginning)
    }
}
