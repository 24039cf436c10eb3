import NIOHTTP1
import Core
import Foundation
import Testing
@testable import TestSupport

/// That what is served was made from what is in the repository, and is as small as promised.
@Suite("The script as it is served")
struct ScriptFreshnessTests {
    private static let folder = "Modules/Core/Script/"

    /// Files of a folder below `Script`, in order.
    private static func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: Repository.path(Self.folder + folder)).sorted().map { folder + "/" + $0 }
    }

    @Test("the minified files were made from the sources beside them: else run config/setup/script.sh")
    func isFresh() throws {
        let expected = try (["pulse.js"] + Self.files("features") + Self.files("served")).map { name in
            "\(Digest.sha256(String(decoding: try Repository.bytes(Self.folder + name), as: UTF8.self)))  \(name)\n"
        }
        #expect(String(decoding: try Repository.bytes(Self.folder + "served.sha256"), as: UTF8.self) == expected.joined())
        #expect(try Self.files("served").count == Self.files("features").count + 1)
    }

    @Test("what every page loads has at most 1,024 bytes gzipped, a feature 2,048; replay alone may be larger")
    func isSmall() throws {
        for name in try Self.files("served") where name != "served/replay.min.js" {
            let size = Compression.gzip(try Repository.bytes(Self.folder + name)).count
            #expect(size <= (name == "served/pulse.min.js" ? 1_024 : 2_048), "\(name)")
        }
    }

    @Test("a feature is served under the version that the core asks for, to be kept for ever; under any other for a short time")
    func features() async throws {
        let core = String(decoding: try Repository.bytes(Self.folder + "served/pulse.min.js"), as: UTF8.self)
        let version = try #require(core.split(separator: "more.js?").last?.prefix { $0 != "\"" })
        #expect(version.count == 3)
        // A module that collects whatever the script can send.
        try await TestApp.run(modules: [Recorder()], over: .socket) { app in
            for name in try Self.files("features").compactMap({ $0.split(separator: "/").last.map(String.init) }) {
                let url = app.address + "/api/script/\(name)", file = try Repository.bytes(Self.folder + "served/\(name.dropLast(3)).min.js")
                let current = try await HTTP.get(url + "?\(version)", headers: [("Origin", "https://example.com")])
                #expect(current.status == 200)
                #expect(current.bytes == file)
                #expect(current.headers.first(name: "Content-Type") == "application/javascript; charset=utf-8")
                #expect(current.headers.first(name: "Cache-Control") == "public, max-age=31536000, immutable")
                // Modules are fetched with CORS.
                #expect(current.headers.first(name: "Access-Control-Allow-Origin") == "*")
                let tag = try #require(current.headers.first(name: "ETag"))
                #expect(try await HTTP.get(url + "?\(version)", headers: [("If-None-Match", tag)]).status == 304)
                let compressed = try await HTTP.get(url + "?\(version)", headers: [("Accept-Encoding", "gzip")])
                #expect(try Compression.inflate(compressed.bytes, maximum: 1 << 20, tooLarge: .body("too large")) == file)
                for query in ["", "?00000", "?v=\(version)"] {
                    #expect(try await HTTP.get(url + query).headers.first(name: "Cache-Control") == "public, max-age=300")
                }
            }
            for name in ["nothing.js", "pulse.js", "clicks", "..%2Fpulse.js", "%00"] {
                let answer = try await HTTP.get(app.address + "/api/script/\(name)")
                #expect(answer.status == 404, "\(name): \(answer.body)")
            }
        }
    }

    @Test("it is served gzipped to who accepts that, plain to others, and not again to who has it")
    func isServed() async throws {
        let script = try Repository.bytes(Self.folder + "served/pulse.min.js")
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
