import Common
import Testing

@Suite("Spelling")
struct SpellingTests {
    @Test(
        "counts edits between words",
        arguments: [
            ("", "", 0), ("a", "", 1), ("", "ab", 2), ("funels", "funnels", 1), ("gaols", "goals", 1), ("port", "prot", 1),
            ("kitten", "sitting", 3), ("ca", "abc", 3),
        ])
    func distance(left: String, right: String, slips: Int) {
        #expect(Spelling.distance(Array(left), Array(right)) == slips)
        #expect(Spelling.distance(Array(right), Array(left)) == slips)
    }

    @Test(
        "finds the word that was meant, or nil",
        arguments: [
            ("funels", "funnels"), ("Funnels", "funnels"), ("session-replay", "session_replay"), ("prot", "port"),
            ("xyz", nil), ("", nil), (String(repeating: "x", count: 100_000), nil),
        ] as [(String, String?)])
    func nearest(word: String, meant: String?) {
        #expect(Spelling.nearest(to: word, among: ["port", "funnels", "session_replay", "host"]) == meant)
    }
}
