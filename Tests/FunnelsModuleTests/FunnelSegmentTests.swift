import Common
import Core
import FunnelsModule
import Host
import IdentityModule
import RevenueModule
import SegmentsModule
import Testing
import TestSupport

/// A funnel's visitors as a segment that every report accepts.
@Suite("Funnel as a segment", .modules(FunnelsModule.self, IdentityModule.self, RevenueModule.self, SegmentsModule.self))
struct FunnelSegmentTests {
    private func run(_ profile: Profile = .embedded, _ body: @escaping @Sendable (TestApp) async throws -> Void) async throws {
        try await TestApp.run(profile, now: "2026-03-20T00:00:00Z", body)
    }

    private static func create(_ app: TestApp, _ options: String, _ steps: String) async throws -> String {
        try #require(
            try await app.post("/api/v1/funnels", #"{"name":"f","steps":[\#(steps)]\#(options)}"#, as: .query).json()["id"]?.string)
    }

    private static let steps =
        #"{"type":"pageview","value":"/*"},{"type":"pageview","value":"/pricing"},"#
        + #"{"type":"event","value":"signup","where":[{"field":"plan","op":"exists"}]}"#

    @Test("contains the funnel's visitors, for every kind of funnel", arguments: Profile.available)
    func members(profile: Profile) async throws {
        let visits = RandomVisits(seed: 5, from: Instant(iso: "2026-03-10T00:00:00Z"))
        try await run(profile) { app in
            try await visits.send(to: app)
            for options in profile == .embedded ? RandomFunnelTests.options : Effort.share(RandomFunnelTests.options, of: 1) {
                let id = try await Self.create(app, options, Self.steps)
                for (step, state) in [(1, "converted"), (2, "converted"), (3, "converted"), (2, "dropped"), (3, "dropped")] {
                    let made = try await app.post(
                        "/api/v1/funnels/\(id)/segment", #"{"name":"s","step":\#(step),"state":"\#(state)"}"#, as: .query)
                    #expect(made.status == 201, "\(made.body)")
                    let segment = try #require(try made.json()["id"]?.string)
                    let read = try await app.get("/api/v1/segments/\(segment)")
                    #expect(read.body == made.body)
                    func visitors(_ query: String) async throws -> [String] {
                        try await app.get("/api/v1/funnels/\(id)/drill?limit=1000&\(query)").json()["data"]!.elements.map { $0.string! }
                    }
                    // All of them completed step 1.
                    let members = try await visitors("step=1&segment_id=\(segment)"),
                        behind = try await visitors("step=\(step)&state=\(state)")
                    #expect(members == behind, "\(options) \(step) \(state)")
                    let stats = try await app.get("/api/v1/stats?segment_id=\(segment)").json()
                    #expect(stats["current"]?["visitors"]?.integer == Int64(behind.count))
                }
            }
        }
    }

    @Test("keeps the funnel as it was when the segment was created")
    func definition() async throws {
        try await run { app in
            let options = #","order":"ordered","conversion_window":3600,"exclusions":[{"type":"event","value":"cancel","after_step":1}]"#
            let id = try await Self.create(app, options, Self.steps)
            app.time.advance(seconds: 1)
            let made = try await app.post("/api/v1/funnels/\(id)/segment", #"{"name":"Stopped","step":3,"state":"dropped"}"#, as: .query)
                .json()
            var definition = JSONText()
            definition.append(made["definition"]!)
            let steps =
                #"{"label":"/*","type":"pageview","value":"/*"},{"label":"/pricing","type":"pageview","value":"/pricing"},"#
                + #"{"label":"signup","type":"event","value":"signup","where":[{"field":"plan","op":"exists"}]}"#
            #expect(
                definition.string
                    == #"{"conditions":[{"conversion_window":3600,"exclusions":[{"after_step":1,"type":"event","value":"cancel"}],"#
                    + #""order":"ordered","source":"funnel","state":"dropped","step":3,"steps":[\#(steps)]}],"match":"all"}"#)
            #expect(made["name"]?.string == "Stopped")
            let audit = try await app.get("/api/admin/projects/\(app.project.id)/audit-logs?limit=1", as: .token).json()["data"]!.elements[
                0]
            #expect(audit["action"]?.string == "segment.create")
        }
    }

    @Test("rejects invalid requests with a message")
    func refusals() async throws {
        try await run { app in
            let long = try await Self.create(app, "", Array(repeating: #"{"type":"event","value":"a"}"#, count: 11).joined(separator: ","))
            for (body, sentence) in [
                (
                    #"{"name":"s","step":12,"state":"dropped"}"#,
                    "Invalid request body: field 'step' must be a whole number from 2 to 11, as the funnel has 11 steps; got 12."
                ),
                (
                    #"{"name":"s","step":1,"state":"dropped"}"#,
                    "Invalid request body: field 'step' must be a whole number from 2 to 11, as nobody drops off before the first step; got 1."
                ),
                (#"{"step":1,"state":"converted"}"#, "Invalid request body: missing required field 'name'."),
            ] {
                let answer = try await app.post("/api/v1/funnels/\(long)/segment", body, as: .query)
                #expect(answer.body == #"{"error":"\#(sentence)"}"#)
            }
            // Segments may be read but not changed, or are disabled.
            for (isEnabled, sentence) in [
                (true, "Module 'segments' does not allow write access for this project."),
                (false, "Module 'segments' is not enabled for this project."),
            ] {
                try await app.installation.directory.setModules(
                    [.init(module: "segments", isEnabled: isEnabled, access: .read)], in: app.project, by: "test")
                let answer = try await app.post(
                    "/api/v1/funnels/\(long)/segment", #"{"name":"s","step":2,"state":"converted"}"#, as: .query)
                #expect(answer.status == 403)
                #expect(answer.body == #"{"error":"\#(sentence)"}"#)
            }
        }
    }
}
