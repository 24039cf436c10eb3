import AllModules
import Core
import Foundation
import NIOHTTP1
import Testing
@testable import TestSupport

/// The served files are made from the sources in the repository, and are as small as promised.
@Suite("The served script", .modules(.all))
struct ScriptFreshnessTests {
    /// Every `.js` file in the modules' folders `Script`, or in their folders `Script/served`, by path.
    private static func files(served: Bool) throws -> [String] {
        let modules = try FileManager.default.contentsOfDirectory(atPath: Repository.path("Modules"))
        return modules.map { "Modules/\($0)/Script" + (served ? "/served" : "") }.flatMap { folder in
            let names = (try? FileManager.default.contentsOfDirectory(atPath: Repository.path(folder))) ?? []
            return names.filter { $0.hasSuffix(".js") }.map { "\(folder)/\($0)" }
        }.sorted()
    }

    private static let core = "Modules/Traffic/Script/served/pulse.min.js"

    @Test("the minified files were built from the current sources; if not, run config/setup/script.sh")
    func isFresh() throws {
        let sources = try Self.files(served: false), served = try Self.files(served: true)
        let expected = try Set(
            (sources + served).map { "\(Digest.sha256(String(decoding: try Repository.bytes($0), as: UTF8.self)))  \($0)" })
        let lines = String(decoding: try Repository.bytes("Modules/Traffic/Script/served.sha256"), as: UTF8.self).split(separator: "\n")
        #expect(Set(lines.map(String.init)) == expected)
        #expect(served == sources.map { $0.replacing("/Script/", with: "/Script/served/").replacing(".js", with: ".min.js") })
    }

    @Test("the core has at most 1,024 bytes gzipped, a feature 2,048; only replay may be larger")
    func isSmall() throws {
        for name in try Self.files(served: true) where !name.hasSuffix("/replay.min.js") {
            let size = Compression.gzip(try Repository.bytes(name)).count
            #expect(size <= (name == Self.core ? 1_024 : 2_048), "\(name)")
        }
    }

    @Test("a feature can be cached forever under the version that the core requests, and for a short time under any other")
    func features() async throws {
        let core = String(decoding: try Repository.bytes(Self.core), as: UTF8.self)
        let version = try #require(core.split(separator: "more.js?").last?.prefix { $0 != "\"" })
        #expect(version.count == 3)
        // A module that collects whatever the script can send.
        try await TestApp.run(modules: [Recorder()], over: .socket) { app in
            for path in try Self.files(served: true) where path != Self.core {
                let name = path.split(separator: "/").last!.replacing(".min.js", with: ".js")
                let url = app.address + "/api/script/\(name)", file = try Repository.bytes(path)
                let current = try await HTTP.get(url + "?\(version)", headers: [("Origin", "https://example.com")])
                #expect(current.status == 200)
                #expect(current.bytes == file)
                #expect(current.headers.first(name: "Content-Type") == "application/javascript; charset=utf-8")
                #expect(current.headers.first(name: "Cache-Control") == "public, max-age=31536000, immutable")
                // JavaScript modules are fetched with CORS.
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

    @Test("it is gzipped for clients that accept that, plain for others, and not sent again to clients that have it")
    func isServed() async throws {
        let script = try Repository.bytes(Self.core)
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
