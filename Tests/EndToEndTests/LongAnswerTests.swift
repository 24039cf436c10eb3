import AllModules
import Core
import Foundation
@_spi(Host) @testable import Host
import HummingbirdTesting
import Testing
@testable import TestSupport

/// What is still being sent ends when its caller loses the right to it, on whichever host that happens, and nobody takes a part for the whole.
@Suite("Long answers", .modules(.all), .timeLimit(.minutes(1)))
struct LongAnswerTests {
    /// Answers a file of millions of rows.
    private struct ArchiveModule: AnalyticsModule {
        static let manifest = ModuleManifest(name: "archive", category: .platform, summaries: ["en": "Sends large files in tests."])

        init(_ setup: ModuleSetup = ModuleSetup()) {}

        var routes: [Route] {
            [
                Route(.get, "/api/v1/archive", "Triples of pages.", scope: .query, access: .read, success: .other("text/csv")) { call in
                    let rows = try await call.wholeScope().stream(
                        "archive.triples", "SELECT a.path AS one, b.path AS two, c.path AS three FROM pageviews a, pageviews b, pageviews c"
                    )
                    return .csv(rows, columns: ["one", "two", "three"], fileName: "archive.csv")
                }
            ]
        }
    }

    /// A key, and the hosts: one takes back the key, another one answers. They are the same host on the embedded engines.
    private static func run(
        _ profile: Profile,
        _ body: @escaping @Sendable (_ admin: TestApp, _ answering: TestApp, APIKey, _ secret: String) async throws -> Void
    ) async throws {
        let modules = try ModuleList.current.load() + [ArchiveModule()]
        @Sendable func ask(_ admin: TestApp, _ answering: TestApp) async throws {
            let directory = admin.installation.directory
            try await directory.setModules([.init(module: "archive", isEnabled: true, access: .all)], in: admin.project, by: "test")
            let (key, secret) = try await directory.createKey(.init(name: "k", scopes: [.query]), in: admin.project, by: "test")
            _ = try await Patience.until("the key on the other host") { answering.installation.directory.key(id: key.id) }
            let events = (0..<300).map { #"{"type":"pageview","path":"/\#($0)","visitor_id":"v"}"# }
            try await answering.collect("[\(events.joined(separator: ","))]")
            try await body(admin, answering, key, secret)
        }
        guard profile == .server else {
            return try await TestApp.run(profile, modules: modules, over: .socket) { try await ask($0, $0) }
        }
        let folder = NSTemporaryDirectory() + "pulse-test-" + UUID().uuidString, environment = try await profile.environment()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await TestApp.run(in: folder + "/a", environment: environment, modules: modules) { admin in
            try await TestApp.run(in: folder + "/b", environment: environment, modules: modules, over: .socket) { answering in
                try await ask(admin, answering)
            }
        }
    }

    private static func open(_ path: String, _ app: TestApp, _ secret: String) async throws -> RawConnection {
        let connection = try await RawConnection.open(try #require(app.client.port))
        connection.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\nX-Pulse-Key: \(secret)\r\n\r\n")
        return connection
    }

    private static func revoke(_ key: APIKey, _ admin: TestApp) async throws {
        let path = "/api/admin/projects/\(admin.project.id)/keys/\(key.id)"
        #expect(try await admin.delete(path, as: .token).status == 204)
    }

    @Test("a live stream ends in an orderly way, and shows nothing of what comes after", arguments: Profile.available)
    func live(profile: Profile) async throws {
        try await Self.run(profile) { admin, answering, key, secret in
            let connection = try await Self.open("/api/v1/stream", answering, secret)
            try await connection.receive(": connected")
            try await answering.collect(#"{"type":"pageview","path":"/before"}"#)
            try await connection.receive("/before")
            try await Self.revoke(key, admin)
            try await Patience.until("the end") { connection.received.hasSuffix("\r\n0\r\n\r\n") ? () : nil }
            try await answering.collect(#"{"type":"pageview","path":"/after"}"#)
            #expect(!connection.received.contains("/after"))
            connection.close()
        }
    }

    @Test("an export breaks off, so that what has arrived doesn't look like a whole file", arguments: Profile.available)
    func export(profile: Profile) async throws {
        try await Self.run(profile) { admin, answering, key, secret in
            let connection = try await Self.open("/api/v1/archive", answering, secret)
            try await connection.receive("one,two,three")
            try await Self.revoke(key, admin)
            try await Patience.until("the end") { connection.isClosed ? () : nil }
            #expect(connection.received.hasPrefix("HTTP/1.1 200 OK") && connection.wasReset)
            #expect(!connection.received.hasSuffix("\r\n0\r\n\r\n"))
            let again = try await answering.get("/api/v1/archive", as: .key(secret))
            #expect(again.status == 401)
        }
    }
}
