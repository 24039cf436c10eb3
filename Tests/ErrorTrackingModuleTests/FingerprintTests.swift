@testable import ErrorTrackingModule
import Testing

@Suite("Fingerprint")
struct FingerprintTests {
    @Test("of a message numbers, ids, hashes and the hosts and queries of URLs are left out", arguments: [
        ("TypeError: Cannot read properties of null (reading 'id')", "TypeError: Cannot read properties of null (reading 'id')"),
        ("Request 42 failed after 1,234.5 ms", "Request <n> failed after <n> ms"),
        ("No order 550e8400-e29b-41d4-a716-446655440000", "No order <id>"),
        ("Chunk 3f2a9c01 missing", "Chunk <id> missing"),
        ("user_81f3kd92x not found, see order-77", "user_<id> not found, see order-<n>"),
        ("Nano V1StGXR8_Z5jdHi6B-myT", "Nano <id>"),
        ("GET https://api.example.com:8080/users/42?token=abc#x failed", "GET <url>/users/<n> failed"),
        ("Failed to load \"http://a.example\" twice", "Failed to load \"<url>\" twice"),
        ("Größe   ungültig\n\tin Zeile 3", "Größe ungültig in Zeile <n>"),
        ("", ""),
    ])
    func message(sent: String, kept: String) {
        #expect(Fingerprint.normalized(message: sent) == kept)
    }

    @Test("of a script the name stays, without host, folder, query and the bundler's hash", arguments: [
        ("https://acme.com/assets/app.js", "app.js"), ("https://cdn.acme.com/v2/app.3f2a9c01.js?v=7", "app.js"),
        ("/static/js/main-BX3kQ9a1.js", "main.js"), ("index-DiwrgTda.js", "index.js"), ("UserList.js", "UserList.js"),
        ("https://a/142.8f3e21.chunk.js", "chunk.js"), ("react-dom.production.min.js", "react.dom.production.min.js"), ("app", "app"),
    ])
    func file(sent: String, kept: String) {
        #expect(Fingerprint.normalized(file: sent) == kept)
    }

    @Test("of a function the last part of its name stays, unless a minifier made it", arguments: [
        ("handleClick", "handleClick"), ("Cart.checkout", "checkout"), ("t", ""), ("e.n", ""), ("submit/onDone<", "onDone"), ("step12", "step<n>"),
    ])
    func function(sent: String, kept: String) {
        #expect(Fingerprint.normalized(function: sent) == kept)
    }

    private static func of(_ message: String, _ stack: String, filename: String = "") -> String {
        Fingerprint(message: message, stack: StackTrace(stack), filename: filename).hex
    }

    @Test("is the same in the next build, for the next visitor and in another browser's notation")
    func stable() {
        let one = Self.of("Order 17 failed", """
            Error: Order 17 failed
                at checkout (https://acme.com/assets/app.3f2a9c01.js:1:3321)
                at t (https://acme.com/assets/app.3f2a9c01.js:1:871)
                at https://acme.com/assets/vendor-BX3kQ9a1.js:2:99
            """)
        let two = Self.of("Order 4711 failed", """
            checkout@https://www.acme.com/assets/app.90be77aa.js:1:4000
            n@https://www.acme.com/assets/app.90be77aa.js:1:12
            @https://www.acme.com/assets/vendor-Ck2Lm0zP.js:2:1
            """)
        #expect(one == two)
        #expect(one.count == 32)
        #expect(Fingerprint(one)?.hex == one)
    }

    @Test("differs by message, by function and by script")
    func different() {
        let stack = "at save (https://acme.com/a.js:1:2)"
        let all = [
            Self.of("A", stack), Self.of("B", stack), Self.of("A", "at load (https://acme.com/a.js:1:2)"),
            Self.of("A", "at save (https://acme.com/b.js:1:2)"), Self.of("A", ""), Self.of("A", "", filename: "https://acme.com/a.js"),
        ]
        #expect(Set(all).count == all.count)
    }

    @Test("does not depend on how often a function called itself")
    func recursion() {
        let frame = "    at walk (https://acme.com/a.js:1:2)\n"
        #expect(Self.of("A", frame) == Self.of("A", String(repeating: frame, count: 30)))
    }

    @Test("is read from 32 hexadecimal digits alone", arguments: ["", "1d5b", String(repeating: "g", count: 32), String(repeating: "0", count: 33), "+d5b154e8fb6d613a52bc2f6e8bf6bc5"])
    func refused(text: String) {
        #expect(Fingerprint(text) == nil)
    }
}
