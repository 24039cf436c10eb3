@testable import SearchModule
import Testing

@Suite("Search term")
struct SearchTermTests {
    @Test(
        "is normalized",
        arguments: [
            ("pricing plans", "pricing plans"), ("  Pricing \t\n Plans ", "pricing plans"), ("ＰＲＩＣＩＮＧ", "pricing"),
            ("Zu\u{308}rich", "z\u{FC}rich"), ("ÄRGER", "ärger"),
            ("   ", ""), ("\u{1F}a\u{1F}b", "a b"), ("?", "?"), (String(repeating: "a", count: 300), String(repeating: "a", count: 200)),
        ])
    func same(sent: String, kept: String) { #expect(SearchTerm.normalized(sent) == kept) }

    @Test(
        "contains no e-mail address",
        arguments: [
            ("Ada@Example.com", "[email]"), ("orders of ada.l+x@mail.example.co.uk please", "orders of [email] please"),
            ("ada@exa", "[email]"), ("ada%40example.com", "[email]"),
            ("<ada@example.com>,bob@example.com", "[email]"), ("ａｄａ＠example.com", "[email]"), ("@ada", "@ada"), ("5 @ 3", "5 @ 3"),
            ("ada@", "ada@"), ("[email]", "[email]"),
        ])
    func addresses(sent: String, kept: String) { #expect(SearchTerm.normalized(sent) == kept) }

    @Test(
        "contains no card number",
        arguments: [
            ("4111111111111111", "[card]"), ("card 4111 1111 1111 1111", "card [card]"), ("4111-1111-1111-1111", "[card]"),
            ("x5500005555555559y", "x[card]y"),
            ("378282246310005", "[card]"), ("3782 822463 10005 ok", "[card] ok"), ("4222222222222", "[card]"),
            ("6304000000000000018", "[card]"),
            ("٤١١١١١١١١١١١١١١١", "[card]"), ("４１１１ １１１１ １１１１ １１１１", "[card]"), ("4111\u{200B}1111\u{200B}1111\u{200B}1111", "[card]"),
            ("order 7 4111111111111111", "order 7 [card]"), ("4111111111111111, 5500005555555559", "[card], [card]"),
            // Not card numbers: a wrong check digit, too short, too long, an ISBN, a phone number.
            ("4111111111111112", "4111111111111112"), ("42", "42"), ("41111111111111111111", "41111111111111111111"),
            ("9780306400001", "9780306400001"), ("+49 30 901820", "+49 30 901820"),
        ])
    func cards(sent: String, kept: String) { #expect(SearchTerm.normalized(sent) == kept) }

    @Test("is masked before it is cut")
    func cut() {
        let long = String(repeating: "a", count: 190) + " 4111111111111111"
        #expect(SearchTerm.normalized(long) == String(repeating: "a", count: 190) + " [card]")
    }
}
