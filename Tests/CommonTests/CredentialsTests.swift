import Common
import Foundation
import Testing

@Suite("Credentials in URLs")
struct CredentialsTests {
    @Test(
        "user and password are removed from every URL in a text, and nothing else is",
        arguments: [
            ("https://ada:secret@example.com/a", "https://example.com/a"), ("s3://key@bucket/x?u=a@b", "s3://bucket/x?u=a@b"),
            ("at f (https://u:p@a.example/x.js:1:2) and http://q@b.example", "at f (https://a.example/x.js:1:2) and http://b.example"),
            ("https://u:p@ss@example.com/", "https://example.com/"), ("https://cdn.example/@scope/a.js", "https://cdn.example/@scope/a.js"),
            ("run@https://example.com/a.js:1:2", "run@https://example.com/a.js:1:2"),
            ("mail ada@example.com: see https://example.com bob@b.c", "mail ada@example.com: see https://example.com bob@b.c"),
            ("://@", "://"), ("@", "@"), ("", ""), ("https://ü:ß@example.com/ä", "https://example.com/ä"),
        ])
    func text(sent: String, kept: String) {
        #expect(sent.withoutCredentials == kept)
    }

    @Test("a parsed document is encoded unchanged")
    func document() throws {
        let text = #"{"a":[1,-2.5,"x\"ü",true,null,{}],"b":{"c":9007199254740993}}"#
        #expect(try Shape.any.text(try JSON.parse(text)).string == text)
    }
}
