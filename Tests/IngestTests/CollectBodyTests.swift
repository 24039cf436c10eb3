import AllModules
import Core
import Testing
import TestSupport

@Suite("Collect: body and its encoding", .modules(.all))
struct CollectBodyTests {
    static let event = #"{"type":"pageview","path":"/"}"#

    @Test("accepts JSON with the content types that browsers and programs send, or with none", arguments: Profile.available)
    func contentTypes(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            let accepted = [
                "application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "APPLICATION/JSON",
                " application/json ",
                "text/plain", "text/plain;charset=UTF-8", "application/vnd.pulse+json", "application/csp-report+json", "",
                "; charset=utf-8",
            ]
            for type in accepted { try await Exchange(Self.event, headers: ["Content-Type": type]).check(app) }
            try await Exchange(Self.event).check(app)
            #expect(try await app.stats("pageviews") == Int64(accepted.count + 1))
            let refused = [
                ("multipart/form-data; boundary=x", "multipart/form-data"),
                ("text/html", "text/html"), ("application/jsonx", "application/jsonx"), ("json", "json"),
                (String(repeating: "x", count: 100), String(repeating: "x", count: 60) + "..."),
            ]
            for (type, named) in refused {
                try await Exchange(
                    Self.event, 415, "Unsupported content type '\(named)'; application/json or text/plain is accepted.",
                    headers: ["Content-Type": type]
                ).check(app)
            }
            #expect(
                try await app.ledger() == [
                    "12:00 received 17 = stored 12 + duplicate 0 + waiting 0 + invalid_body 5"
                ])
        }
    }

    @Test("accepts JSON with curl's default content type, and rejects real forms", arguments: Profile.available)
    func forms(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            for type in ["application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded; charset=UTF-8"] {
                let headers = ["Content-Type": type]
                try await Exchange(Self.event, headers: headers).check(app)
                try await Exchange(" \n [\(Self.event)]", 200, exactly: #"{"accepted":1,"ok":true}"#, headers: headers).check(app)
                let sentence = "Unsupported content type 'application/x-www-form-urlencoded'; application/json or text/plain is accepted."
                for form in ["type=pageview&path=%2F", "", "%7B%22type%22%3A%22pageview%22%7D="] {
                    try await Exchange(form, 415, sentence, headers: headers).check(app)
                }
            }
            #expect(try await app.ledger() == ["12:00 received 10 = stored 4 + duplicate 0 + waiting 0 + invalid_body 6"])
        }
    }

    @Test("accepts what a page sends with sendBeacon on leaving: text/plain, with the key in the URL", arguments: Profile.available)
    func beacon(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            let answer = try await app.post(
                "/api/collect?key=\(app.keys[.ingest]!)", Self.event, as: .nobody,
                headers: .named([
                    "Content-Type": "text/plain;charset=UTF-8", "Origin": "https://www.example.com", "Sec-Fetch-Mode": "no-cors",
                ]))
            #expect(answer.status == 200 && answer.body == #"{"ok":true}"#)
            #expect(try await app.stats("pageviews") == 1)
        }
    }

    @Test("decompresses gzip and deflate", arguments: Profile.available)
    func compressed(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            let bytes = Array(Self.event.utf8)
            let packed: [(String, [UInt8])] = [
                ("gzip", Compression.gzip(bytes)), ("x-gzip", Compression.gzip(bytes)), ("GZIP", Compression.gzip(bytes)),
                ("deflate", Zlib.stored(bytes)), ("identity", bytes), ("", bytes),
            ]
            for (encoding, body) in packed {
                let answer = try await app.collect(bytes: body, headers: .named(["Content-Encoding": encoding]))
                #expect(answer.status == 200 && answer.body == #"{"ok":true}"#, "\(encoding): \(answer.body)")
            }
            #expect(try await app.stats("pageviews") == 6)
            let damaged = "Invalid request body: the compressed data is damaged or truncated."
            let gzip = Compression.gzip(bytes)
            let broken: [(String, [UInt8], Int, String)] = [
                ("gzip", bytes, 400, damaged), ("gzip", [], 400, damaged), ("gzip", Array(gzip.dropLast()), 400, damaged),
                ("gzip", Array(gzip.prefix(5)), 400, damaged), ("gzip", gzip.enumerated().map { $0 == 15 ? $1 ^ 0xFF : $1 }, 400, damaged),
                ("deflate", Array(Zlib.stored(bytes).dropLast(2)), 400, damaged),
                ("br", bytes, 415, "Unsupported Content-Encoding 'br'; gzip, deflate or none is accepted."),
                ("gzip, gzip", gzip, 415, "Unsupported Content-Encoding 'gzip, gzip'; gzip, deflate or none is accepted."),
            ]
            for (encoding, body, status, sentence) in broken {
                let answer = try await app.collect(bytes: body, headers: .named(["Content-Encoding": encoding]))
                #expect(
                    answer.status == status && answer.body == #"{"error":"\#(sentence)"}"#, "\(encoding): \(answer.status) \(answer.body)")
            }
            #expect(try await app.ledger() == ["12:00 received 14 = stored 6 + duplicate 0 + waiting 0 + invalid_body 8"])
        }
    }

    static let tooLarge = #"{"error":"The request body is too large; the limit is 1048576 bytes."}"#

    @Test("accepts a body of exactly 1 MB, compressed or not, and not a byte more", arguments: Profile.available)
    func size(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            func body(_ count: Int) -> [UInt8] { Array(Self.event.utf8) + [UInt8](repeating: 0x20, count: count - Self.event.utf8.count) }
            let limit = 1_048_576
            for bytes in [body(limit), body(limit - 1)] {
                #expect(try await app.collect(bytes: bytes).status == 200)
                #expect(try await app.collect(bytes: Compression.gzip(bytes), headers: .named(["Content-Encoding": "gzip"])).status == 200)
            }
            for (bytes, encoding) in [
                (body(limit + 1), ""), (body(3 * limit), ""), (Compression.gzip(body(limit + 1)), "gzip"),
                // 100 MB of spaces compress to 100 KB.
                (Compression.gzip(body(100 * limit)), "gzip"),
            ] {
                let answer = try await app.collect(bytes: bytes, headers: .named(["Content-Encoding": encoding]))
                #expect(answer.status == 413 && answer.body == Self.tooLarge)
            }
            #expect(try await app.ledger() == ["12:00 received 8 = stored 4 + duplicate 0 + waiting 0 + body_too_large 4"])
        }
    }

    @Test("over a socket, a body that is too large gets a 413, and normal requests are answered")
    func sizeOverSocket() async throws {
        try await TestApp.run(over: .socket) { app in
            let large = [UInt8](repeating: 0x20, count: 1_200_000)
            let answer = try await app.collect(bytes: large)
            #expect(answer.status == 413 && answer.body == Self.tooLarge)
        }
        try await TestApp.run(over: .socket) { app in
            for _ in 0..<3 {
                let answer = try await app.collect(Self.event)
                #expect(answer.body == #"{"ok":true}"#)
            }
            let pageviews = try await app.stats("pageviews")
            #expect(pageviews == 3)
        }
    }
}

/// The zlib format without compression, which is what HTTP calls deflate.
enum Zlib {
    /// `bytes`, at most 65,535 of them, as one stored block.
    /// - Source: RFC 1950 and RFC 1951, section 3.2.4.
    static func stored(_ bytes: [UInt8]) -> [UInt8] {
        let count = UInt16(bytes.count)
        var a: UInt32 = 1, b: UInt32 = 0
        for byte in bytes {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        let sum = b << 16 | a
        return [0x78, 0x01, 0x01, UInt8(count & 0xFF), UInt8(count >> 8), UInt8(~count & 0xFF), UInt8(~count >> 8)] + bytes
            + [24, 16, 8, 0].map { UInt8(sum >> $0 & 0xFF) }
    }
}
