@testable import ErrorTrackingModule
import Testing

@Suite("Fingerprint")
struct FingerprintTests {
    @Test(
        "ignores numbers, ids, hashes, and the hosts and queries of URLs in a message",
        arguments: [
            ("TypeError: Cannot read properties of null (reading 'id')", "TypeError: Cannot read properties of null (reading 'id')"),
            ("Request 42 failed after 1,234.5 ms", "Request <n> failed after <n> ms"),
            ("No order 550e8400-e29b-41d4-a716-446655440000", "No order <id>"),
            ("Chunk 3f2a9c01 missing", "Chunk <id> missing"),
            ("user_81f3kd92x not found, see order-77", "user_<id> not found, see order-<n>"),
            ("Nano V1StGXR8_Z5jdHi6B-myT", "Nano <id>"),
            ("GET https://api.example.com:8080/users/42?token=abc#x failed", "GET <url>/users/<n> failed"),
            ("Failed to load \"http://a.example\" twice", "Failed to load \"<url>\" twice"),
            ("Größe   ungültig\n\tin Zeile 3", "Größe ungültig in Zeile <n>"),
            (
                "Failed to fetch dynamically imported module: https://a.example/assets/panels-CqWErTyu.js",
                "Failed to fetch dynamically imported module: <url>/assets/panels-<id>.js"
            ),
            (
                "Loading chunk 123 failed. (error: https://a.example/static/js/123.99fe01aa.chunk.js)",
                "Loading chunk <n> failed. (error: <url>/static/js/<n>.<id>.chunk.js)"
            ),
            (
                "Loading CSS chunk 7 failed. (/static/css/7.12345678.chunk.css)",
                "Loading CSS chunk <n> failed. (/static/css/<n>.<id>.chunk.css)"
            ),
            ("Unable to preload CSS for /assets/dashboard-settings.css.", "Unable to preload CSS for /assets/dashboard-settings.css."),
            ("jquery-3.6.0.min.js and node.js 18.2.1", "jquery-<n>.min.js and node.js <n>"), ("read a.b.c, then x", "read a.b.c, then x"),
            ("", ""),
        ])
    func message(sent: String, kept: String) {
        #expect(Fingerprint.normalized(message: sent) == kept)
    }

    @Test(
        "uses a script's name without host, folder, query and bundler hash",
        arguments: [
            ("https://acme.com/assets/app.js", "app.js"), ("https://cdn.acme.com/v2/app.3f2a9c01.js?v=7", "app.js"),
            ("/static/js/main-BX3kQ9a1.js", "main.js"), ("index-DiwrgTda.js", "index.js"), ("UserList.js", "UserList.js"),
            ("https://a/142.8f3e21.chunk.js", "chunk.js"), ("react-dom.production.min.js", "react.dom.production.min.js"), ("app", "app"),
            ("/_app/immutable/chunks/BxY2_k9a.js", "js"), ("chunk-ABCDEFGH.js", "chunk.js"),
            ("index-legacy-DqW3x9Zk.js", "index.legacy.js"), ("main.CqWErTyu.chunk.js", "main.chunk.js"),
            ("views-UserList.js", "views.UserList.js"), ("LICENSES.js", "LICENSES.js"), ("jQueryUI.js", "jQueryUI.js"),
            ("admin-OrderDetails.js", "admin.OrderDetails.js"), ("app-en_US-v2.js", "app.en.US.v2.js"),
        ])
    func file(sent: String, kept: String) {
        #expect(Fingerprint.normalized(file: sent) == kept)
    }

    /// Names that build tools gave the same file in two releases.
    static let releases = [
        ("panels-CqWErTyu.js", "panels-DSkScyyy.js"), ("panels-BxY2_k9a.js", "panels-DqW3x9Zk.js"),
        ("panels-B-x2_k9a.js", "panels-Kj8sLmQ_.js"), ("BxY2_k9a.js", "DqWErTyu.js"),
        ("index.4f3a2b1c.js", "index.98765432.js"), ("123.abc12def.chunk.js", "123.99fe01aa.chunk.js"),
        ("vendors~main.3f2a9c0d1e2f3a4b5c6d.js", "vendors~main.00aa9c0d1e2f3a4b5c6d.js"),
        ("chunk-5JQ3RZ2K.js", "chunk-ABCDEFGH.js"), ("index.8c5a3b2d.css", "index.0c5a3bff.css"),
        ("pages/cart-3f2a9c0d1e2f3a4b.js", "pages/cart-aaaa9c0d1e2f3a4b.js"),
        ("settings-CqWErTyu.js.map", "settings-DSkScyyy.js.map"), ("useCart-DSkScyyyQwE.mjs", "useCart-PoLkMnBvCxZ.mjs"),
        ("index-legacy-CqWErTyu.js", "index-legacy-BxY2_k9a.js"),
    ]

    @Test("is the same if build tools rename files, in messages and in stacks", arguments: releases)
    func release(one: String, two: String) {
        func all(_ file: String) -> [String] {
            let url = "https://a.example/assets/\(file)"
            return [
                Self.of("Failed to fetch dynamically imported module: \(url)", ""),
                Self.of("Failed to fetch dynamically imported module: \(url)?t=17", "", filename: url),
                Self.of("error loading /assets/\(file): 404", ""), Self.of("Cannot find module './\(file)'", ""),
                Self.of("A", "at save (\(url):1:2)"), Self.of("A", "", filename: url),
            ]
        }
        #expect(all(one) == all(two))
    }

    @Test("differs by file names that are words")
    func words() {
        let names = [
            "dashboard-settings.js", "dashboard-profiles.js", "vue-router.js", "jquery-migrate.js", "app-main.js", "app-menu.js",
            "views-UserList.js", "views-UserEdit.js",
            "SignUp-MyOrders.js", "OrderForm.js", "DataGrid.js", "AppShell.js", "TopNavUI.js", "checkout-CartItem.js",
            "product_overview.js", "en-US.js", "two_factor-v2.js",
        ]
        for of in [
            { Self.of("Failed to fetch https://a.example/assets/\($0)", "") }, { Self.of("A", "at save (https://a.example/\($0):1:2)") },
        ] as [(String) -> String] {
            #expect(Set(names.map(of)).count == names.count, "\(names.map { Fingerprint.normalized(file: $0) })")
        }
    }

    @Test(
        "uses the last part of a function's name, unless a minifier made it",
        arguments: [
            ("handleClick", "handleClick"), ("Cart.checkout", "checkout"), ("t", ""), ("e.n", ""), ("submit/onDone<", "onDone"),
            ("step12", "step<n>"),
        ])
    func function(sent: String, kept: String) {
        #expect(Fingerprint.normalized(function: sent) == kept)
    }

    private static func of(_ message: String, _ stack: String, filename: String = "") -> String {
        Fingerprint(message: message, stack: StackTrace(stack), filename: filename).hex
    }

    @Test("is the same in the next build, for another visitor and in another browser's format")
    func stable() {
        let one = Self.of(
            "Order 17 failed",
            """
            Error: Order 17 failed
                at checkout (https://acme.com/assets/app.3f2a9c01.js:1:3321)
                at t (https://acme.com/assets/app.3f2a9c01.js:1:871)
                at https://acme.com/assets/vendor-BX3kQ9a1.js:2:99
            """)
        let two = Self.of(
            "Order 4711 failed",
            """
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

    @Test("doesn't depend on recursion depth")
    func recursion() {
        let frame = "    at walk (https://acme.com/a.js:1:2)\n"
        #expect(Self.of("A", frame) == Self.of("A", String(repeating: frame, count: 30)))
    }

    @Test(
        "is parsed only from exactly 32 hexadecimal digits",
        arguments: ["", "1d5b", String(repeating: "g", count: 32), String(repeating: "0", count: 33), "+d5b154e8fb6d613a52bc2f6e8bf6bc5"])
    func refused(text: String) {
        #expect(Fingerprint(text) == nil)
    }
}
