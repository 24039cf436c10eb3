@_spi(Host) import Access
import AllModules
import Core
import Foundation
import HTTPTypes
@testable import Host
import HummingbirdTesting
import Testing
@testable import TestSupport

/// Requests that the connection's event loop answers itself, and the same requests on the usual way.
@Suite("Requests answered in place", .modules(.all))
struct InPlaceTests {
    private func run(yaml: String = "", _ body: @escaping @Sendable (TestApp, Int) async throws -> Void) async throws {
        try await TestApp.run(yaml: yaml, over: .socket) { app in try await body(app, try #require(app.client.port)) }
    }

    private static let pageview = #"{"type":"pageview","path":"/","visitor_id":"v"}"#

    private static func request(_ body: String, _ target: String, _ fields: [String] = [], chunked: Bool = false) -> String {
        let length = chunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.utf8.count)"
        let fields = ["Host: localhost", length] + fields
        let sent = chunked ? "\(String(body.utf8.count, radix: 16))\r\n\(body)\r\n0\r\n\r\n" : body
        return "POST \(target) HTTP/1.1\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n" + sent
    }

    /// The status line, the header fields without the values of those that change, and the body.
    private static func parts(_ response: String) -> [String] {
        let halves = response.components(separatedBy: "\r\n\r\n"), lines = halves[0].components(separatedBy: "\r\n")
        return [lines[0]] + lines.dropFirst().map { $0.hasPrefix("Date: ") ? "Date" : $0 }.sorted() + halves.dropFirst()
    }

    @Test("requests that pages send are answered in place, unusual ones are not")
    func choice() async throws {
        try await run { app, _ in
            let door = app.installation.frontDoor
            func isInPlace(
                _ fields: HTTPFields = [.contentLength: "40"], _ target: String = "/api/collect", _ method: HTTPRequest.Method = .post
            ) -> Bool {
                var request = HTTPRequest(method: method, scheme: nil, authority: "localhost", path: target)
                request.headerFields = fields
                return door.endpointInPlace(request) != nil
            }
            #expect(isInPlace())
            #expect(isInPlace([.contentLength: "40", .contentType: "text/plain"], "/api/collect?key=pa_live_x&v=1"))
            #expect(isInPlace([.contentLength: "4096"]))
            #expect(!isInPlace([.contentLength: "4097"]))
            #expect(!isInPlace([.contentLength: "99999999999999999999"]))
            #expect(!isInPlace([:]))
            #expect(!isInPlace([.contentLength: "40"], "/api/collect", .get))
            #expect(!isInPlace([.contentLength: "40"], "/api/collect/"))
            #expect(!isInPlace([.contentLength: "40"], "/api/collector"))
            #expect(!isInPlace([.contentLength: "40"], "/api/v1/goals"))
            #expect(!isInPlace([.contentLength: "40", .contentEncoding: "gzip"]))
            #expect(!isInPlace([.contentLength: "40", .expect: "100-continue"]))
            #expect(!isInPlace([.contentLength: "40", .init("traceparent")!: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"]))
        }
    }

    @Test("the response is the same in place and with a task of its own")
    func same() async throws {
        let yaml = "server:\n  collection_origins: [https://example.com]\nlimits:\n  body_bytes: 3_000\n"
        try await run(yaml: yaml) { app, port in
            let key = app.keys[.ingest]!, target = "/api/collect?key=\(key)"
            let json = "Content-Type: application/json"
            let many = "[" + Array(repeating: Self.pageview, count: 40).joined(separator: ",") + "]"
            let tooMany = "[" + Array(repeating: "1", count: 1_001).joined(separator: ",") + "]"
            let tooLarge = #"{"type":"pageview","path":"/\#(String(repeating: "x", count: 3_000))"}"#
            let cases: [(body: String, target: String, fields: [String], status: Int)] = [
                (Self.pageview, target, [json], 200),
                (Self.pageview, "/api/collect", [json, "X-Pulse-Key: \(key)"], 200),
                (Self.pageview, target, ["Content-Type: text/plain;charset=UTF-8", "Origin: https://example.com"], 200),
                (Self.pageview, target, ["Content-Type: application/x-www-form-urlencoded"], 200),
                ("a=b", target, ["Content-Type: application/x-www-form-urlencoded"], 415),
                (Self.pageview, target, ["Content-Type: image/png"], 415),
                (Self.pageview, target, [json, "Origin: https://elsewhere.example"], 403),
                (Self.pageview, "/api/collect", [json], 401),
                (Self.pageview, "/api/collect?key=unknown", [json], 401),
                (Self.pageview, "/api/collect?key=\(app.keys[.query]!)", [json], 403),
                (#"[\#(Self.pageview),{"type":"pageview","path":7},{"type":"nope"}]"#, target, [json], 200),
                (#"{"events":[\#(Self.pageview)]}"#, target, [json], 200),
                (#"{"events":7}"#, target, [json], 400),
                (many, target, [json], 200),
                (tooMany, target, [json], 400),
                (tooLarge, target, [json], 413),
                (#"{"type":"pageview"}"#, target, [json], 400),
                (#"{"type":"nope"}"#, target, [json], 400),
                ("{", target, [json], 400),
                ("", target, [json], 400),
                (Self.pageview, target, [json, "User-Agent: Googlebot/2.1", "DNT: 1"], 200),
            ]
            for each in cases {
                #expect(each.body.utf8.count <= FrontDoor.maximumBytesInPlace)
                var responses: [[String]] = []
                for chunked in [false, true] {
                    let connection = try await RawConnection.open(port)
                    let fields = each.fields + ["X-Request-ID: same", "Connection: close"]
                    connection.send(Self.request(each.body, each.target, fields, chunked: chunked))
                    responses.append(Self.parts(try await connection.rest()))
                }
                #expect(responses[0] == responses[1])
                #expect(responses[0][0].hasPrefix("HTTP/1.1 \(each.status) "), "\(each)")
                #expect(responses[0].contains("Date"))
            }
            let ledger = try await app.get("/api/v1/ingest/ledger").json()["data"]!.elements[0]
            // Twice: 4 single pageviews, 1 of 3, 1 of 1 and 40. The bot's and all that is refused are not stored.
            #expect(ledger["stored"]?.integer == 92)
        }
    }

    @Test("requests sent at once are answered in order, in place or not")
    func pipelined() async throws {
        try await run { app, port in
            let target = "/api/collect?key=\(app.keys[.ingest]!)", bad = #"{"type":"pageview"}"#
            let connection = try await RawConnection.open(port)
            let round =
                Self.request(Self.pageview, target) + "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n" + Self.request(bad, target)
                + Self.request(Self.pageview, target, chunked: true) + Self.request(Self.pageview, target)
            let last = Self.request(bad, target, ["Connection: close"])
            connection.send(String(repeating: round, count: 40) + last)
            let received = try await connection.rest()
            let statuses = received.components(separatedBy: "HTTP/1.1 ").dropFirst().map { String($0.prefix(3)) }
            #expect(statuses == Array(repeating: ["200", "200", "400", "200", "200"], count: 40).flatMap(\.self) + ["400"])
            let stats = try await app.get("/api/v1/ingest/ledger").json()["data"]!.elements[0]
            #expect(stats["stored"]?.integer == 120)
            #expect(stats["received"]?.integer == 161)
        }
    }

    @Test("a thousand requests sent at once keep nobody waiting")
    func many() async throws {
        try await run { app, port in
            let target = "/api/collect?key=\(app.keys[.ingest]!)", bad = #"{"type":"pageview"}"#
            for (body, status) in [(Self.pageview, "200"), (bad, "400")] {
                let connection = try await RawConnection.open(port)
                let requests = String(repeating: Self.request(body, target), count: 999) + Self.request(body, target, ["Connection: close"])
                connection.send(requests)
                let received = try await connection.rest()
                #expect(received.components(separatedBy: "HTTP/1.1 \(status) ").count == 1_001)
            }
        }
    }

    @Test("a client that ends its sending half gets all answers")
    func halfClosed() async throws {
        try await run { app, port in
            let target = "/api/collect?key=\(app.keys[.ingest]!)"
            let inPlace = Self.request(Self.pageview, target), chunked = Self.request(Self.pageview, target, chunked: true)
            for (requests, count) in [
                (inPlace, 1), (String(repeating: inPlace, count: 50), 50), (String(repeating: inPlace + chunked, count: 20), 40),
                (inPlace + String(repeating: chunked, count: 20), 21), (String(repeating: chunked, count: 20) + inPlace, 21),
            ] {
                let connection = try await RawConnection.open(port)
                connection.send(requests)
                try await connection.endSending()
                #expect(try await connection.rest().components(separatedBy: "HTTP/1.1 200 ").count == count + 1)
            }
            #expect(try await app.get("/api/v1/ingest/ledger").json()["data"]!.elements[0]["stored"]?.integer == 133)
        }
    }

    @Test("a body that arrives byte by byte is answered once")
    func pieces() async throws {
        try await run { app, port in
            let connection = try await RawConnection.open(port)
            for byte in Self.request(Self.pageview, "/api/collect?key=\(app.keys[.ingest]!)", ["Connection: close"]) {
                connection.send(String(byte))
            }
            #expect(Self.parts(try await connection.rest()).last == #"{"ok":true}"#)
            #expect(try await app.get("/api/v1/ingest/ledger").json()["data"]!.elements[0]["stored"]?.integer == 1)
        }
    }

    @Test("requests are counted against the same rate limit in place and on the usual way")
    func rates() async throws {
        try await run { app, port in
            app.installation.pulse.set(.init(ingestPerSecond: 4))
            var remaining: [String] = []
            for chunked in [false, true, false, true, false] {
                let connection = try await RawConnection.open(port)
                connection.send(
                    Self.request(Self.pageview, "/api/collect?key=\(app.keys[.ingest]!)", ["Connection: close"], chunked: chunked))
                let parts = Self.parts(try await connection.rest())
                remaining.append(
                    parts[0].components(separatedBy: " ")[1] + " " + (parts.first { $0.hasPrefix("X-RateLimit-Remaining") } ?? ""))
            }
            #expect(
                remaining == [3, 2, 1, 0].map { "200 X-RateLimit-Remaining: \($0)" } + ["429 X-RateLimit-Remaining: 0"])
        }
    }

    @Test("the Date header has the format of HTTP")
    func date() {
        #expect(HTTPDate.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(HTTPDate.text(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
    }
}
