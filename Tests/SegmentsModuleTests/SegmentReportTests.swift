import Common
import IdentityModule
import RevenueModule
import SegmentsModule
import Testing
import TestSupport

@Suite("Segment reports", .modules(IdentityModule.self, RevenueModule.self, SegmentsModule.self))
struct SegmentReportTests {
    private static let range = "start_at=2026-03-01&end_at=2026-03-02"

    private func withSegment(_ profile: Profile, _ body: @escaping @Sendable (TestApp, _ id: String) async throws -> Void) async throws {
        try await TestApp.run(profile) { app in
            try await app.collect("[\(SegmentDefinitionTests.events.joined(separator: ","))]")
            let definition = #"{"match":"all","conditions":[{"source":"event","event":"purchase"}]}"#
            let made = try await app.post("/api/v1/segments", #"{"name":"Buyers","definition":\#(definition)}"#, as: .query)
            let id = try made.json()["id"]?.string ?? ""
            #expect(
                made.body
                    == #"{"id":"\#(id)","name":"Buyers","description":null,"definition":\#(definition),"is_active":true,"created_at":"2026-03-02T12:00:00Z","updated_at":"2026-03-02T12:00:00Z"}"#
            )
            try await body(app, id)
        }
    }

    /// Ada: a session of 6 minutes with 2 pageviews and an event, and one with an event. Cy: a session of one minute with a pageview.
    @Test("compare segments", arguments: Profile.available)
    func compare(profile: Profile) async throws {
        try await withSegment(profile) { app, id in
            let answer = try await app.get("/api/v1/segments/compare?segment_ids=\(id)&\(Self.range)")
            #expect(
                answer.body
                    == #"{"data":[{"avg_duration":140,"bounce_rate":33.3,"confidence_interval":{"high":90.55,"low":9.45},"conversion_rate":50,"conversions":2,"events":3,"name":"Buyers","pageviews":3,"revenue":150,"segment_id":"\#(id)","sessions":3,"visitors":2}]}"#
            )
            let event = try await app.get("/api/v1/segments/compare?segment_ids=\(id)&event=purchase&\(Self.range)").json()["data"]?
                .elements.first
            #expect(event?["conversions"]?.integer == 3)
            #expect(event?["conversion_rate"]?.number == 100)
            let unknown = try await app.get("/api/v1/segments/compare?segment_ids=\(id),00000000-0000-0000-0000-000000000000")
            #expect(unknown.body == #"{"error":"Segment '00000000-0000-0000-0000-000000000000' not found."}"#)
        }
    }

    @Test("break down segments", arguments: Profile.available)
    func breakdown(profile: Profile) async throws {
        try await withSegment(profile) { app, id in
            func expect(_ property: String, _ body: String, at place: SourceLocation = #_sourceLocation) async throws {
                let answer = try await app.get("/api/v1/segments/\(id)/breakdown?property=\(property)&\(Self.range)")
                #expect(answer.body == body, sourceLocation: place)
            }
            try await expect("path", #"{"data":[{"value":"/pricing","visitors":2},{"value":"/","visitors":1}]}"#)
            try await expect("event", #"{"data":[{"value":"purchase","visitors":2}]}"#)
            try await expect("trait:plan", #"{"data":[{"value":"pro","visitors":1}]}"#)
            try await expect("browser", #"{"data":[{"value":"Chrome","visitors":2}]}"#)
            try await expect(
                "colour",
                #"{"error":"Invalid query parameter 'property': must be one of 'country', 'device', 'browser', 'os', 'path', 'event', 'trait:NAME'; got 'colour'."}"#
            )
        }
    }

    @Test("report a segment's size over time, and show the statements to callers who may see them", arguments: Profile.available)
    func timeseries(profile: Profile) async throws {
        try await withSegment(profile) { app, id in
            let path = "/api/v1/segments/\(id)/timeseries?\(Self.range)"
            let sizes = try await app.get(path)
            #expect(sizes.body == #"{"data":[{"date":"2026-03-01","visitors":2},{"date":"2026-03-02","visitors":1}]}"#)
            let refused = try await app.get(path + "&explain=sql")
            #expect(refused.body == #"{"error":"API key does not have the required 'admin' scope for 'explain'."}"#)
            let explained = try await app.get(path + "&explain=sql", as: .admin).json()["statements"]?.elements ?? []
            #expect(explained.count == 1)
            #expect(explained.first?["sql"]?.string?.contains("/* segments.sizes */") == true)
            #expect(explained.first?["values"]?.elements.isEmpty == false)
        }
    }
}
