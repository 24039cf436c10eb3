import Common
import Core
import Host
import TestSupport
import Testing

/// Visitors of a funnel as a segment, which every report can be asked about.
@Suite("Funnel as a segment")
struct FunnelSegmentTests {
    private func run(_ profile: Profile = .embedded, _ body: @escaping @Sendable (TestApp) async throws -> Void) async throws {
        try await TestApp.run(profile, now: "2026-03-20T00:00:00Z", body)
    }

    private static func create(_ app: TestApp, _ options: String, _ steps: String) async throws -> String {
        try #require(try await app.post("/api/v1/funnels", #"{"name":"f","steps":[\#(steps)]\#(options)}"#, as: .query).json()["id"]?.string)
    }

    private static let steps = #"{"type":"pageview","value":"/*"},{"type":"pageview","value":"/pricing"},"#
        + #"{"type":"event","value":"signup","where":[{"field":"plan","op":"exists"}]}"#

    @Test("is the funnel's visitors", arguments: Profile.available)
    func members(profile: Profile) async throws {
        let visits = RandomVisits(seed: 5, from: Instant(iso: "2026-03-10T00:00:00Z"))
        try await run(profile) { app in
            try await visits.send(to: app)
            for options in ["", #","conversion_window":86400"#, #","order":"any""#] {
                let id = try await Self.create(app, options, Self.steps)
                for (step, state) in [(1, "converted"), (2, "converted"), (3, "converted"), (2, "dropped"), (3, "dropped")] {
                    let made = try await app.post("/api/v1/funnels/\(id)/segment", #"{"name":"s","step":\#(step),"state":"\#(state)"}"#, as: .query)
                    #expect(made.status == 201, "\(made.body)")
                    let segment = try #require(try made.json()["id"]?.string)
                    let read = try await app.get("/api/v1/segments/\(segment)")
                    #expect(read.body == made.body)
                    func visitors(_ query: String) async throws -> [String] {
                        try await app.get("/api/v1/funnels/\(id)/drill?limit=1000&\(query)").json()["data"]!.elements.map { $0.string! }
                    }
                    // All of them did step 1.
                    let members = try await visitors("step=1&segment_id=\(segment)"), behind = try await visitors("step=\(step)&state=\(state)")
                    #expect(members == behind, "\(options) \(step) \(state)")
                    let stats = try await app.get("/api/v1/stats?segment_id=\(segment)").json()
                    #expect(stats["current"]?["visitors"]?.integer == Int64(behind.count))
                }
            }
        }
    }

    @Test("is written as people would write it")
    func definition() async throws {
        try await run { app in
            let id = try await Self.create(app, #","conversion_window":172800"#, Self.steps)
            app.time.advance(seconds: 1)
            let made = try await app.post("/api/v1/funnels/\(id)/segment", #"{"name":"Stopped","step":3,"state":"dropped"}"#, as: .query).json()
            let pages = #"{"path":"/*"},{"path":"/pricing"}"#
            var definition = JSONText()
            definition.append(made["definition"]!)
            #expect(definition.string == #"{"conditions":[{"source":"sequence","steps":[\#(pages)],"within_days":2},"#
                + #"{"negate":true,"source":"sequence","steps":[\#(pages),{"event":"signup","where":[{"field":"plan","op":"exists"}]}],"within_days":2}],"match":"all"}"#)
            #expect(made["name"]?.string == "Stopped")
            let audit = try await app.get("/api/admin/projects/\(app.project.id)/audit-logs?limit=1", as: .token).json()["data"]!.elements[0]
            #expect(audit["action"]?.string == "segment.create")
        }
    }

    @Test("says what a segment can't")
    func refusals() async throws {
        try await run { app in
            for (options, sentence) in [
                (#","order":"strict""#, "A segment can't express that nothing lies between steps, which order 'strict' asks for."),
                (#","exclusions":[{"type":"event","value":"a"}]"#, "A segment can't express the funnel's exclusions."),
                (#","order":"any","conversion_window":86400"#, "A segment can't express a conversion_window where 'order' is 'any'."),
                (#","conversion_window":3600"#, "A segment can't express a conversion_window that is not 1 to 3660 whole days; this one is 3600 seconds."),
            ] {
                let id = try await Self.create(app, options, Self.steps)
                let answer = try await app.post("/api/v1/funnels/\(id)/segment", #"{"name":"s","step":2,"state":"converted"}"#, as: .query)
                #expect(answer.status == 400)
                #expect(answer.body == #"{"error":"\#(sentence)"}"#)
            }
            let long = try await Self.create(app, "", Array(repeating: #"{"type":"event","value":"a"}"#, count: 11).joined(separator: ","))
            for (body, sentence) in [
                (#"{"name":"s","step":11,"state":"dropped"}"#, "A segment can't express more than 10 steps; this takes 11."),
                (#"{"name":"s","step":12,"state":"dropped"}"#, "Invalid request body: field 'step' must be a whole number from 2 to 11, as the funnel has 11 steps; got 12."),
                (#"{"name":"s","step":1,"state":"dropped"}"#, "Invalid request body: field 'step' must be a whole number from 2 to 11, as nobody drops off before the first step; got 1."),
                (#"{"step":1,"state":"converted"}"#, "Invalid request body: missing required field 'name'."),
            ] {
                let answer = try await app.post("/api/v1/funnels/\(long)/segment", body, as: .query)
                #expect(answer.body == #"{"error":"\#(sentence)"}"#)
            }
            // Where segments may be read and not changed, and where they are off.
            for (isEnabled, sentence) in [
                (true, "Module 'segments' does not allow write access for this project."), (false, "Module 'segments' is not enabled for this project."),
            ] {
                try await app.installation.directory.setModules([.init(module: "segments", isEnabled: isEnabled, access: .read)], in: app.project, by: "test")
                let answer = try await app.post("/api/v1/funnels/\(long)/segment", #"{"name":"s","step":2,"state":"converted"}"#, as: .query)
                #expect(answer.status == 403)
                #expect(answer.body == #"{"error":"\#(sentence)"}"#)
            }
        }
    }
}
