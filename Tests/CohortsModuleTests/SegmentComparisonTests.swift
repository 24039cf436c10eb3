import Access
import CohortsModule
import Common
import Core
import IdentityModule
import RevenueModule
import SegmentsModule
import Testing
import TestSupport

@Suite("Segment comparison", .modules(CohortsModule.self, IdentityModule.self, RevenueModule.self, SegmentsModule.self))
struct SegmentComparisonTests {
    /// Ada signs up on the 2nd and reads on the 9th; bob only reads, twice on the 2nd.
    private static let events = [
        ("ada", #""type":"event","name":"signup""#, "02T10:00:00"), ("ada", #""type":"pageview""#, "02T10:01:00"),
        ("ada", #""type":"pageview""#, "09T10:00:00"),
        ("bob", #""type":"pageview""#, "02T10:00:00"), ("bob", #""type":"pageview""#, "02T12:00:00"),
    ].map { visitor, fields, time in #"{\#(fields),"path":"/","visitor_id":"\#(visitor)","timestamp":"2026-03-\#(time)Z"}"# }

    private func with(_ profile: Profile, _ body: @escaping @Sendable (TestApp, _ signedUp: String, _ readers: String) async throws -> Void)
        async throws
    {
        try await TestApp.run(profile, collecting: Self.events, as: .server, now: "2026-03-12T12:00:00Z") { app in
            let signedUp = try await app.createSegment("Signed up", #"{"source":"event","event":"signup"}"#)
            let readers = try await app.createSegment("Readers", #"{"source":"metric","field":"pageviews","op":"gte","value":2}"#)
            try await body(app, signedUp, readers)
        }
    }

    @Test("has totals and a series for each segment", arguments: Profile.available)
    func lines(profile: Profile) async throws {
        try await with(profile) { app, signedUp, readers in
            func numbers(_ visitors: Int, _ total: String, _ average: String) -> (String, String) {
                (#""avg_per_visitor":\#(average)"#, #""total":\#(total),"visitors":\#(visitors)"#)
            }
            func point(_ date: String, _ visitors: Int, _ total: String, _ average: String) -> String {
                let (first, last) = numbers(visitors, total, average)
                return #"{\#(first),"date":"\#(date)",\#(last)}"#
            }
            func line(_ id: String, _ name: String, _ visitors: Int, _ total: String, _ average: String, _ series: [String]) -> String {
                let (first, last) = numbers(visitors, total, average)
                return #"{\#(first),"name":"\#(name)","segment_id":"\#(id)","series":[\#(series.joined(separator: ","))],\#(last)}"#
            }
            let query = "/api/v1/cohorts/compare?segment_ids=\(signedUp),\(readers)&start_at=2026-03-02&end_at=2026-03-15&interval=week"
            let pageviews = try await app.get(query).body
            #expect(
                pageviews == #"{"interval":"week","metric":"pageviews","segments":["#
                    + line(signedUp, "Signed up", 1, "2", "2", [point("2026-03-02", 1, "1", "1"), point("2026-03-09", 1, "1", "1")]) + ","
                    + line(readers, "Readers", 2, "4", "2", [point("2026-03-02", 2, "3", "1.5"), point("2026-03-09", 1, "1", "1")]) + "]}")
            let sessions = try await app.get(query + "&metric=sessions").body
            #expect(
                sessions == #"{"interval":"week","metric":"sessions","segments":["#
                    + line(signedUp, "Signed up", 1, "2", "2", [point("2026-03-02", 1, "1", "1"), point("2026-03-09", 1, "1", "1")]) + ","
                    + line(readers, "Readers", 2, "4", "2", [point("2026-03-02", 2, "3", "1.5"), point("2026-03-09", 1, "1", "1")]) + "]}")
            let days = try await app.get(
                "/api/v1/cohorts/compare?segment_ids=\(signedUp),\(readers)&start_at=2026-03-08&end_at=2026-03-09&metric=events"
            ).body
            // Nobody signed up or read twice in this range.
            let empty = [point("2026-03-08", 0, "0", "0"), point("2026-03-09", 0, "0", "0")]
            #expect(
                days == #"{"interval":"day","metric":"events","segments":["#
                    + line(signedUp, "Signed up", 0, "0", "0", empty) + "," + line(readers, "Readers", 0, "0", "0", empty) + "]}")
        }
    }

    @Test("accepts only active segments, and revenue only if it may be read")
    func refusals() async throws {
        try await with(.embedded) { app, signedUp, readers in
            let unknown = "00000000-0000-4000-8000-000000000000"
            let missing = try await app.get("/api/v1/cohorts/compare?segment_ids=\(signedUp),\(unknown)")
            #expect(missing.status == 404)
            #expect(missing.body == #"{"error":"Segment '\#(unknown)' not found."}"#)
            let twice = try await app.get("/api/v1/cohorts/compare?segment_ids=\(signedUp),\(signedUp)")
            #expect(
                twice.body
                    == #"{"error":"Invalid query parameter 'segment_ids': must contain 2 to 10 different ids separated by commas; got 2."}"#
            )
            _ = try await app.post("/api/admin/projects/\(app.project.id)/modules/revenue/disable", as: .token)
            let revenue = try await app.get("/api/v1/cohorts/compare?segment_ids=\(signedUp),\(readers)&metric=revenue")
            #expect(revenue.status == 403)
            #expect(revenue.body == #"{"error":"Module 'revenue' is not enabled for this project."}"#)
        }
    }
}
