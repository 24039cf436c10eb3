@_spi(Host) import Access
import AllModules
import Core
@_spi(Host) import Settings
import Testing
import TestSupport

@Suite("Rate limits", .modules(.all))
struct RateLimitTests {
    private static let sentence = #"{"error":"Rate limit exceeded. Retry after 1 second."}"#

    /// The response's rate-limit headers: limit, remaining, reset and Retry-After. A missing header is "-".
    private static func limitHeaders(_ answer: TestApp.Answer) -> String {
        ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"].map { answer.headers[.init($0)!] ?? "-" }
            .joined(separator: " ")
    }

    /// Sends a cheap request that counts against the same bucket as `endpoint`.
    private static func spend(_ endpoint: Endpoint, in fixture: AccessFixture) async throws -> TestApp.Answer {
        switch endpoint.kind {
        case .ingest, .frontend: try await fixture.app.post("/api/v1/probe/ping", as: .ingest)
        case .query, .adminKey:
            try await fixture.app.post("/api/v1/probe/echo", #"{"text":"a"}"#, as: endpoint.kind == .query ? .query : .admin)
        case .admin, .installation, .publicToken, .anonymous:
            try await fixture.app.get("/api/admin/projects/\(fixture.project.id)", as: .token)
        }
    }

    @Test("apply to every route, are reported in headers and reset after a second", arguments: Profile.available)
    func everyRoute(profile: Profile) async throws {
        try await AccessFixture.open(profile) { fixture in
            // Redis uses its own clock, which the test can't advance.
            guard fixture.hasOwnClock else { return }
            fixture.setLimits(ingest: 2, query: 2, admin: 2)
            let endpoints = fixture.endpoints.filter { $0.hasCredential }
            #expect(endpoints.count > 35)
            for endpoint in endpoints {
                fixture.app.time.advance(seconds: 1)
                #expect(try await Self.limitHeaders(Self.spend(endpoint, in: fixture)) == "2 1 1 -")
                #expect(try await Self.limitHeaders(Self.spend(endpoint, in: fixture)) == "2 0 1 -")
                let refused = try await fixture.ask(endpoint, as: fixture.owner(of: endpoint))
                #expect(refused.status == 429, "\(endpoint) answered \(refused.status) \(refused.body)")
                #expect(refused.body == Self.sentence, "\(endpoint)")
                #expect(Self.limitHeaders(refused) == "2 0 1 1", "\(endpoint)")
                fixture.app.time.advance(milliseconds: 499)
                #expect(
                    try await fixture.ask(endpoint, as: fixture.owner(of: endpoint)).status == 429, "\(endpoint) accepts requests too early"
                )
                fixture.app.time.advance(milliseconds: 501)
                let open = try await fixture.ask(endpoint, as: fixture.owner(of: endpoint))
                #expect(open.status != 429, "\(endpoint) is still limited after a second")
                #expect(Self.limitHeaders(open) == "2 1 1 -", "\(endpoint)")
            }
        }
    }

    @Test("apply with Redis too", arguments: Profile.available)
    func shared(profile: Profile) async throws {
        try await AccessFixture.open(profile) { fixture in
            fixture.setLimits(ingest: 1, query: 1, admin: 1)
            for endpoint in fixture.endpoints where endpoint.hasCredential {
                // A second may pass between two requests, but not between all of twenty.
                var answer = try await fixture.ask(endpoint, as: fixture.owner(of: endpoint))
                for _ in 0..<20 where answer.status != 429 { answer = try await fixture.ask(endpoint, as: fixture.owner(of: endpoint)) }
                #expect(answer.status == 429, "\(endpoint) answered \(answer.status) \(answer.body)")
                #expect(answer.body == Self.sentence, "\(endpoint)")
                #expect(Self.limitHeaders(answer) == "1 0 1 1", "\(endpoint)")
            }
        }
    }

    @Test("projects, administrators and collection have separate buckets", arguments: Profile.available)
    func buckets(profile: Profile) async throws {
        try await AccessFixture.open(profile) { fixture in
            fixture.setLimits(ingest: 1, query: 1, admin: 1)
            let app = fixture.app
            func exhaust(_ ask: () async throws -> TestApp.Answer) async throws {
                for _ in 0..<20 where try await ask().status == 429 { return }
                Issue.record("the limit is not enforced")
            }
            try await exhaust { try await app.post("/api/v1/probe/echo", #"{"text":"a"}"#, as: .query) }
            // All keys of a project share its bucket ...
            if fixture.hasOwnClock {
                let second = try await fixture.key([.query])
                #expect(try await app.post("/api/v1/probe/echo", #"{"text":"a"}"#, as: .key(second)).status == 429)
                #expect(try await app.post("/api/v1/probe/echo", #"{"text":"a"}"#, as: .admin).status == 429)
            }
            // ... but collection, other projects and administrators have their own.
            #expect(try await app.post("/api/v1/probe/ping", as: .ingest).status == 200)
            #expect(try await app.post("/api/v1/probe/echo", #"{"text":"a"}"#, as: .key(fixture.otherKeys[.query]!)).status == 200)
            let path = "/api/admin/projects/\(fixture.project.id)"
            try await exhaust { try await app.get(path, as: .token) }
            #expect(try await app.get(path, as: .admin).status == 200)
            try await exhaust { try await app.get(path, as: .admin) }
            let secondAdmin = try await fixture.key([.admin])
            #expect(try await app.get(path, as: .bearer(secondAdmin)).status == 200)
        }
    }

    @Test("callers without a valid credential don't count against the limit")
    func strangersDoNotCount() async throws {
        try await AccessFixture.open(.embedded) { fixture in
            fixture.setLimits(ingest: 2, query: 2, admin: 2)
            for _ in 0..<10 {
                for caller in [TestApp.Caller.nobody, .key("wrong")] {
                    let answer = try await fixture.app.get("/api/v1/gadgets", as: caller)
                    #expect(answer.status == 401)
                    #expect(Self.limitHeaders(answer) == "- - - -")
                }
                #expect(try await fixture.app.get("/api/admin/projects", as: .bearer("wrong")).status == 401)
            }
            #expect(try await Self.limitHeaders(fixture.app.get("/api/v1/gadgets")) == "2 1 1 -")
            #expect(try await Self.limitHeaders(fixture.app.get("/api/admin/projects", as: .token)) == "2 1 1 -")
        }
    }

    @Test("every counted request gets rate-limit headers, regardless of its status")
    func labels() async throws {
        try await AccessFixture.open(.embedded) { fixture in
            let app = fixture.app
            fixture.setLimits(ingest: 10, query: 10, admin: 10)
            #expect(try await Self.limitHeaders(app.get("/api/v1/gadgets/\(Endpoint.unknownID)")) == "10 9 1 -")
            #expect(try await Self.limitHeaders(app.post("/api/v1/gadgets", "{", as: .query)) == "10 8 1 -")
            #expect(try await Self.limitHeaders(app.get("/api/v1/gadgets?limit=x")) == "10 7 1 -")
            // The ingest key is public and lacks the scope for this route, so it must not use up the project's limit.
            #expect(try await Self.limitHeaders(app.get("/api/v1/gadgets", as: .ingest)) == "10 9 1 -")
            try await fixture.set("probe", isEnabled: false)
            #expect(try await Self.limitHeaders(app.get("/api/v1/gadgets")) == "10 6 1 -")
            #expect(try await Self.limitHeaders(app.post("/api/admin/projects", "{", as: .token)) == "10 9 1 -")
            #expect(try await Self.limitHeaders(app.get("/api/admin/projects/\(Endpoint.unknownID)", as: .token)) == "10 8 1 -")
            #expect(try await Self.limitHeaders(app.get("/healthz", as: .nobody)) == "- - - -")
        }
    }

    @Test("a limit of 0 means no limit, and a configuration change applies immediately")
    func live() async throws {
        try await AccessFixture.open(.embedded) { fixture in
            for _ in 0..<300 { #expect(try await fixture.app.post("/api/v1/probe/ping", as: .ingest).status == 200) }
            #expect(try await Self.limitHeaders(fixture.app.post("/api/v1/probe/ping", as: .ingest)) == "- - - -")
            fixture.setLimits(ingest: 3)
            var statuses: [Int] = []
            for _ in 0..<5 { statuses.append(try await fixture.app.post("/api/v1/probe/ping", as: .ingest).status) }
            #expect(statuses == [200, 200, 200, 429, 429])
            fixture.setLimits(ingest: 0)
            #expect(try await fixture.app.post("/api/v1/probe/ping", as: .ingest).status == 200)
        }
    }

    @Test("a bucket refills evenly, up to one second's worth")
    func refill() async throws {
        try await AccessFixture.open(.embedded) { fixture in
            fixture.setLimits(ingest: 4)
            func passed(_ count: Int) async throws -> Int {
                var passed = 0
                for _ in 0..<count where try await fixture.app.post("/api/v1/probe/ping", as: .ingest).status == 200 { passed += 1 }
                return passed
            }
            var all = [try await passed(10)]
            for milliseconds: Int64 in [250, 500, 3_600_000] {
                fixture.app.time.advance(milliseconds: milliseconds)
                all.append(try await passed(10))
            }
            #expect(all == [4, 1, 2, 4])
        }
    }

    @Test("the default limits per second are 100 for collection, 100 for queries and 20 for administrators")
    func defaults() throws {
        let configuration = try HostConfiguration.parse("", knownModules: [])
        #expect(configuration.limits.ingestPerSecond == 100)
        #expect(configuration.limits.queryPerSecond == 100)
        #expect(configuration.limits.adminPerSecond == 20)
        #expect(PulseSurface.Limits() == .init(ingestPerSecond: 100, queryPerSecond: 100, adminPerSecond: 20))
    }
}
