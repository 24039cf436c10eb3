import Core
import Foundation
import IdentityModule
import RevenueModule
import Testing
import TestSupport

/// Ada came anonymously on her laptop, and was identified there and on her phone; Bob is a colleague; Cy has a trait but no name.
@Suite("Profiles", .modules(IdentityModule.self, RevenueModule.self))
struct ProfileTests {
    static let events = [
        #"{"type":"pageview","path":"/","visitor_id":"laptop","timestamp":"2026-03-01T08:00:00Z"}"#,
        #"{"type":"identify","visitor_id":"laptop","timestamp":"2026-03-01T09:00:00Z","payload":{"user_id":"ada","traits":{"plan":"free","company":{"id":"acme","name":"Acme"},"role":"admin"}}}"#,
        #"{"type":"identify","visitor_id":"phone","timestamp":"2026-03-01T10:00:00Z","payload":{"user_id":"ada","traits":{"plan":"pro","age":36}}}"#,
        #"{"type":"identify","visitor_id":"laptop","timestamp":"2026-03-01T11:00:00Z","payload":{"traits":{"plan":"pro","role":null}}}"#,
        #"{"type":"identify","visitor_id":"desk","timestamp":"2026-03-01T09:30:00Z","user_id":"bob","account_id":"acme","account_name":"Acme Inc.","account_traits":{"seats":5}}"#,
        #"{"type":"identify","visitor_id":"cafe","timestamp":"2026-03-01T07:00:00Z","payload":{"traits":{"plan":"free"}}}"#,
        #"{"type":"pageview","path":"/docs","visitor_id":"laptop","timestamp":"2026-03-01T12:00:00Z"}"#,
        #"{"type":"pageview","path":"/","visitor_id":"phone","timestamp":"2026-03-01T12:30:00Z"}"#,
        #"{"type":"event","name":"signup","visitor_id":"desk","timestamp":"2026-03-01T12:40:00Z"}"#,
        #"{"type":"pageview","path":"/","visitor_id":"stranger","timestamp":"2026-03-01T12:45:00Z"}"#,
    ]

    private func expect(_ app: TestApp, _ path: String, answers body: String, at place: SourceLocation = #_sourceLocation) async throws {
        try await app.expect("/api/v1/identity" + path, answers: body, at: place)
    }

    @Test("hold the latest values sent", arguments: Profile.available)
    func profiles(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            let desk = #"{"last_seen_at":"2026-03-01T12:40:00Z","traits":{},"user_id":"bob","visitor_id":"desk"}"#
            let phone = #"{"last_seen_at":"2026-03-01T12:30:00Z","traits":{"age":36,"plan":"pro"},"user_id":"ada","visitor_id":"phone"}"#
            let traits = #"{"company":{"id":"acme","name":"Acme"},"plan":"pro"}"#
            let laptop = #"{"last_seen_at":"2026-03-01T12:00:00Z","traits":\#(traits),"user_id":"ada","visitor_id":"laptop"}"#
            let cafe = #"{"last_seen_at":"2026-03-01T07:00:00Z","traits":{"plan":"free"},"user_id":null,"visitor_id":"cafe"}"#
            try await expect(app, "/profiles", answers: #"{"data":[\#(desk),\#(phone),\#(laptop),\#(cafe)]}"#)
            try await expect(app, "/profiles?limit=1&offset=1", answers: #"{"data":[\#(phone)]}"#)
            try await expect(
                app, "/profiles/laptop",
                answers:
                    #"{"first_seen_at":"2026-03-01T08:00:00Z","last_seen_at":"2026-03-01T12:00:00Z","traits":\#(traits),"user_id":"ada","visitor_id":"laptop"}"#
            )
            try await expect(app, "/profiles/stranger", answers: #"{"error":"Profile 'stranger' not found."}"#)
            let aliases =
                #"{"created_at":"2026-03-01T09:00:00Z","visitor_id":"laptop"},{"created_at":"2026-03-01T10:00:00Z","visitor_id":"phone"}"#
            try await expect(app, "/users/ada/aliases", answers: #"{"data":[\#(aliases)],"user_id":"ada"}"#)
            try await expect(app, "/users/nobody/aliases", answers: #"{"data":[],"user_id":"nobody"}"#)
        }
    }

    @Test("belong to accounts", arguments: Profile.available)
    func accounts(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            let acme = #""account_id":"acme","#
            try await expect(
                app, "/accounts",
                answers: #"{"data":[{\#(acme)"last_seen_at":"2026-03-01T09:30:00Z","name":"Acme Inc.","traits":{"seats":5}}]}"#)
            try await expect(
                app, "/accounts/acme",
                answers:
                    #"{\#(acme)"first_seen_at":"2026-03-01T09:00:00Z","last_seen_at":"2026-03-01T09:30:00Z","name":"Acme Inc.","traits":{"seats":5}}"#
            )
            try await expect(app, "/accounts/nobody", answers: #"{"error":"Account 'nobody' not found."}"#)
            let bob = #"{"last_seen_at":"2026-03-01T12:40:00Z","role":null,"user_id":"bob","visitor_id":"desk"}"#
            let ada = #"{"last_seen_at":"2026-03-01T12:00:00Z","role":"admin","user_id":"ada","visitor_id":"laptop"}"#
            try await expect(app, "/accounts/acme/members", answers: #"{"data":[\#(bob),\#(ada)]}"#)
            try await expect(
                app, "/accounts/acme/analytics?start_at=2026-03-01&end_at=2026-03-01",
                answers: #"{\#(acme)"currency":"USD","events":1,"identified_users":2,"members":2,"pageviews":2,"revenue":0,"sessions":3}"#)
        }
    }

    @Test("form a graph", arguments: Profile.available)
    func graph(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            let nodes =
                #"{"id":"ada","type":"user"},{"id":"laptop","type":"visitor"},{"id":"phone","type":"visitor"},{"id":"acme","type":"account"},{"id":"desk","type":"visitor"},{"id":"bob","type":"user"}"#
            let edges =
                #"{"from":"laptop","to":"ada","type":"alias"},{"from":"phone","to":"ada","type":"alias"},{"from":"laptop","to":"acme","type":"membership"},{"from":"desk","to":"acme","type":"membership"},{"from":"desk","to":"bob","type":"alias"}"#
            try await expect(app, "/graph?user_id=ada", answers: #"{"edges":[\#(edges)],"nodes":[\#(nodes)]}"#)
            try await expect(
                app, "/graph?user_id=ada&limit=2",
                answers:
                    #"{"edges":[{"from":"laptop","to":"ada","type":"alias"}],"nodes":[{"id":"ada","type":"user"},{"id":"laptop","type":"visitor"}]}"#
            )
            try await expect(app, "/graph?visitor_id=nobody", answers: #"{"edges":[],"nodes":[]}"#)
            try await expect(
                app, "/graph",
                answers:
                    #"{"error":"Invalid query parameter 'visitor_id': 'visitor_id', 'user_id' or 'account_id' is required; got none of them."}"#
            )
        }
    }

    @Test("count people instead of visitors on request, and merged users as one until the merge is undone", arguments: Profile.available)
    func people(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            func expect(_ query: String, _ number: Int64, at place: SourceLocation = #_sourceLocation) async throws {
                let found = try await visitors(query)
                #expect(found == number, sourceLocation: place)
            }
            @Sendable func visitors(_ query: String) async throws -> Int64? {
                try await app.get("/api/v1/stats?start_at=2026-03-01&end_at=2026-03-01" + query).json()["current"]?["visitors"]?.integer
            }
            // Laptop, phone, desk and stranger.
            try await expect("", 4)
            try await expect("&count_by=people", 3)
            let preview = try await app.post("/api/v1/identity/merges/preview", #"{"user_id":"bob","into_user_id":"ada"}"#, as: .query)
            #expect(preview.body == #"{"dry_run":true,"into_user_id":"ada","into_visitors":2,"user_id":"bob","visitors":1}"#)
            let made = try await app.post("/api/v1/identity/merges", #"{"user_id":"bob","into_user_id":"ada"}"#, as: .query)
            #expect(made.status == 201)
            let id = try made.json()["id"]?.string ?? ""
            #expect(
                made.body
                    == #"{"created_at":"2026-03-02T12:00:00Z","id":"\#(id)","into_user_id":"ada","undone_at":null,"user_id":"bob","visitors":1}"#
            )
            try await expect("&count_by=people", 2)
            try await expect("&count_by=people&filter=path:/", 2)
            try await expect("", 4)
            let again = try await app.post("/api/v1/identity/merges", #"{"user_id":"ada","into_user_id":"bob"}"#, as: .query)
            #expect(again.body == #"{"error":"Invalid request body: user 'bob' is already merged into 'ada'."}"#)
            let hidden = try await app.post("/api/v1/identity/merges", #"{"user_id":"c\u001Ey","into_user_id":"bob"}"#, as: .query)
            #expect(
                hidden.status == 400 && hidden.body.contains("field 'user_id' must be text without control characters"), "\(hidden.body)")
            let twice = try await app.post("/api/v1/identity/merges", #"{"user_id":"bob","into_user_id":"cy"}"#, as: .query)
            #expect(twice.body == #"{"error":"Invalid request body: user 'bob' is already merged into 'ada'; undo that first."}"#)
            let undone = try await app.delete("/api/v1/identity/merges/\(id)", as: .query)
            #expect(undone.status == 204)
            try await expect("&count_by=people", 3)
            let second = try await app.delete("/api/v1/identity/merges/\(id)", as: .query)
            #expect(second.body == #"{"error":"Merge '\#(id)' is already undone."}"#)
        }
    }

    @Test("an identify event from a page without a visitor_id is about the visitor of its pageviews", arguments: Profile.available)
    func ofAPage(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let page: HTTPFields = [.origin: "https://www.example.com"]
            var phone = page
            phone[.userAgent] = TestApp.chrome.replacingOccurrences(of: "X11; Linux x86_64", with: "Linux; Android 14; Pixel 8")
            let identify = #"{"type":"identify","path":"/","payload":{"path":"/","user_id":"user_123","traits":{"plan":"pro"}}}"#
            for browser in [page, phone] {
                #expect(
                    try await app.collect(
                        #"[{"type":"pageview","path":"/"},\#(identify),{"type":"pageview","path":"/next"}]"#, headers: browser
                    ).status == 200)
            }
            // A visitor who isn't identified.
            var stranger = page
            stranger[.userAgent] = TestApp.chrome.replacingOccurrences(of: "130", with: "129")
            #expect(try await app.collect(#"{"type":"pageview","path":"/"}"#, headers: stranger).status == 200)

            let ids =
                try await app.get("/api/v1/identity/users/user_123/aliases").json()["data"]?.elements.compactMap {
                    $0["visitor_id"]?.string
                } ?? []
            #expect(ids.count == 2 && ids.allSatisfy { $0.hasPrefix("anon_") && $0.count == 21 }, "\(ids)")
            for id in ids {
                try await expect(
                    app, "/profiles/\(id)",
                    answers:
                        #"{"first_seen_at":"2026-03-02T12:00:00Z","last_seen_at":"2026-03-02T12:00:00Z","traits":{"plan":"pro"},"user_id":"user_123","visitor_id":"\#(id)"}"#
                )
                try await expect(
                    app, "/graph?visitor_id=\(id)&limit=2",
                    answers:
                        #"{"edges":[{"from":"\#(id)","to":"user_123","type":"alias"}],"nodes":[{"id":"\#(id)","type":"visitor"},{"id":"user_123","type":"user"}]}"#
                )
            }
            func visitors(_ query: String) async throws -> Int64? {
                try await app.get("/api/v1/stats?start_at=2026-03-02&end_at=2026-03-02\(query)").json()["current"]?["visitors"]?.integer
            }
            #expect(try await visitors("") == 3)
            #expect(try await visitors("&count_by=people") == 2)
            // The visitor's later events belong to the user, and the anonymous id works as a visitor_id.
            try await app.collect(#"{"type":"identify","visitor_id":"\#(ids[0])","payload":{"traits":{"plan":"team"}}}"#)
            #expect(try await app.get("/api/v1/identity/profiles/\(ids[0])").json()["traits"]?["plan"]?.string == "team")
            #expect(try await visitors("&count_by=people") == 2)
        }
    }

    @Test("need a visitor_id unless a page sends them: without an Origin or with a server key it is required")
    func ofNobody() async throws {
        try await TestApp.run { app in
            let identify = #"{"type":"identify","payload":{"user_id":"user_123"}}"#,
                sentence = #"{"error":"Invalid request body: missing required field 'visitor_id'."}"#
            let without = try await app.collect(identify),
                server = try await app.collect(identify, as: .server, headers: [.origin: "https://www.example.com"])
            #expect(without.body == sentence && server.body == sentence)
            let page = try await app.collect(identify, headers: [.origin: "https://www.example.com"])
            #expect(page.status == 200)
        }
    }

    @Test(
        "reject invalid identify events",
        arguments: [
            (#""visitor_id":"v""#, "missing required field 'payload'."),
            (#""payload":{"user_id":"u"}"#, "missing required field 'visitor_id'."),
            (#""visitor_id":"v","payload":{"user_id":7}"#, "field 'user_id' must be a string of 1 to 200 characters; got 7."),
            (#""visitor_id":"v","payload":{"traits":"pro"}"#, "field 'traits' must be an object; got 'pro'."),
        ])
    func refusals(fields: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.collect(#"{"type":"identify",\#(fields)}"#)
            #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
        }
    }

    @Test("a company with a placeholder id is identified by its name", arguments: Profile.available)
    func placeholderCompany(profile: Profile) async throws {
        let events = [
            ("a", #"{"id":"null","name":"Acme"}"#), ("b", #"{"id":"","name":"Acme"}"#), ("c", #"{"id":"undefined","name":"null"}"#),
        ].map { visitor, company in
            #"{"type":"identify","visitor_id":"\#(visitor)","timestamp":"2026-03-01T09:00:00Z","traits":{"company":\#(company)}}"#
        }
        try await TestApp.run(profile, collecting: events) { app in
            try await expect(
                app, "/accounts",
                answers: #"{"data":[{"account_id":"Acme","last_seen_at":"2026-03-01T09:00:00Z","name":"Acme","traits":{}}]}"#)
            let members = try await app.get("/api/v1/identity/accounts/Acme/members").json()["data"]?.elements ?? []
            #expect(members.compactMap { $0["visitor_id"]?.string }.sorted() == ["a", "b"])
        }
    }

    @Test("of two identify events at the same instant the later one in the request wins", arguments: Profile.available)
    func oneInstant(profile: Profile) async throws {
        func identify(_ visitor: String, _ rest: String) -> String { #"{"type":"identify","visitor_id":"\#(visitor)",\#(rest)}"# }
        let batch = [
            identify("a", #""payload":{"traits":{"plan":"trial"}}"#), identify("a", #""payload":{"traits":{"plan":"paid"}}"#),
            identify("a", #""payload":{"traits":{"n":9}}"#), identify("a", #""payload":{"traits":{"n":10}}"#),
            identify("a", #""payload":{"traits":{"gone":"x"}}"#), identify("a", #""payload":{"traits":{"gone":null}}"#),
            identify("a", #""payload":{"traits":{"back":null}}"#), identify("a", #""payload":{"traits":{"back":"a"}}"#),
            identify("a", #""user_id":"zoe","account_id":"z","account_name":"Z","account_role":"zz""#),
            identify("a", #""user_id":"adam","account_id":"z","account_name":"A","account_role":"aa""#),
        ]
        try await TestApp.run(profile) { app in
            try await app.collect("[\(batch.joined(separator: ","))]")
            let json = try await app.get("/api/v1/identity/profiles/a").json()
            let traits = json["traits"]
            #expect("\(traits?["plan"]?.string ?? "") \(traits?["n"]?.integer ?? 0) \(traits?["back"]?.string ?? "")" == "paid 10 a")
            #expect(traits?["gone"] == nil)
            #expect(json["user_id"]?.string == "adam")
            #expect(try await app.get("/api/v1/identity/accounts/z").json()["name"]?.string == "A")
            #expect(try await app.get("/api/v1/identity/accounts/z/members").json()["data"]?.elements.first?["role"]?.string == "aa")
        }
    }
}
