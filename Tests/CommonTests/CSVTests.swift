import Common
import Testing

@Suite("CSV")
struct CSVTests {
    @Test(
        "is read as RFC 4180 specifies",
        arguments: [
            ("", []), ("a", [["a"]]), ("a,b\r\nc,d\r\n", [["a", "b"], ["c", "d"]]), ("a,b\nc,d", [["a", "b"], ["c", "d"]]),
            ("a\rb", [["a"], ["b"]]),
            (#""a","b""c","d,e""#, [["a", "b\"c", "d,e"]]), ("\"a\r\nb\",c\nd,e", [["a\r\nb", "c"], ["d", "e"]]),
            ("a,,\n,b", [["a", "", ""], ["", "b"]]),
            ("\u{FEFF}a\n", [["a"]]), ("\n\na\n\n", [["a"]]), (" a , b ", [[" a ", " b "]]), ("é,\"ü\"", [["é", "ü"]]),
            ("\"\",\"\"", [["", ""]]),
            // One empty quoted field is a record; an inch sign inside a field is not a quote; Excel declares its delimiter.
            ("a\n\"\"\nb", [["a"], [""], ["b"]]), ("a\nb\"c\"\n5\" pipe,6\"", [["a"], ["b\"c\""], ["5\" pipe", "6\""]]),
            ("sep=,\r\na,b\r\n", [["a", "b"]]),
        ])
    func reads(text: String, records: [[String]]) throws { #expect(try CSV.parse(text).map(\.fields) == records) }

    @Test("records have their line numbers")
    func lines() throws { #expect(try CSV.parse("a\r\n\r\n\"b\r\nc\"\r\nd\r\n").map(\.line) == [1, 3, 5]) }

    @Test(
        "errors name the line",
        arguments: [
            ("a\n\"b", "the quote on line 2 is not closed"), ("\"a\"b", "line 1 has text after a closing quote"),
        ])
    func mistakes(text: String, sentence: String) {
        #expect { try CSV.parse(text) } throws: { "\($0)" == sentence }
    }

    @Test(
        "detects the delimiter that occurs equally often on every line, outside quotes",
        arguments: [
            ("Artikel;Preis, netto\nHut;1,50\nKappe;2,25\n", [["Artikel", "Preis, netto"], ["Hut", "1,50"], ["Kappe", "2,25"]]),
            ("\"Name, first\";Age\nAda;36", [["Name, first", "Age"], ["Ada", "36"]]),
            ("\"Amount, net\";\"Amount, gross\"\n1;2", [["Amount, net", "Amount, gross"], ["1", "2"]]),
            ("a,b\n1;2,3", [["a", "b"], ["1;2", "3"]]), ("a\tb, c\n1\t2", [["a", "b, c"], ["1", "2"]]), ("a,b", [["a", "b"]]),
            ("a", [["a"]]), ("", []),
            ("a;b,c;d\n1;2;3", [["a", "b,c", "d"], ["1", "2", "3"]]), ("sep=|\na|b;c\n1|2", [["a", "b;c"], ["1", "2"]]),
            ("a;\"b\nc\";d\n1;2;3\n", [["a", "b\nc", "d"], ["1", "2", "3"]]),
        ])
    func delimiters(text: String, records: [[String]]) throws { #expect(try CSV.parse(text, delimiter: nil).map(\.fields) == records) }

    @Test("line numbers count from the file's first line, including Excel's delimiter line")
    func declared() throws { #expect(try CSV.parse("sep=;\r\na;b\r\n", delimiter: nil).map(\.line) == [2]) }

    @Test("rejects more records or fields than allowed")
    func bounds() throws {
        #expect(try CSV.parse("a,b\n\nc,d\n\n", maximumRecords: 2, maximumFields: 2).count == 2)
        #expect { try CSV.parse("a\n\nb\nc", maximumRecords: 2) } throws: { "\($0)" == "line 4 exceeds the limit of 2 records" }
        #expect { try CSV.parse("a\n,,", maximumFields: 2) } throws: { "\($0)" == "line 2 has more than 2 fields" }
    }
}
