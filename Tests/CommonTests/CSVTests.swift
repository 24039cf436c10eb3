import Common
import Testing

@Suite("CSV")
struct CSVTests {
    @Test("is read as RFC 4180 says", arguments: [
        ("", []), ("a", [["a"]]), ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]), ("a,b\nc,d", [["a", "b"], ["c", "d"]]), ("a\rb", [["a"], ["b"]]),
        (#""a","b""c","d,e""#, [["a", "b\"c", "d,e"]]), ("\"a\r\nb\",c\nd,e", [["a\r\nb", "c"], ["d", "e"]]), ("a,,\n,b", [["a", "", ""], ["", "b"]]),
        ("\u{FEFF}a\n", [["a"]]), ("\n\na\n\n", [["a"]]), (" a , b ", [[" a ", " b "]]), ("é,\"ü\"", [["é", "ü"]]), ("\"\",\"\"", [["", ""]]),
    ])
    func reads(text: String, records: [[String]]) throws { #expect(try CSV.parse(text).map(\.fields) == records) }

    @Test("records know their lines")
    func lines() throws { #expect(try CSV.parse("a\r\n\r\n\"b\r\nc\"\r\nd\r\n").map(\.line) == [1, 3, 5]) }

    @Test("says where it can't be read", arguments: [
        ("a\n\"b", "the quote of line 2 is not closed"), ("a\nb\"c\"", "line 2 has a quote inside a field that does not begin with one"), ("\"a\"b", "line 1 has text behind a closing quote"),
    ])
    func mistakes(text: String, sentence: String) {
        #expect { try CSV.parse(text) } throws: { "\($0)" == sentence }
    }

    @Test("holds no more than is accepted")
    func bounds() throws {
        #expect(try CSV.parse("a,b\n\nc,d\n\n", maximumRecords: 2, maximumFields: 2).count == 2)
        #expect { try CSV.parse("a\n\nb\nc", maximumRecords: 2) } throws: { "\($0)" == "line 4 is one more than the 2 that are accepted" }
        #expect { try CSV.parse("a\n,,", maximumFields: 2) } throws: { "\($0)" == "line 2 has more than 2 fields" }
    }
}
