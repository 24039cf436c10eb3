import Testing

@testable import Enrichment

@Suite("Keyword scanner")
struct KeywordScannerTests {
    private func found(_ keywords: [KeywordScanner.Keyword], _ text: String) -> [String] {
        let scanner = KeywordScanner(keywords)
        var result: [String] = []
        text.withBytes { bytes in
            scanner.scan(bytes) { number, end in result.append("\(keywords[number].text)@\(end)") }
        }
        return result
    }

    private func found(_ keywords: [String], _ text: String) -> [String] {
        found(keywords.map { KeywordScanner.Keyword(text: $0) }, text)
    }

    @Test("finds keywords inside each other, longest first")
    func overlapping() {
        #expect(found(["he", "she", "his", "hers"], "ushers") == ["she@4", "he@4", "hers@6"])
        #expect(found(["a", "aa"], "AaA") == ["a@1", "aa@2", "a@2", "aa@3", "a@3"])
    }

    @Test("respects word boundaries and the start of the text")
    func borders() {
        #expect(found(["|line/"], "Line/1 Online/2 (line/3") == ["|line/@5", "|line/@22"])
        #expect(found(["bot|"], "bots robot, bot") == ["bot|@10", "bot|@15"])
        #expect(found(["^curl"], "curl curl") == ["^curl@4"])
        #expect(found(["|a|"], "éa é a1 a") == ["|a|@3", "|a|@11"])
    }

    @Test("a hiding keyword suppresses shorter ones that end at the same place, if its boundaries match")
    func hiding() {
        let keywords = [KeywordScanner.Keyword(text: "bot|"), KeywordScanner.Keyword(text: "|cubot|", hides: true)]
        #expect(found(keywords, "cubot") == ["|cubot|@5"])
        #expect(found(keywords, "xcubot") == ["bot|@6"])
    }

    @Test("finds the same as a separate search for each keyword")
    func sameAsNaive() {
        var noise = Noise(seed: 2)
        for _ in 0..<200 {
            let keywords = Set((0..<8).map { _ in noise.text(of: ["a", "b", "c"], upTo: 4) }.filter { !$0.isEmpty }).sorted()
            let text = noise.text(of: ["a", "b", "c", "d"], upTo: 40)
            let bytes = Array(text.utf8)
            var naive: Set<String> = []
            for keyword in keywords {
                let pattern = Array(keyword.utf8)
                guard pattern.count <= bytes.count else { continue }
                for end in pattern.count...bytes.count where Array(bytes[end - pattern.count..<end]) == pattern {
                    naive.insert("\(keyword)@\(end)")
                }
            }
            #expect(Set(found(keywords, text)) == naive)
        }
    }
}
