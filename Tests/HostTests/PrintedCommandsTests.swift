@_spi(Host) import Access
import AllModules
import ArgumentParser
import Core
import Foundation
@_spi(Host) @testable import Host
import HTTPTypes
@_spi(Host) import Ingest
import NIOCore
@_spi(Host) import Platform
@_spi(Host) import Questions
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing
import TestSupport

/// Tries what the README, docs, pages and the program tell people to type, copy and open.
@Suite("Printed commands", .modules(.all))
struct PrintedCommandsTests {
    @Test("every printed pulse command can be parsed")
    func pulse() throws {
        let all = try PrintedTexts.documented("pulse") + PrintedTexts.documented(".build/release/pulse") + PrintedTexts.pulseCommands()
        #expect(all.count > 20 && all.contains { $0.file.hasSuffix("login.js") } && all.contains { $0.file.hasSuffix("start.js") })
        for command in Set(all) {
            let words = Array(command.words().dropFirst())
            do { _ = try PulseCommand.parseAsRoot(words) } catch {
                if PulseCommand.exitCode(for: error) == .success { continue }  // --help
                let message = PulseCommand.message(for: error)
                // A sentence may mention a command without its arguments.
                let isShort = command.isMention && message.hasPrefix("Missing expected argument") && words.count <= 2
                #expect(isShort, "\(command): \(message.prefix(200))")
            }
        }
    }

    @Test(
        "a command that the program doesn't have is not accepted",
        arguments: [
            "pulse key create --project \"My site\" --name me --scope query", "pulse project create \"My shop\" --domain shop.example",
        ])
    func refuses(text: String) {
        let words = PrintedCommand(text: text, file: "").words()
        #expect(throws: (any Error).self) { try PulseCommand.parseAsRoot(Array(words.dropFirst())) }
    }

    @Test("every printed make target is in the Makefile")
    func make() throws {
        let makefile = try PrintedTexts.read("Makefile"), commands = try PrintedTexts.documented("make")
        #expect(commands.count >= 3)
        for command in commands {
            let target = command.words()[1]
            #expect(makefile.contains("\n\(target):"), "\(command)")
        }
    }

    /// The request that a curl command sends.
    private struct Curl {
        var method: HTTPRequest.Method?, path = "", headers = HTTPFields(), body: String?

        init(_ words: [String]) {
            var words = words.dropFirst(), parts: [String] = []
            func next() -> String { words.popFirst() ?? "" }
            while let word = words.popFirst() {
                switch word {
                case "-X": method = HTTPRequest.Method(next())
                case "-H":
                    let parts = next().split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
                    if parts.count == 2, let name = HTTPField.Name(parts[0]) { headers[name] = parts[1] }
                case "-d": body = next()
                case "-F": parts.append(next())
                default: path = word.replacing(#/^https?:\/\/[^\/]*/#, with: "")
                }
            }
            if body != nil, headers[.contentType] == nil { headers[.contentType] = "application/x-www-form-urlencoded" }
            if !parts.isEmpty {
                headers[.contentType] = "multipart/form-data; boundary=curl"
                let map = #"{"version":3,"sources":["app.ts"],"names":[],"mappings":"AAAA"}"#
                body =
                    parts.map { part in
                        let (name, value) = (part.prefix { $0 != "=" }, part.drop { $0 != "=" }.dropFirst())
                        let isFile = value.hasPrefix("@")
                        return
                            "--curl\r\nContent-Disposition: form-data; name=\"\(name)\"\(isFile ? "; filename=\"\(value.dropFirst())\"" : "")\r\n\r\n\(isFile ? map : String(value))\r\n"
                    }.joined() + "--curl--\r\n"
            }
        }
    }

    @Test("every documented curl call gets the documented response")
    func curl() async throws {
        let commands = try PrintedTexts.documented("curl").filter { !$0.isMention }
        #expect(commands.count >= 6)
        try await TestApp.run { app in
            try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"ada"}"#)
            try await app.collect(#"{"type":"js_error","message":"Boom","path":"/","visitor_id":"bob"}"#)
            let error = try await app.get("/api/v1/errors").json()["data"]?.elements.first?["fingerprint"]?.string
            let variables = [
                "TOKEN": app.installation.adminToken, "BASE": "", "ID": app.project.id, "VISITOR": "ada", "FINGERPRINT": error ?? "",
                "INGEST_KEY": app.keys[.ingest]!, "QUERY_KEY": app.keys[.query]!,
            ]
            for command in commands {
                let call = Curl(command.words(variables)), method = call.method ?? (call.body == nil ? .get : .post)
                let answer = try await app.send(method, call.path, call.body.map { ByteBuffer(string: $0) }, headers: call.headers)
                #expect((200..<300).contains(answer.status), "\(command): \(answer.status) \(answer.body)")
            }
        }
    }

    @Test("every API path in the documents is a route, and the snippet's script is served")
    func addresses() async throws {
        try await TestApp.run { app in
            let routes = app.installation.registry.routes.map { $0.route.path.split(separator: "/").map(String.init) }
            let others = ["/docs", "/openapi.json", "/dashboard", "/healthz", "/readyz", "/metrics", "/api/script.js"]
            for address in others { #expect(try await app.get(address, as: .nobody).status == 200, "\(address)") }
            // The guide's example module is not in the binary.
            for file in PrintedTexts.documents where !["docs/decisions.md", "docs/writing-a-module.md"].contains(file) {
                let (blocks, inline) = PrintedTexts.code(of: try PrintedTexts.read(file))
                for text in blocks + inline {
                    for match in text.matches(
                        of:
                            #/(?:^|[\s"(]|https?:\/\/[^\/\s"]+|\$BASE)(\/(?:api|docs|dashboard|healthz|readyz|metrics|openapi\.json)\b[^\s"'`)?,;]*)/#
                    ) {
                        let address = String(match.1)
                        let parts = address.split(separator: "/").map(String.init)
                        let isRoute = routes.contains { route in
                            let isPrefix = parts.last == "..." || parts.last == "*"
                            let named = isPrefix ? Array(parts.dropLast()) : parts
                            guard isPrefix ? route.count >= named.count : route.count == named.count else { return false }
                            return zip(route, named).allSatisfy { $0.hasPrefix("{") || $0 == $1 || $1.hasPrefix("{") || $1.hasPrefix("$") }
                        }
                        #expect(isRoute || others.contains(address), "\(file): \(address)")
                    }
                }
            }
        }
    }

    @Test("every file that documents link to exists")
    func links() throws {
        for file in PrintedTexts.documents {
            let folder = (file as NSString).deletingLastPathComponent
            for match in try PrintedTexts.read(file).matches(of: #/\]\(([^)#\s]+)\)/#) where !match.1.contains("://") {
                let path = "\(PrintedTexts.root)/\(folder)/\(match.1)"
                #expect(FileManager.default.fileExists(atPath: path), "\(file): \(match.1)")
            }
        }
    }

    @Test("every script tag attribute in documents and pages is one that the script knows")
    func attributes() throws {
        let script = try PrintedTexts.files("Modules", ".js").filter { $0.contains("/Script/") && !$0.contains("/served/") }.map(
            PrintedTexts.read
        ).joined()
        let table = try PrintedTexts.read("docs/tracking-script.md")
        for file in PrintedTexts.documents + PrintedTexts.files("Modules", ".js").filter({ $0.contains("/Web/") }) {
            for match in try PrintedTexts.read(file).matches(of: #/data-([a-z]+(?:-[a-z]+)*)=\\?"/#) {
                let name = String(match.1), parts = name.split(separator: "-")
                let member = parts[0] + parts.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
                #expect(script.contains(member) && table.contains("| `data-\(name)` |"), "\(file): data-\(name)")
            }
        }
    }
}
