import Core
import IdentityModule
import RevenueModule
import Testing
import TestSupport

/// Ids, traits and accounts that look alike but differ in bytes are different to Pulse.
@Suite("Names that look alike", .modules(IdentityModule.self, RevenueModule.self))
struct EquivalentTextTests {
    // Composed and decomposed.
    private static let nfc = "caf\u{E9}", nfd = "cafe\u{301}"

    private static func identify(_ visitor: String, _ payload: String) -> String {
        #"{"type":"identify","visitor_id":"\#(visitor)","timestamp":"2026-03-01T08:00:00Z","payload":{\#(payload)}}"#
    }

    @Test("two users whose ids are equal in Swift are merged and listed separately", arguments: Profile.available)
    func merges(profile: Profile) async throws {
        let events = [
            Self.identify("v1", #""user_id":"\#(Self.nfc)""#), Self.identify("v2", #""user_id":"\#(Self.nfd)""#),
            Self.identify("v3", #""user_id":"\#(Self.nfd)""#),
        ]
        try await TestApp.run(profile, collecting: events) { app in
            let path = "/api/v1/identity/merges"
            func merge(_ user: String, into other: String) async throws -> TestApp.Answer {
                try await app.post(path, #"{"user_id":"\#(user)","into_user_id":"\#(other)"}"#, as: .query)
            }
            let first = try await merge(Self.nfc, into: "X")
            #expect(first.status == 201)
            let undone = try await app.delete("\(path)/\(first.json()["id"]?.string ?? "")", as: .query)
            #expect(undone.status == 204)
            let second = try await merge(Self.nfd, into: "X")
            #expect(second.status == 201)
            let list = try await app.get(path).json()["data"]?.elements ?? []
            let visitors = Dictionary(exactly: list.map { ($0["user_id"]?.string ?? "", $0["visitors"]?.integer ?? -1) })
            #expect(list.count == 2 && visitors == [ExactText(Self.nfc): 1, ExactText(Self.nfd): 2])
            // The composed one isn't merged any longer, so it may become the decomposed one.
            let third = try await merge(Self.nfc, into: Self.nfd)
            #expect(third.status == 201, "\(third.body)")
            let circle = try await merge("X", into: Self.nfc)
            #expect(circle.status == 400)
        }
    }

    @Test("visitors are one person only if their user ids are the same bytes", arguments: Profile.available)
    func people(profile: Profile) async throws {
        let events = [Self.nfc, Self.nfd, "other"].enumerated().flatMap { number, user in
            [
                Self.identify("v\(number)", #""user_id":"\#(user)""#),
                #"{"type":"pageview","path":"/","visitor_id":"v\#(number)","timestamp":"2026-03-01T08:00:00Z"}"#,
            ]
        }
        try await TestApp.run(profile, collecting: events) { app in
            let made = try await app.post("/api/v1/identity/merges", #"{"user_id":"\#(Self.nfd)","into_user_id":"other"}"#, as: .query)
            #expect(made.status == 201)
            let stats = try await app.get("/api/v1/stats?start_at=2026-03-01&end_at=2026-03-01&count_by=people").json()
            #expect(stats["current"]?["visitors"]?.integer == 2, "the composed user isn't merged with the others")
        }
    }

    @Test("each visitor has its own profile, and erasing one keeps the other", arguments: Profile.available)
    func profiles(profile: Profile) async throws {
        let nfc = "Jos\u{E9}", nfd = "Jose\u{301}"
        let events = [Self.identify(nfc, #""traits":{"who":"nfc"}"#), Self.identify(nfd, #""traits":{"who":"nfd"}"#)]
        try await TestApp.run(profile, collecting: events) { app in
            func who(_ visitor: String) async throws -> String? {
                try await app.get("/api/v1/identity/profiles/\(visitor)").json()["traits"]?["who"]?.string
            }
            #expect(try await who("Jos%C3%A9") == "nfc")
            #expect(try await who("Jose%CC%81") == "nfd")
            let erased = try await app.delete("/api/admin/projects/\(app.project.id)/privacy/visitors/Jose%CC%81", as: .admin)
            #expect(erased.status == 204, "\(erased.body)")
            #expect(try await who("Jos%C3%A9") == "nfc")
            let gone = try await app.get("/api/v1/identity/profiles/Jose%CC%81")
            #expect(gone.status == 404)
        }
    }

    @Test("traits and accounts are separate too", arguments: Profile.available)
    func traits(profile: Profile) async throws {
        let traits = #""\#(Self.nfc)":1,"\#(Self.nfd)":{"\#(Self.nfd)":2,"\#(Self.nfc)":3}"#
        let events = [
            Self.identify("v", #""traits":{\#(traits)},"account_id":"\#(Self.nfc)","account_traits":{"is":"composed"}"#),
            Self.identify("w", #""traits":{\#(traits)},"account_id":"\#(Self.nfd)","account_traits":{"is":"decomposed"}"#),
        ]
        try await TestApp.run(profile, collecting: events) { app in
            let profile = try await app.get("/api/v1/identity/profiles/v")
            let told = #""traits":{"\#(Self.nfd)":{"\#(Self.nfd)":2,"\#(Self.nfc)":3},"\#(Self.nfc)":1}"#
            #expect(Array(profile.body.utf8).firstRange(of: Array(told.utf8)) != nil, "\(profile.body)")
            let accounts = try await app.get("/api/v1/identity/accounts").json()["data"]?.elements ?? []
            let kinds = Dictionary(exactly: accounts.map { ($0["account_id"]?.string ?? "", $0["traits"]?["is"]?.string) })
            #expect(kinds == [ExactText(Self.nfc): "composed", ExactText(Self.nfd): "decomposed"])
        }
    }

    @Test("a graph has separate nodes", arguments: Profile.available)
    func graph(profile: Profile) async throws {
        let events = [
            Self.identify("v", #""user_id":"\#(Self.nfc)""#), Self.identify(Self.nfd, #""user_id":"\#(Self.nfd)""#),
            Self.identify("v", #""user_id":"\#(Self.nfd)""#),
        ]
        try await TestApp.run(profile, collecting: events) { app in
            let graph = try await app.get("/api/v1/identity/graph?visitor_id=v").json()
            let nodes = Set(graph["nodes"]?.elements.map { ExactText(($0["type"]?.string ?? "") + " " + ($0["id"]?.string ?? "")) } ?? [])
            #expect(nodes == ["visitor v", ExactText("user " + Self.nfc), ExactText("user " + Self.nfd), ExactText("visitor " + Self.nfd)])
        }
    }
}
