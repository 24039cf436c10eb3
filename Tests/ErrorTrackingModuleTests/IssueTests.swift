import Core
import ErrorTrackingModule
import Testing
import TestSupport

@Suite("Issues", .modules(ErrorTrackingModule.self))
struct IssueTests {
    private static func status(_ app: TestApp, _ message: String) async throws -> String {
        try await app.get("/api/v1/errors/issues/\(fingerprint(message))").json()["status"]?.string ?? ""
    }

    private static func set(_ app: TestApp, _ message: String, _ body: String) async throws -> TestApp.Answer {
        try await app.put("/api/v1/errors/issues/\(fingerprint(message))", body, as: .query)
    }

    @Test("an issue covers all time and has a state", arguments: Profile.available)
    func states(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await app.fail("Boom", #""release":"1.1""#, visitor: "bob", at: "2025-06-01T10:00:00Z")
            try await app.fail("Boom", #""release":"1.2""#, at: "2026-03-02T10:00:00Z")
            try await app.fail("Boom", at: "2026-03-02T11:00:00Z")
            let hex = fingerprint("Boom")
            func expected(_ status: String, _ resolved: String = "null", _ updated: String = "null") -> String {
                #"{"affected_visitors":2,"count":3,"fingerprint":"\#(hex)","first_release":"1.1","first_seen":"2025-06-01T10:00:00Z","last_release":"1.2","last_seen":"2026-03-02T11:00:00Z","message":"Boom","#
                    + #""regressed_at":null,"regressed_in_release":null,"resolved_in_release":\#(resolved),"status":"\#(status)","updated_at":\#(updated)}"#
            }
            #expect(try await app.get("/api/v1/errors/issues/\(hex)").body == expected("open"))
            let ignored = try await Self.set(app, "Boom", #"{"status":"ignored"}"#)
            #expect(ignored.body == expected("ignored", "null", #""2026-03-02T12:00:00Z""#))
            #expect(try await app.errors("", "status") == [#"Boom "ignored""#])
            let resolved = try await Self.set(app, "Boom", #"{"status":"resolved"}"#)
            #expect(resolved.body == expected("resolved", #""1.2""#, #""2026-03-02T12:00:00Z""#), "the release it was last seen in")
            let named = try await Self.set(app, "Boom", #"{"status":"resolved","release":"1.3"}"#)
            #expect(named.body == expected("resolved", #""1.3""#, #""2026-03-02T12:00:00Z""#))
            let open = try await Self.set(app, "Boom", #"{"status":"open"}"#)
            #expect(open.body == expected("open", "null", #""2026-03-02T12:00:00Z""#))
        }
    }

    @Test("a resolved issue is a regression only if it returns in a later release", arguments: Profile.available)
    func regression(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await app.fail("Boom", #""release":"1.9""#)
            let resolved = try await Self.set(app, "Boom", #"{"status":"resolved"}"#)
            #expect(resolved.status == 200)
            app.time.advance(seconds: 60)
            try await app.fail("Boom", #""release":"1.10""#, at: "2026-03-02T11:59:59Z")
            try await app.fail("Boom", #""release":"1.9""#, at: "2026-03-02T12:00:10Z")
            try await app.fail("Boom", #""release":"1.8""#, at: "2026-03-02T12:00:10Z")
            try await app.fail("Boom", at: "2026-03-02T12:00:10Z")
            #expect(try await Self.status(app, "Boom") == "resolved")
            try await app.fail("Boom", #""release":"1.10""#, at: "2026-03-02T12:00:20Z")
            try await app.fail("Boom", #""release":"1.11""#, at: "2026-03-02T12:00:30Z")
            let issue = try await app.get("/api/v1/errors/issues/\(fingerprint("Boom"))").json()
            #expect(issue["status"]?.string == "regressed")
            #expect(issue["regressed_in_release"]?.string == "1.10")
            #expect(issue["regressed_at"]?.string == "2026-03-02T12:00:20Z")
            #expect(try await app.errors("", "status") == [#"Boom "regressed""#])
            // It can be resolved again.
            _ = try await Self.set(app, "Boom", #"{"status":"resolved"}"#)
            #expect(try await Self.status(app, "Boom") == "resolved")
        }
    }

    @Test("releases are ordered by deployment, if it is known", arguments: Profile.available)
    func deployment(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            for (version, time) in [("fff", "2026-02-01"), ("aaa", "2026-02-02")] {
                let made = try await app.post("/api/v1/releases", #"{"version":"\#(version)","deployed_at":"\#(time)"}"#, as: .query)
                #expect(made.status == 201)
            }
            try await app.fail("Boom", #""release":"fff""#)
            _ = try await Self.set(app, "Boom", #"{"status":"resolved"}"#)
            app.time.advance(seconds: 60)
            try await app.fail("Boom", #""release":"aaa""#, at: "2026-03-02T12:00:10Z")
            #expect(try await Self.status(app, "Boom") == "regressed")
        }
    }

    @Test("releases that look alike but differ in bytes are distinct", arguments: Profile.available)
    func sameLetters(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            for (version, time) in [("caf\u{E9}", "2026-02-01"), ("cafe\u{301}", "2026-02-02")] {
                let made = try await app.post("/api/v1/releases", #"{"version":"\#(version)","deployed_at":"\#(time)"}"#, as: .query)
                #expect(made.status == 201)
            }
            try await app.fail("Boom", "\"release\":\"caf\u{E9}\"")
            let resolved = try await Self.set(app, "Boom", "{\"status\":\"resolved\",\"release\":\"caf\u{E9}\"}")
            #expect(resolved.status == 200)
            app.time.advance(seconds: 60)
            try await app.fail("Boom", "\"release\":\"cafe\u{301}\"", at: "2026-03-02T12:00:10Z")
            #expect(try await Self.status(app, "Boom") == "regressed")
        }
    }

    @Test("an issue without a release regresses whenever it returns", arguments: Profile.available)
    func withoutRelease(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            try await app.fail("Boom")
            _ = try await Self.set(app, "Boom", #"{"status":"resolved"}"#)
            #expect(try await Self.status(app, "Boom") == "resolved")
            app.time.advance(seconds: 60)
            try await app.fail("Boom", at: "2026-03-02T12:00:10Z")
            #expect(try await Self.status(app, "Boom") == "regressed")
        }
    }

    @Test("errors can be filtered by state", arguments: Profile.available)
    func list(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            for message in ["open", "ignored", "resolved", "back"] { try await app.fail(message, #""release":"1""#) }
            _ = try await Self.set(app, "ignored", #"{"status":"ignored"}"#)
            for message in ["resolved", "back"] { _ = try await Self.set(app, message, #"{"status":"resolved"}"#) }
            app.time.advance(seconds: 60)
            try await app.fail("back", #""release":"2""#, at: "2026-03-02T12:00:10Z")
            for (status, expected) in [("open", ["open"]), ("ignored", ["ignored"]), ("resolved", ["resolved"]), ("regressed", ["back"])] {
                #expect(try await app.errors("?status=\(status)").map { $0["message"]?.string ?? "" } == expected)
            }
            #expect(try await app.errors().count == 4)
        }
    }

    @Test("an unknown issue is a 404, and an invalid state is rejected")
    func refused() async throws {
        try await TestApp.run { app in
            try await app.fail("Boom")
            let unknown = String(repeating: "0", count: 32)
            #expect(try await app.get("/api/v1/errors/issues/\(unknown)").body == #"{"error":"Error '\#(unknown)' not found."}"#)
            let missing = try await app.put("/api/v1/errors/issues/nothing", "{", as: .query)
            #expect(missing.status == 404 && missing.body == #"{"error":"Error 'nothing' not found."}"#)
            for (body, sentence) in [
                ("{}", "missing required field 'status'."),
                (#"{"status":"regressed"}"#, "field 'status' must be one of 'open', 'resolved', 'ignored'; got 'regressed'."),
                (#"{"status":"open","release":"1"}"#, "field 'release' is accepted only with status 'resolved'; got status 'open'."),
            ] {
                let answer = try await Self.set(app, "Boom", body)
                #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
            }
        }
    }
}
