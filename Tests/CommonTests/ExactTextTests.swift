import Common
import Testing

@Suite("Text compared by bytes")
struct ExactTextTests {
    /// Pairs of strings that Swift considers equal.
    static let pairs = [
        ("caf\u{E9}", "cafe\u{301}"), ("\u{212A}elvin", "Kelvin"), ("\u{2126}", "\u{3A9}"), ("\u{1E69}", "s\u{307}\u{323}"),
        ("\u{AC01}", "\u{1100}\u{1161}\u{11A8}"),
    ]

    @Test("strings that look alike but differ in bytes are different", arguments: pairs)
    func different(left: String, right: String) {
        #expect(left == right, "Swift considers them equal")
        #expect(!left.isExactly(right))
        #expect(ExactText(left) != ExactText(right))
        #expect(Set(exactly: [left, right, left]).count == 2)
        var byText = Dictionary(exactly: [(left, 1), (right, 2)])
        #expect(byText[text: left] == 1 && byText[text: right] == 2)
        byText[text: left] = 3
        #expect(byText[text: left] == 3 && byText[text: right] == 2)
    }

    @Test("if two values have the same text as their key, the last wins")
    func twice() {
        #expect(Dictionary(exactly: [("a", 1), ("b", 2), ("a", 3)]) == ["a": 3, "b": 2])
    }

    @Test(
        "texts are ordered by code points",
        arguments: [
            ("", "a"), ("a", "ab"), ("Z", "a"), ("a", "e\u{301}"), ("e\u{301}", "f"), ("f", "\u{E9}"), ("\u{FFFD}", "\u{1F600}"),
            ("a\u{0}", "a\u{0}b"),
        ])
    func order(earlier: String, later: String) {
        #expect(earlier.comesBefore(later) && !later.comesBefore(earlier) && !earlier.comesBefore(earlier))
        #expect([ExactText(later), ExactText(earlier)].sorted().map(\.text) == [earlier, later])
    }
}
