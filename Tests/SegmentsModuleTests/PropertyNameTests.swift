import BIModule
import Common
import Foundation
import FunnelsModule
import IdentityModule
@testable import Questions
import RevenueModule
import SegmentsModule
import Testing
import TestSupport

@Suite(
    "Property names with special characters",
    .modules(BIModule.self, FunnelsModule.self, IdentityModule.self, RevenueModule.self, SegmentsModule.self))
struct PropertyNameTests {
    @Test(
        "a dot is a path separator or part of a name; with a backslash it is part of the name",
        arguments: [
            ("plan", [["plan"]]), ("order.id", [["order", "id"], ["order.id"]]), ("a.b.c", [["a", "b", "c"], ["a.b.c"]]),
            (#"order\.id"#, [["order.id"]]),
            (#"a\.b.c"#, [["a.b", "c"]]), (#"a\\.b"#, [["a\\", "b"], ["a\\.b"]]), (#"a\b"#, [["a\\b"]]), (#"k\:q"#, [["k:q"]]),
            ("a.", [["a", ""], ["a."]]), (".", [["", ""], ["."]]),
            ("Some. data", [["Some", " data"], ["Some. data"]]), ("\\", [["\\"]]), ("", [[""]]),
            ("e.\u{301}", [["e", "\u{301}"], ["e.\u{301}"]]),
        ] as [(String, [[String]])])
    func readings(written: String, readings: [[String]]) {
        #expect(PropertyPath(written).readings == readings.map { $0.map { ExactText($0) } })
    }

    @Test("each element of a list of names is read separately")
    func steps() {
        #expect(PropertyPath(["a.b", "c"]).readings.map { $0.map(\.text) } == [["a", "b", "c"], ["a.b", "c"]])
        #expect(PropertyPath([#"a\.b"#, "c.d"]).readings.map { $0.map(\.text) } == [["a.b", "c", "d"], ["a.b", "c.d"]])
    }

    /// `named` has the name with a dot, `nested` the nested object, `both` both, and `signs` every special character of filters.
    static let events: [String] = [
        ("named", #"{"order.id":"7","Some. data":"A","deep":{"x.y":"D"},"list.0":"L"}"#), ("nested", #"{"order":{"id":"7"},"list":["L"]}"#),
        ("both", #"{"order":{"id":"7"},"order.id":"8"}"#),
        ("signs", #"{"k:q":"1","k,q":"2","k;q":"3","k!":"4","k~":"5","k\\q":"6","data.plan":"9"}"#), ("none", "{}"),
    ].map { #"{"type":"event","name":"buy","visitor_id":"\#($0)","data":\#($1)}"# }

    static let asked: [(field: String, value: String, found: [String])] = [
        ("order.id", "7", ["both", "named", "nested"]), ("order.id", "8", []), (#"order\.id"#, "7", ["named"]),
        (#"order\.id"#, "8", ["both"]), ("Some. data", "A", ["named"]),
        (#"Some\. data"#, "A", ["named"]), (#"deep.x\.y"#, "D", ["named"]), ("list.0", "L", ["named", "nested"]),
        (#"k\:q"#, "1", ["signs"]), (#"k\,q"#, "2", ["signs"]),
        ("k,q", "2", ["signs"]), (#"k\;q"#, "3", ["signs"]), (#"k\!"#, "4", ["signs"]), (#"k\~"#, "5", ["signs"]),
        (#"k\\q"#, "6", ["signs"]), (#"data\.plan"#, "9", ["signs"]),
    ]

    @Test("work in filters, segments, funnels and SQL", arguments: Profile.available)
    func found(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            for (field, value, found) in Self.asked {
                let signs = CharacterSet.alphanumerics
                let filter = "data.\(field):\(value)".addingPercentEncoding(withAllowedCharacters: signs) ?? ""
                let drill = try await app.get("/api/v1/events/drill?event=buy&filter=\(filter)")
                #expect(try drill.json()["data"]?.elements.compactMap(\.string).sorted() == found, "filter \(field): \(drill.body)")
                let condition = #"[{"field":\#(("event_data." + field).quoted),"op":"eq","value":"\#(value)"}]"#
                let segment = try await app.post(
                    "/api/v1/segments/preview",
                    #"{"definition":{"match":"all","conditions":[{"source":"event","event":"buy","where":\#(condition)}]}}"#, as: .query)
                #expect(try segment.json()["visitors"]?.integer == Int64(found.count), "segment \(field): \(segment.body)")
                let funnel = try await app.post(
                    "/api/v1/funnels/analyze",
                    #"{"name":"f","steps":[{"type":"event","value":"buy","where":\#(condition)},{"type":"event","value":"x"}]}"#, as: .query
                )
                #expect(
                    try funnel.json()["steps"]?.elements.first?["visitors"]?.integer == Int64(found.count),
                    "funnel \(field): \(funnel.body)")
                let statement =
                    "SELECT count(*) AS n FROM events WHERE project_id = {{project_id}} AND json_text(data, '\(field)') = '\(value)'"
                let sql = try await app.post("/api/v1/bi/sql", #"{"sql_text":\#(statement.quoted)}"#, as: .query)
                #expect(sql.body.contains(#""rows":[{"n":\#(found.count)}]"#), "SQL \(field): \(sql.body)")
            }
            for (field, sign) in [("order.id", "!"), ("k:q", "")] {
                let filter = "data.\(field)\(sign):7".addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
                let drill = try await app.get("/api/v1/events/drill?event=buy&filter=\(filter)")
                #expect(try drill.json()["total"]?.integer == (sign == "!" ? 2 : 0), "\(field): \(drill.body)")
            }
        }
    }

    @Test("work for traits too, with each visitor's latest value", arguments: Profile.available)
    func traits(profile: Profile) async throws {
        let events = [
            ("named", #"{"plan.name":"pro"}"#, 1), ("nested", #"{"plan":{"name":"pro"}}"#, 1), ("changed", #"{"plan.name":"pro"}"#, 1),
            ("changed", #"{"plan.name":"free"}"#, 2), ("other", #"{"a":1}"#, 1),
        ].map { #"{"type":"identify","visitor_id":"\#($0)","traits":\#($1),"timestamp":"2026-03-01T0\#($2):00:00Z"}"# }
        let views = ["named", "nested", "changed", "other"].map { #"{"type":"pageview","path":"/","visitor_id":"\#($0)"}"# }
        try await TestApp.run(profile, collecting: events + views) { app in
            for (field, op, count) in [
                ("traits.plan.name", #""eq","value":"pro""#, 2), (#"traits.plan\.name"#, #""eq","value":"pro""#, 1),
                ("traits.plan.name", #""eq","value":"free""#, 1),
                ("traits.plan.name", #""neq","value":"pro""#, 2), ("traits.plan.name", #""not_exists""#, 1),
                ("traits.plan.name", #""exists""#, 3), ("traits.plan", #""exists""#, 1),
            ] {
                let body = #"{"definition":{"match":"all","conditions":[{"source":"profile","field":\#(field.quoted),"op":\#(op)}]}}"#
                let answer = try await app.post("/api/v1/segments/preview", body, as: .query)
                #expect(try answer.json()["visitors"]?.integer == Int64(count), "\(field) \(op): \(answer.body)")
            }
        }
    }
}
