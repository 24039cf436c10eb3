import AllModules
import Core
@testable import Host
@_spi(Host) import Questions
import Testing
import TestSupport

/// The headers for browsers and caches on every response, and which sites may send events.
@Suite("Browsers and caches", .modules(.all))
struct ResponseHeaderTests {
    private static let resourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")!
    private static let site: HTTPFields = [.origin: "https://shop.example"]

    // MARK: Pages of other sites

    @Test(
        "collection and the script are open to pages of all sites, everything else to none",
        arguments: [
            ("/api/script.js", true), ("/api/script/more.js", true), ("/api/collect.gif", true), ("/metrics", false), ("/readyz", false),
            ("/healthz", false), ("/openapi.json", false), ("/dashboard/session", false), ("/dashboard", false), ("/docs", false),
            ("/api/v1/stats", false),
            ("/", false), ("/nothing", false),
        ])
    func sites(path: String, isForSites: Bool) async throws {
        try await TestApp.run { app in
            for caller in [TestApp.Caller.nobody, .query] {
                let answer = try await app.get(path, as: caller, headers: Self.site)
                #expect(answer.headers[.accessControlAllowOrigin] == (isForSites ? "*" : nil))
                #expect(answer.headers[Self.resourcePolicy] == (isForSites ? "cross-origin" : "same-origin"))
            }
            #expect(try await app.send(.options, path, headers: Self.site).headers[.accessControlAllowOrigin] == (isForSites ? "*" : nil))
        }
    }

    @Test("a preflight allows the methods of the path")
    func preflight() async throws {
        try await TestApp.run(yaml: "server: {allowed_origins: [\"https://shop.example\"]}") { app in
            func methods(_ path: String) async throws -> String? {
                try await app.send(.options, path, headers: Self.site).headers[.accessControlAllowMethods]
            }
            for (path, expected) in [
                ("/api/collect", "POST"), ("/api/v1/stats", "GET, HEAD"), ("/api/v1/goals/1", "DELETE, GET, HEAD, PUT"),
            ] {
                let allowed = try await methods(path)
                #expect(allowed == expected)
            }
        }
    }

    @Test("collection rejects events from pages of unlisted sites, and the ledger counts them", arguments: Profile.available)
    func foreignOrigins(profile: Profile) async throws {
        let yaml = "server: {collection_origins: [\"https://shop.example\"], public_url: \"https://stats.example.com\"}"
        try await TestApp.run(profile, yaml: yaml) { app in
            let event = #"{"type":"pageview","path":"/"}"#
            func collect(_ headers: HTTPFields, as caller: TestApp.Caller = .ingest) async throws -> Int {
                try await app.collect(event, as: caller, headers: headers).status
            }
            for listed in ["https://shop.example", "HTTPS://SHOP.example", "https://stats.example.com"] {
                #expect(try await collect([.origin: listed]) == 200)
            }
            #expect(try await collect([:]) == 200)
            // Origins are not checked for server keys, because a server passes on what its own clients sent.
            #expect(try await collect([.origin: "https://evil.example"], as: .server) == 200)
            for foreign in [
                "https://evil.example", "https://shop.example.evil.example", "http://shop.example", "https://shop.example:8443", "null",
            ] {
                let answer = try await app.collect(event, headers: [.origin: foreign, .contentType: "text/plain;charset=UTF-8"])
                #expect(answer.status == 403)
                #expect(
                    answer.body
                        == #"{"error":"Pages on this site may not send events to this Pulse: server.collection_origins does not list the site."}"#
                )
            }
            func image(_ referer: String) async throws -> Int {
                try await app.get("/api/collect.gif?path=/", as: .ingest, headers: [.init("Referer")!: referer]).status
            }
            #expect(try await image("https://shop.example/basket?a=1") == 200)
            #expect(try await image("https://evil.example/") == 403)
            // The list restricts collection, not reports.
            #expect(try await app.get("/api/v1/stats", headers: [.origin: "https://evil.example"]).status == 200)
            let hours = try await app.get("/api/v1/ingest/ledger").json()["data"]?.elements ?? []
            #expect(hours.count == 1)
            #expect(hours.first?["refused"]?["foreign_origin"]?.integer == 6)
            #expect(hours.first?["received"]?.integer == 12 && hours.first?["stored"]?.integer == 6)
        }
    }

    // MARK: Caches

    @Test(
        "a response that needs a credential is never cached, not even a rejection",
        arguments: [
            (.get, "/api/v1/stats", .query), (.get, "/api/v1/stats", .ingest), (.get, "/api/v1/stats", .nobody),
            (.get, "/api/v1/identity/profiles", .query),
            (.get, "/api/v1/bi/connections", .query), (.get, "/api/admin/projects", .token), (.get, "/api/v1/nothing", .query),
            (.get, "/readyz", .nobody),
            (.post, "/api/admin/projects", .token),
        ] as [(HTTPRequest.Method, String, TestApp.Caller)])
    func caching(method: HTTPRequest.Method, path: String, caller: TestApp.Caller) async throws {
        try await TestApp.run { app in
            let answer = try await app.send(method, path, as: caller)
            #expect(answer.headers[.cacheControl] == "private, no-store")
            #expect(answer.headers[.vary] == "X-Pulse-Key, Authorization, Cookie")
        }
    }

    @Test("a response keeps its own cache headers; the response to an event gets none, because no cache stores it")
    func ownCaching() async throws {
        try await TestApp.run { app in
            #expect(try await app.send(.post, "/api/collect", as: .ingest).headers[.cacheControl] == nil)
            for (path, caching) in [
                ("/api/script.js", "public, max-age=3600, stale-while-revalidate=86400"), ("/dashboard", "no-cache"),
                ("/dashboard/session", "no-store"),
            ] {
                let answer = try await app.get(path, as: .nobody)
                #expect(answer.headers[.cacheControl] == caching)
            }
        }
    }

    // MARK: The root of the host

    @Test("the root redirects to the dashboard; the icon and robots.txt exist")
    func roots() async throws {
        try await TestApp.run { app in
            let root = try await app.get("/", as: .nobody)
            #expect(root.status == 302 && root.headers[.location] == "/dashboard")
            let icon = try await app.get("/favicon.ico", as: .nobody)
            #expect(icon.status == 200 && icon.headers[.contentType] == "image/svg+xml; charset=utf-8" && icon.body.hasPrefix("<svg "))
            #expect(try await app.get("/robots.txt", as: .nobody).body == "User-agent: *\nAllow: /api/script\nDisallow: /\n")
        }
    }

    @Test("metrics can be switched off")
    func metrics() async throws {
        for (isOn, status) in [(false, 404), (true, 200)] {
            try await TestApp.run(yaml: "telemetry: {metrics: \(isOn)}") { app in
                let answer = try await app.get("/metrics", as: .nobody)
                #expect(answer.status == status)
            }
        }
    }
}
