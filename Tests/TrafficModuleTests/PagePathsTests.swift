import Core
import GoalsModule
import IdentityModule
import PathsModule
import RevenueModule
import ScrollModule
import SegmentsModule
import Testing
import TestSupport

/// A page counts as one page in every report, however its path is spelled, and any spelling in a request or definition finds it.
@Suite(
    "One page, one path",
    .modules(GoalsModule.self, IdentityModule.self, PathsModule.self, RevenueModule.self, ScrollModule.self, SegmentsModule.self))
struct PagePathsTests {
    private static let written = ["/caf%C3%A9", "/caf%c3%a9", "/café", "/cafe\u{301}", "https://example.com/caf%C3%A9?a=b"]

    private static let events: [String] = written.enumerated().flatMap { index, path in
        let who = #""visitor_id":"v\#(index)","timestamp":"2026-03-01T10:0\#(index)"#
        return [
            #"{"type":"pageview","path":"\#(path)",\#(who):00Z"}"#, #"{"type":"pageview","path":"/%7Enext",\#(who):10Z"}"#,
            #"{"type":"event","name":"buy","path":"\#(path)",\#(who):20Z"}"#,
            #"{"type":"scroll_depth","path":"\#(path)","max_depth":50,\#(who):30Z"}"#,
        ]
    }

    @Test("in lists, filters, segments, goals, funnels and paths", arguments: Profile.available)
    func everywhere(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            func lines(_ path: String, _ names: String...) async throws -> [String] {
                let answer = try await app.get(path)
                return try answer.json()["data"]?.elements.map { line in
                    names.map { line[$0]?.string ?? line[$0]?.integer.map(String.init) ?? "-" }.joined(separator: " ")
                } ?? [answer.body]
            }
            #expect(try await lines("/api/v1/pages", "path", "views") == ["/café 5", "/~next 5"])
            #expect(try await lines("/api/v1/pages/entry", "path", "sessions") == ["/café 5"])
            #expect(try await lines("/api/v1/scroll", "path") == ["/café"])
            // As browsers and people write it, composed and decomposed, percent-encoded once more for the query.
            for asked in ["/caf%25C3%25A9", "/caf%25c3%25a9", "/caf%C3%A9", "/cafe%CC%81"] {
                #expect(try await app.get("/api/v1/stats?filter=path:\(asked)").json()["current"]?["pageviews"]?.integer == 5, "\(asked)")
                #expect(try await app.get("/api/v1/stats?filter=path~:\(asked)*").json()["current"]?["pageviews"]?.integer == 5, "\(asked)")
                #expect(
                    try await app.get("/api/v1/stats?filter=entry_page:\(asked)").json()["current"]?["visitors"]?.integer == 5, "\(asked)")
                #expect(try await app.get("/api/v1/stats?filter=path!:\(asked)").json()["current"]?["pageviews"]?.integer == 5, "\(asked)")
                #expect(
                    try await app.get("/api/v1/paths?path=\(asked)").json()["flows"]?.elements.first?["next_path"]?.string == "/~next",
                    "\(asked)")
                #expect(try await app.get("/api/v1/scroll/distribution?path=\(asked)").json()["samples"]?.integer == 5, "\(asked)")
            }
            for asked in Self.written {
                func made(_ path: String, _ body: String) async throws -> String {
                    let answer = try await app.post(path, body, as: .query)
                    #expect(answer.status == 201, "\(answer.body)")
                    return try answer.json()["id"]?.string ?? ""
                }
                let goal = try await made("/api/v1/goals", #"{"name":"g \#(asked)","goal_type":"pageview","config":{"path":"\#(asked)"}}"#)
                #expect(try await app.get("/api/v1/goals/\(goal)/stats").json()["conversions"]?.integer == 5, "\(asked)")
                let conditions = [
                    #"{"source":"pageview","field":"path","op":"eq","value":"\#(asked)"}"#,
                    #"{"source":"pageview","field":"path","op":"in","value":["\#(asked)"]}"#,
                    #"{"source":"session","field":"entry_page","op":"eq","value":"\#(asked)"}"#,
                    #"{"source":"pageview","field":"path","op":"eq","value":"\#(asked)","count":{"op":"gte","value":1}}"#,
                    #"{"source":"sequence","steps":[{"path":"\#(asked)"},{"path":"/%7enext"}]}"#,
                ]
                for (index, condition) in conditions.enumerated() {
                    let segment = try await made(
                        "/api/v1/segments", #"{"name":"s\#(index) \#(asked)","definition":{"match":"all","conditions":[\#(condition)]}}"#)
                    #expect(
                        try await app.get("/api/v1/stats?segment_id=\(segment)").json()["current"]?["visitors"]?.integer == 5,
                        "\(condition)")
                }
            }
        }
    }
}
