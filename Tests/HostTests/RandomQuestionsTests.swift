import AllModules
import Common
import Core
import Foundation
@testable import Host
@_spi(Host) import Ingest
import Testing
import TestSupport

/// Random questions to all reports have the same answers on every engine, and on a Citus cluster where there is one.
@Suite("Random questions", .modules(.all), .enabled(if: Profile.available.contains(.server)), .timeLimit(.minutes(30)))
struct RandomQuestionsTests {
    @Test("have the same answers on all engines", arguments: Effort.seeds(1, long: 5))
    func all(seed: UInt64) async throws {
        let scratch = try Scratch()
        var environments = ["embedded": [:], "server": try await Profile.server.environment()]
        if Cluster.isThere { environments["cluster"] = try Cluster.environment() }
        var random = SeededRandom(seed)
        let payloads = Self.payloads(&random), questions = (0..<Effort.rounds(120, long: 1_000)).map { _ in Question(&random) }
        var answers: [String: [String]] = [:]
        for (name, environment) in environments.sorted(by: { $0.key < $1.key }) {
            let found = Held<[String]>([])
            try await TestApp.run(in: scratch.path + "/" + name, environment: environment) { app in
                try await Self.fill(app, payloads)
                let segments = try await Self.segments(app)
                for question in questions { found.value.append(try await Self.answer(question, app, segments)) }
            }
            answers[name] = found.value
        }
        let expected = answers["embedded"]!
        #expect(expected.count { $0.hasPrefix("200") } >= expected.count * 4 / 5)
        for (name, given) in answers.sorted(by: { $0.key < $1.key }) {
            for (index, question) in questions.enumerated() where !Self.isSame(given[index], expected[index]) {
                Issue.record("\(question.path) on \(name):\n\(given[index].prefix(600))\ninstead of\n\(expected[index].prefix(600))")
            }
        }
    }

    // MARK: What is collected

    private static let start = Instant(milliseconds: 1_771_200_000_000)  // 2026-02-16

    private static func payloads(_ random: inout SeededRandom) -> [String] {
        let visits = RandomVisits(seed: UInt64(random.below(1_000_000)), visitors: 60, from: start)
        var payloads: [String] = []
        for activity in visits.activities {
            let about = #""visitor_id":"\#(activity.visitor)","timestamp":\#(activity.at + 1),"path":"\#(activity.path)""#
            switch random.below(14) {
            case 0: payloads.append(#"{"type":"web_vital",\#(about),"payload":{"name":"LCP","value":\#(random.below(60) * 100)}}"#)
            case 1:
                payloads.append(
                    #"{"type":"js_error",\#(about),"payload":{"message":"boom \#(random.below(3))","release":"1.\#(random.below(2))"}}"#)
            case 2:
                payloads.append(
                    #"{"type":"log",\#(about),"payload":{"level":"\#(random.pick(["info", "warn", "error"]))","message":"m \#(random.below(4))"}}"#
                )
            case 3: payloads.append(#"{"type":"outlink",\#(about),"payload":{"url":"https://o\#(random.below(3)).example/x"}}"#)
            case 4: payloads.append(#"{"type":"scroll_depth",\#(about),"payload":{"max_depth":\#(random.below(11) * 10)}}"#)
            case 5:
                payloads.append(
                    #"{"type":"search_query",\#(about),"payload":{"query":"q\#(random.below(4))","results":\#(random.below(3))}}"#)
            case 6:
                payloads.append(
                    #"{"type":"identify",\#(about),"payload":{"user_id":"u\#(random.below(40))","traits":{"plan":"\#(random.pick(["free", "pro"]))"}}}"#
                )
            default: break
            }
        }
        return visits.payloads + payloads
    }

    private static func fill(_ app: TestApp, _ payloads: [String]) async throws {
        for start in stride(from: 0, to: payloads.count, by: 500) {
            let body = "[\(payloads[start..<min(start + 500, payloads.count)].joined(separator: ","))]"
            let answer = try await app.collect(body, as: .server)
            #expect(answer.body.hasSuffix(#""ok":true}"#), "\(answer.body.prefix(500))")
        }
        try await app.installation.writer.settle()
    }

    private static func segments(_ app: TestApp) async throws -> [String] {
        var ids: [String] = []
        for (index, rule) in [
            #"{"source":"event","event":"purchase"}"#, #"{"source":"event","event":"signup","count":{"op":"gte","value":2}}"#,
            #"{"source":"profile","field":"traits.plan","op":"eq","value":"pro"}"#,
        ].enumerated() {
            let answer = try await app.post(
                "/api/v1/segments", #"{"name":"s\#(index)","definition":{"match":"all","conditions":[\#(rule)]}}"#, as: .query)
            #expect(answer.status == 201, "\(answer.body)")
            ids.append(try answer.json()["id"]?.string ?? "")
        }
        return ids
    }

    // MARK: What is asked

    private struct Question: Sendable {
        let path: String
        /// The number of the segment; nil for none.
        let segment: Int?

        private static let reports: [(path: String, parameters: [(name: String, values: [String])])] = [
            ("stats", []), ("stats/timeseries", [("interval", ["day", "hour"])]), ("stats/drill", []), ("pages", []), ("pages/entry", []),
            ("pages/exit", []), ("pages/drill", [("path", ["/", "/docs"])]), ("referrers", []), ("geo", []), ("devices", []),
            ("events", []),
            ("devices/drill", [("browser", ["Chrome", "Firefox"])]), ("events/drill", [("event", ["signup"])]), ("campaigns", []),
            ("campaigns/sources", []), ("campaigns/timeseries", [("utm_source", ["news"])]),
            ("cohorts", [("group_by", ["week", "month"]), ("metric", ["visitors", "revenue"])]),
            ("errors", []), ("errors/breakdown", [("property", ["browser", "release"])]), ("errors/stats", []), ("errors/timeseries", []),
            ("errors/details", []), ("insights/lifecycle", []), ("insights/stickiness", []), ("logs", [("level", ["info", "error"])]),
            ("logs/summary", []), ("logs/timeseries", []), ("marketing/channels", []), ("marketing/ai-referrers", []),
            ("marketing/attribution", [("model", ["first_touch", "last_touch", "linear", "position_based", "time_decay"])]),
            ("marketing/revenue", []), ("outlinks", []), ("outlinks/hosts", []), ("paths", [("path", ["/", "/pricing"])]),
            ("paths/between", [("start", ["/"]), ("end", ["/app", "/docs"])]),
            ("paths/flow", [("path", ["/"]), ("direction", ["forward", "backward"]), ("depth", ["2", "4"])]),
            ("paths/drill", [("path", ["/"])]), ("retention", [("period", ["daily", "weekly"])]),
            (
                "retention/grid",
                [("period", ["daily", "weekly"]), ("mode", ["first_time", "recurring"]), ("variant", ["on", "unbounded", "rolling"])]
            ),
            ("revenue", []), ("revenue/products", []), ("revenue/sources", []), ("revenue/timeseries", []), ("scroll", []),
            ("scroll/distribution", []), ("search", []), ("search/next-pages", [("query", ["q1"])]), ("search/no-results", []),
            ("webvitals", []), ("webvitals/pages", []), ("webvitals/devices", []), ("webvitals/timeseries", [("metric", ["LCP"])]),
        ]
        private static let filters = [
            "path:/pricing", "source:google.com", "browser:Chrome", "entry_page:/", "exit_page:/docs", "channel:Direct", "path!:/app",
            "path:/docs*", "data.plan:pro",
        ]

        init(_ random: inout SeededRandom) {
            let (report, parameters) = random.pick(Self.reports)
            let first = 16 + random.below(5), last = first + 1 + random.below(9)
            var query = ["start_at=2026-02-\(first)", "end_at=2026-02-\(min(last, 28))"]
            for (name, values) in parameters { query.append("\(name)=\(random.pick(values))") }
            if random.below(3) == 0 { query.append("filter=\(random.pick(Self.filters))") }
            if random.below(5) == 0 { query.append("timezone=\(random.pick(["Europe/Berlin", "America/St_Johns"]))") }
            if random.below(6) == 0 { query.append("count_by=people") }
            if random.below(5) == 0 { query.append("limit=\(1 + random.below(5))") }
            path = "/api/v1/\(report)?\(query.joined(separator: "&"))"
            segment = random.below(4) == 0 ? random.below(3) : nil
        }
    }

    private static func answer(_ question: Question, _ app: TestApp, _ segments: [String]) async throws -> String {
        let segment = question.segment.map { "&segment_id=\(segments[$0])" } ?? ""
        let answer = try await app.get(question.path + segment, as: .query)
        // Ids differ between engines.
        let body = answer.body.replacing(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "id")
        return "\(answer.status) \(body)"
    }

    /// Whether two answers are the same, but for the last digits of numbers that were added up in another order.
    private static func isSame(_ left: String, _ right: String) -> Bool {
        if left == right { return true }
        let number = /-?[0-9]+\.[0-9]+(e-?[0-9]+)?/
        let lefts = left.matches(of: number).map { Double($0.output.0) ?? 0 },
            rights = right.matches(of: number).map { Double($0.output.0) ?? 0 }
        return left.replacing(number, with: "x") == right.replacing(number, with: "x")
            && zip(lefts, rights).allSatisfy { abs($0 - $1) <= 1e-9 * max(abs($0), abs($1)) }
    }
}
