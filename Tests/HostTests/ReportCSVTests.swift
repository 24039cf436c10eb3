import AllModules
@_spi(Host) import Access
import Core
import Foundation
@_spi(Host) @testable import Host
import Testing
import TestSupport

@Suite("Reports as CSV", .modules(.all))
struct ReportCSVTests {
    @Test("have the rows of the list, all of them unless a page is asked for", arguments: Profile.available)
    func rows(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            for number in 0..<12 {
                let path = number == 0 ? "/=1+1,\\\"x\\\"" : "/\(number)"
                try await app.collect(#"{"type":"pageview","path":"\#(path)","visitor_id":"ada"}"#)
            }
            try await app.collect(#"{"type":"event","name":"=cmd()","visitor_id":"ada"}"#)
            try await app.collect(#"{"type":"event","name":"a;\"=b","visitor_id":"bob"}"#)
            let header = "path,views,unique_views,avg_duration"
            let whole = try await app.get("/api/v1/pages?format=csv")
            #expect(whole.headers[.contentType] == "text/csv; charset=utf-8")
            #expect(whole.headers[.contentDisposition] == #"attachment; filename="pages.csv""#)
            let lines = whole.body.components(separatedBy: "\r\n")
            #expect(lines.count == 14 && lines[0] == header && lines[13].isEmpty)
            #expect(lines.contains(#""/=1+1,""x""",1,1,0"#))
            #expect(try await app.get("/api/v1/pages?format=csv&limit=1&offset=1").body == "\(header)\r\n/10,1,1,0\r\n")
            #expect(try await app.get("/api/v1/pages?format=csv&end_at=2026-01-01").body == "\(header)\r\n")
            #expect(try await app.get("/api/v1/pages?format=json").body == app.get("/api/v1/pages").body)

            // A spreadsheet runs no formula.
            #expect(
                try await app.get("/api/v1/events?format=csv").body
                    == "name,count,unique\r\n'=cmd(),1,1\r\n\"a;\"\"'=b\",1,1\r\n")
            // Several lists.
            #expect(
                try await app.get("/api/v1/devices?format=csv").body == """
                    kind,name,visitors,percentage\r\nbrowsers,Chrome,2,100\r\noperating_systems,Linux,2,100\r\ndevice_types,Desktop,2,100\r\n
                    """)
            // A list of texts.
            #expect(try await app.get("/api/v1/pages/drill?format=csv&path=/1").body == "data\r\nada\r\n")
        }
    }

    @Test("of any length are sent page by page")
    func long() async throws {
        try await TestApp.run { app in
            let total = 10_003
            for start in stride(from: 0, to: total, by: 1_000) {
                let views = (start..<min(start + 1_000, total)).map { #"{"type":"pageview","path":"/\#($0)","visitor_id":"ada"}"# }
                try await app.collect("[\(views.joined(separator: ","))]", as: .server)
            }
            let lines = try await app.get("/api/v1/pages?format=csv").body.split(separator: "\r\n").dropFirst()
            #expect(lines.count == total)
            #expect(Set(lines.map { $0.prefix { $0 != "," } }).count == total)
            #expect(try await app.get("/api/v1/pages?format=csv&limit=1000").body.split(separator: "\r\n").count == 1_001)
        }
    }

    @Test(
        "refuse what has no place in a file",
        arguments: [
            (
                "pages?format=csv&compare=previous", 400,
                "Invalid query parameter 'format': csv can't be combined with 'compare'; leave one of them out."
            ),
            ("pages?format=xml", 400, "Invalid query parameter 'format': must be one of 'json', 'csv'; got 'xml'."),
            ("funnels/nothing/analyze?format=csv", 404, "Funnel 'nothing' not found."),
            ("pages?format=csv&segment_id=nothing", 404, "Segment 'nothing' not found."),
        ])
    func refusals(path: String, status: Int, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.get("/api/v1/\(path)")
            #expect(answer.status == status && answer.body == #"{"error":"\#(sentence)"}"#)
            let none = try await app.get("/api/v1/stats?format=csv")
            #expect(none.status == 400 && none.body.contains("'format': there is no such parameter"))
        }
    }

    @Test("are documented")
    func documented() async throws {
        try await TestApp.run { app in
            let paths = try await app.get("/openapi.json", as: .nobody).json()["paths"]
            func content(_ path: String) -> [String] {
                (paths?[path]?["get"]?["responses"]?["200"]?["content"]?.members ?? []).map(\.name).sorted()
            }
            #expect(content("/api/v1/pages") == ["application/json", "text/csv"])
            #expect(content("/api/v1/stats") == ["application/json"])
        }
    }
}
