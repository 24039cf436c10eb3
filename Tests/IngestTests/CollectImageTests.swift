import AllModules
import Core
@_spi(Host) import Ingest
import Testing
import TestSupport

/// `GET /api/collect.gif` always returns the image, and records an ordinary pageview.
@Suite("Collection by image", .modules(.all))
struct CollectImageTests {
    private static func refusal(_ answer: TestApp.Answer) -> String? { answer.headers[.init("Pulse-Error")!] }

    private static func ledger(received: Int, stored: Int, refused: String = "{}", adjusted: String = "{}") -> String {
        #"{"data":[{"adjusted":\#(adjusted),"duplicate":0,"hour":"2026-03-02T12:00:00Z","received":\#(received),"refused":\#(refused),"stored":\#(stored),"waiting":0}]}"#
    }

    @Test("counts the page in the query or, without one, in the Referer header; the image is never cached", arguments: Profile.available)
    func counts(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let key = app.keys[.ingest]!
            func view(_ query: String, referer: String? = nil) async throws -> TestApp.Answer {
                var headers: HTTPFields = [:]
                headers[.init("Referer")!] = referer
                return try await app.get("/api/collect.gif?key=\(key)\(query)", as: .nobody, headers: headers)
            }
            let answer = try await view(
                "&path=/a%3Fb&title=Gr%C3%B6%C3%9Fe&referrer=https://news.example/x&screen=1920x1080", referer: "https://example.com/other")
            #expect(answer.status == 200)
            #expect(answer.headers[.contentType] == "image/gif")
            #expect(answer.headers[.cacheControl] == "no-store, no-cache, must-revalidate, max-age=0")
            #expect(answer.body.hasPrefix("GIF89a"))
            for referer in ["https://example.com/b?token=1", "http://example.com/b"] {
                let status = try await view("", referer: referer).status
                #expect(status == 200)
            }
            let root = try await view("", referer: "https://example.com")
            #expect(root.status == 200)
            let pages = try await app.get("/api/v1/pages").json()["data"]?.elements.map {
                "\($0["path"]?.string ?? "") \($0["views"]?.integer ?? 0)"
            }
            #expect(pages == ["/b 2", "/ 1", "/a 1"])
            #expect(try await app.get("/api/v1/referrers").json()["data"]?.elements.first?["source"]?.string == "news.example")
            #expect(try await app.get("/api/v1/ingest/ledger").body == Self.ledger(received: 4, stored: 4))
        }
    }

    @Test("odd details don't cost the pageview: they are dropped, truncated or replaced, and counted", arguments: Profile.available)
    func details(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let path = "/api/collect.gif?key=\(app.keys[.ingest]!)"
            for query in [
                "&path=/a&screen=wide&title=x%00y", "&path=/%2563af%25C3%25A9&title=\(String(repeating: "t", count: 600))",
                "&path=https://example.com/caf%C3%A9?x",
            ] {
                let answer = try await app.get(path + query, as: .nobody)
                #expect(answer.status == 200 && Self.refusal(answer) == nil, "\(query)")
            }
            #expect(
                try await app.activity("path, screen, title").sorted() == [
                    "/a  x\u{FFFD}y", "/café  ", "/café  \(String(repeating: "t", count: 500))",
                ])
            let counted = #"{"characters":1,"screen":1,"too_long":1}"#
            #expect(try await app.get("/api/v1/ingest/ledger").body == Self.ledger(received: 3, stored: 3, adjusted: counted))
        }
    }

    @Test("a rejected request still gets the image; status and header say why, and the ledger counts it")
    func refuses() async throws {
        try await TestApp.run { app in
            let path = "/api/collect.gif?key=\(app.keys[.ingest]!)"
            let cases = [
                ("", "Invalid request body: missing required field 'path'."),
                ("&path=/&consent_granted=maybe", "Invalid request body: field 'consent_granted' must be true or false; got 'maybe'."),
            ]
            for (query, sentence) in cases {
                let answer = try await app.get(path + query, as: .nobody)
                #expect(answer.status == 400)
                #expect(answer.headers[.contentType] == "image/gif")
                #expect(answer.body.hasPrefix("GIF89a"))
                #expect(Self.refusal(answer) == sentence)
            }
            // The response doesn't reveal that the sender was taken for a bot or that consent was missing.
            for (query, agent) in [("&path=/", "Googlebot/2.1"), ("&path=/&consent_granted=false", TestApp.chrome)] {
                let answer = try await app.get(path + query, as: .nobody, headers: [.userAgent: agent])
                #expect(answer.status == 200)
                #expect(Self.refusal(answer) == nil)
            }
            let asksNotTo = try await app.get(path + "&path=/", as: .nobody, headers: [.init("DNT")!: "1"])
            #expect(asksNotTo.status == 200)
            // A HEAD request counts nothing.
            let head = try await app.send(.head, path + "&path=/", as: .nobody)
            #expect(head.status == 200)
            let ledger = try await app.get("/api/v1/ingest/ledger").body
            #expect(ledger == Self.ledger(received: 5, stored: 0, refused: #"{"bot":1,"consent":1,"do_not_track":1,"invalid_event":2}"#))
        }
    }
}
