import NIOHTTP1
import Core
import Foundation
import Testing
@testable import TestSupport

/// That what is served was made from what is in the repository, and is as small as promised.
@Suite("The script as it is served")
struct ScriptFreshnessTests {
    private static let folder = "Modules/Core/Script/"

    @Test("the minified file was made from the source beside it: else run config/setup/script.sh")
    func isFresh() throws {
        let expected = try ["pulse.js", "pulse.min.js"].map { name in
            "\(Digest.sha256(String(decoding: try Repository.bytes(Self.folder + name), as: UTF8.self)))  \(name)\n"
        }
        #expect(String(decoding: try Repository.bytes(Self.folder + "pulse.sha256"), as: UTF8.self) == expected.joined())
    }

    @Test("it has at most 1,024 bytes gzipped")
    func isSmall() throws {
        #expect(Compression.gzip(try Repository.bytes(Self.folder + "pulse.min.js")).count <= 1_024)
    }

    @Test("it is served gzipped to who accepts that, plain to others, and not again to who has it")
    func isServed() async throws {
        let script = try Repository.bytes(Self.folder + "pulse.min.js")
        try await TestApp.run(over: .socket) { app in
            let url = app.address + "/api/script.js"
            let plain = try await HTTP.get(url)
            #expect(plain.status == 200)
            #expect(plain.bytes == script)
            #expect(plain.headers.first(name: "Content-Type") == "application/javascript; charset=utf-8")
            #expect(plain.headers.first(name: "Content-Encoding") == nil)
            #expect(plain.headers.first(name: "Vary") == "Accept-Encoding")
            #expect(plain.headers.first(name: "Cache-Control")?.contains("max-age=3600") == true)
            let tag = try #require(plain.headers.first(name: "ETag"))

            for accepted in ["gzip", "br, gzip;q=0.5", "*"] {
                let compressed = try await HTTP.get(url, headers: [("Accept-Encoding", accepted)])
                #expect(compressed.headers.first(name: "Content-Encoding") == "gzip", "\(accepted)")
                #expect(compressed.bytes.count <= 1_024)
                #expect(try Compression.inflate(compressed.bytes, maximum: 1 << 20, tooLarge: .body("too large")) == script)
            }
            for accepted in ["identity", "br", "gzip;q=0"] {
                let answer = try await HTTP.get(url, headers: [("Accept-Encoding", accepted)])
                #expect(answer.headers.first(name: "Content-Encoding") == nil, "\(accepted)")
                #expect(answer.bytes == script)
            }
            for known in [tag, "\"other\", \(tag)", "*", "W/\(tag)"] {
                let answer = try await HTTP.get(url, headers: [("If-None-Match", known)])
                #expect(answer.status == 304, "\(known)")
                #expect(answer.bytes.isEmpty)
                #expect(answer.headers.first(name: "ETag") == tag)
            }
            #expect(try await HTTP.get(url, headers: [("If-None-Match", "\"other\"")]).status == 200)

            // Any site's pages may load it.
            #expect(plain.headers.first(name: "Cross-Origin-Resource-Policy") == "cross-origin")
        }
    }
}
