import Core
import TestSupport
import Testing

@Suite("Rate limits")
struct RateLimitTests {
    private static let sentence = #"{"error":"Rate limit exceeded. Retry after 1 second."}"#

    /// Where a caller stands, as the answer's headers say: limit, remaining, reset, Retry-After; "-" for none.
    private static func told(_ answer: TestApp.Answer) -> String {
        ["X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "Retry-After"].map { answer.headers[.init($0)!] ?? "-" }
            .joined(separator: " ")
    }

    /// A request of the same bucket that costs nothing: who may ask `endpoint` may ask it.
    private static func spend(_ endpoint: Endpoint, in house: House) async throws -> TestApp.Answer {
        switch endpoint.kind {
        case .ingest, .frontend: try await house.app.post("/api/v1/probe/ping", as: .ingest)
        case .query, .adminKey: try await house.app.post("/api/v1/probe/echo", #"{"text":"a"}"#, as: endpoint.kind == .query ? .query : .admin)
        case .admin, .installation, .publicToken, .anonymous: try await house.app.get("/api/admin/projects/\(house.project.id)", as: .token)
        }
    }

    @Test("hold at every route, say so in the headers, and end after a second", arguments: Profile.available)
    func everyRoute(profile: Profile) async throws {
        try await House.open(profile) { house in
            // Redis counts by its own clock: there the second is not ours to pass.
            guard house.hasOwnClock else { return }
            house.setLimits(ingest: 2, query: 2, admin: 2)
            let endpoints = house.endpoints.filter { $0.hasCredential }
            #expect(endpoints.count > 35)
            for endpoint in endpoints {
                house.app.time.advance(seconds: 1)
                #expect(try await Self.told(Self.spend(endpoint, in: house)) == "2 1 1 -")
                #expect(try await Self.told(Self.spend(endpoint, in: house)) == "2 0 1 -")
                let refused = try await house.ask(endpoint, as: house.owner(of: endpoint))
                #expect(refused.status == 429, "\(endpoint) answered \(refused.status) \(refused.body)")
                #expect(refused.body == Self.sentence, "\(endpoint)")
                #expect(Self.told(refused) == "2 0 1 1", "\(endpoint)")
                house.app.time.advance(milliseconds: 499)
                #expect(try await house.ask(endpoint, as: house.owner(of: endpoint)).status == 429, "\(endpoint) is open too early")
                house.app.time.advance(milliseconds: 501)
                let open = try await house.ask(endpoint, as: house.owner(of: endpoint))
                #expect(open.status != 429, "\(endpoint) stays closed")
                #expect(Self.told(open) == "2 1 1 -", "\(endpoint)")
            }
        }
    }

    @Test("hold where Redis counts", arguments: Profile.available)
    func shared(profile: Profile) async throws {
        try await House.open(profile) { house in
            house.setLimits(ingest: 1, query: 1, admin: 1)
            for endpoint in house.endpoints where endpoint.hasCredential {
                // A second may pass between two requests; hardly between two of twenty.
                var answer = try await house.ask(endpoint, as: house.owner(of: endpoint))
                for _ in 0..<20 where answer.status != 429 { answer = try await house.ask(endpoint, as: house.owner(of: endpoint)) }
                #expect(answer.status == 429, "\(endpoint) answered \(answer.status) \(answer.body)")
                #expect(answer.body == Self.sentence, "\(endpoint)")
                #expect(Self.told(answer) == "1 0 1 1", "\(endpoint)")
            }
        }
    }

    @Test("everybody has a bucket of their own", arguments: Profile.available)
    func buckets(profile: Profile) async throws {
        try await House.open(profile) { house in
            house.setLimits(ingest: 1, query: 1, admin: 1)
            let app = house.app
            func exhaust(_ ask: () async throws -> TestApp.Answer) async throws {
                for _ in 0..<20 where try await ask().status == 429 { return }
                Issue.record("the limit does not hold")
            }
            try await exhaust { try await app.post("/api/v1/probe/echo", #"{"text":"a"}"#, as: .query) }
            // Another key of the project shares its bucket ...
            if house.hasOwnClock {
                let second = try await house.key([.query])
                #expect(try await app.post("/api/v1/probe/echo", #"{"text":"a"}"#, as: .key(second)).status == 429)
                #expect(try await app.post("/api/v1/probe/echo", #"{"text":"a"}"#, as: .admin).status == 429)
            }
            // ... but collection, other projects and administrators do not.
            #expect(try await app.post("/api/v1/probe/ping", as: .ingest).status == 200)
            #expect(try await app.post("/api/v1/probe/echo", #"{"text":"a"}"#, as: .key(house.otherKeys[.query]!)).status == 200)
            let path = "/api/admin/projects/\(house.project.id)"
            try await exhaust { try await app.get(path, as: .token) }
            #expect(try await app.get(path, as: .admin).status == 200)
            try await exhaust { try await app.get(path, as: .admin) }
            let secondAdmin = try await house.key([.admin])
            #expect(try await app.get(path, as: .bearer(secondAdmin)).status == 200)
        }
    }

    @Test("who is not let in is not counted, and takes nothing from those who are")
    func strangersDoNotCount() async throws {
        try await House.open(.embedded) { house in
            house.setLimits(ingest: 2, query: 2, admin: 2)
            for _ in 0..<10 {
                for caller in [TestApp.Caller.nobody, .key("wrong")] {
                    let answer = try await house.app.get("/api/v1/gadgets", as: caller)
                    #expect(answer.status == 401)
                    #expect(Self.told(answer) == "- - - -")
                }
                #expect(try await house.app.get("/api/admin/projects", as: .bearer("wrong")).status == 401)
            }
            #expect(try await Self.told(house.app.get("/api/v1/gadgets")) == "2 1 1 -")
            #expect(try await Self.told(house.app.get("/api/admin/projects", as: .token)) == "2 1 1 -")
        }
    }

    @Test("whoever was counted is told, whatever the answer")
    func labels() async throws {
        try await House.open(.embedded) { house in
            let app = house.app
            house.setLimits(ingest: 10, query: 10, admin: 10)
            #expect(try await Self.told(app.get("/api/v1/gadgets/\(Endpoint.unknownID)")) == "10 9 1 -")
            #expect(try await Self.told(app.post("/api/v1/gadgets", "{", as: .query)) == "10 8 1 -")
            #expect(try await Self.told(app.get("/api/v1/gadgets?limit=x")) == "10 7 1 -")
            // The key that stands in every page has no scope here, and takes nothing of what the project has.
            #expect(try await Self.told(app.get("/api/v1/gadgets", as: .ingest)) == "10 9 1 -")
            try await house.set("probe", isEnabled: false)
            #expect(try await Self.told(app.get("/api/v1/gadgets")) == "10 6 1 -")
            #expect(try await Self.told(app.post("/api/admin/projects", "{", as: .token)) == "10 9 1 -")
            #expect(try await Self.told(app.get("/api/admin/projects/\(Endpoint.unknownID)", as: .token)) == "10 8 1 -")
            #expect(try await Self.told(app.get("/healthz", as: .nobody)) == "- - - -")
        }
    }

    @Test("a limit of nothing is none, and a change of the configuration holds at once")
    func live() async throws {
        try await House.open(.embedded) { house in
            for _ in 0..<300 { #expect(try await house.app.post("/api/v1/probe/ping", as: .ingest).status == 200) }
            #expect(try await Self.told(house.app.post("/api/v1/probe/ping", as: .ingest)) == "- - - -")
            house.setLimits(ingest: 3)
            var statuses: [Int] = []
            for _ in 0..<5 { statuses.append(try await house.app.post("/api/v1/probe/ping", as: .ingest).status) }
            #expect(statuses == [200, 200, 200, 429, 429])
            house.setLimits(ingest: 0)
            #expect(try await house.app.post("/api/v1/probe/ping", as: .ingest).status == 200)
        }
    }

    @Test("a bucket fills evenly, and never beyond a second's worth")
    func refill() async throws {
        try await House.open(.embedded) { house in
            house.setLimits(ingest: 4)
            func passed(_ count: Int) async throws -> Int {
                var passed = 0
                for _ in 0..<count where try await house.app.post("/api/v1/probe/ping", as: .ingest).status == 200 { passed += 1 }
                return passed
            }
            var all = [try await passed(10)]
            for milliseconds: Int64 in [250, 500, 3_600_000] {
                house.app.time.advance(milliseconds: milliseconds)
                all.append(try await passed(10))
            }
            #expect(all == [4, 1, 2, 4])
        }
    }

    @Test("the defaults are 100 for collection, 100 for questions, 20 for administrators")
    func defaults() throws {
        let configuration = try HostConfiguration.parse("", knownModules: [])
        #expect(configuration.limits.ingestPerSecond == 100)
        #expect(configuration.limits.queryPerSecond == 100)
        #expect(configuration.limits.adminPerSecond == 20)
        #expect(RateLimiter.Limits() == .init(ingestPerSecond: 100, queryPerSecond: 100, adminPerSecond: 20))
    }
}
