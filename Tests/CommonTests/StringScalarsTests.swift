import Common
import Testing

@Suite("String prefixes")
struct StringScalarsTests {
    @Test(
        "prefixes count Unicode scalars, as schemas do, and never split one",
        arguments: [
            ("", 3, ""), ("abc", 3, "abc"), ("abcd", 3, "abc"), ("äöü", 2, "äö"), ("e\u{301}e\u{301}", 3, "e\u{301}e"), ("abc", 0, ""),
        ])
    func prefix(text: String, count: Int, beginning: String) {
        #expect(text.prefix(scalars: count) == beginning)
    }
}
