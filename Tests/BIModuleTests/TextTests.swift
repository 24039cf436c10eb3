import AllModules
import BIModule
import Core
import Testing
import TestSupport

/// Text in statements works the same on both engines, and is compared by bytes.
@Suite("BI: text", .modules(.all))
struct TextTests {
    private static func event(_ number: Int, _ property: String) -> String {
        #"{"type":"event","name":"e","visitor_id":"v\#(number)","timestamp":"2026-03-01T10:00:00Z","data":{"p":\#(property)}}"#
    }

    private static func run(_ profile: Profile, _ properties: [String], _ body: @escaping @Sendable (TestApp) async throws -> Void)
        async throws
    {
        try await TestApp.run(profile, collecting: properties.enumerated().map { event($0, $1) }, body)
    }

    @Test("texts are compared by code points, whatever the database's locale", arguments: Profile.available)
    func order(profile: Profile) async throws {
        let texts = ["a", "B", "b", "c", "ä", "Z", "é", "_x", "1"].map { "\"\($0)\"" }
        try await Self.run(profile, texts) { app in
            let p = "json_text(data, 'p')"
            for (condition, expected) in [
                ("\(p) < 'b'", 5), ("'b' > \(p)", 5), ("\(p) BETWEEN 'A' AND 'Z'", 2), ("\(p) NOT BETWEEN 'A' AND 'Z'", 7),
                ("\(p) >= 'é'", 1),
                ("'a' < 'B'", 0), ("'B' <= 'a'", 9), ("lower(\(p)) > 'z'", 2), ("event_name || \(p) < 'ea'", 4),
                ("greatest(\(p), 'a') = 'a'", 5),
                ("CASE WHEN TRUE THEN \(p) ELSE '' END < 'b'", 5), ("coalesce(\(p), 'x') < 'b'", 5), ("replace(\(p), 'B', 'b') < 'b'", 4),
            ] {
                let answer = try await app.sql("SELECT count(*) AS n FROM events WHERE project_id = {{project_id}} AND \(condition)")
                #expect(answer == "n\n\(expected)", "\(condition)")
            }
        }
    }

    /// JSON values other than strings are shown as stored: compact, with members in their original order.
    @Test("the text of a JSON value is the same on both engines", arguments: Profile.available)
    func json(profile: Profile) async throws {
        let values = [
            (#"{"b":2, "a":1}"#, #"{"b":2,"a":1}"#), ("[1, 2]", "[1,2]"), ("1e-7", "1e-7"), ("1e22", "1e22"), ("0.000001", "0.000001"),
            ("1.50", "1.5"),
            ("12345.678e3", "12345678"), ("1e300", "1e300"), ("-2.5e-10", "-2.5e-10"), ("true", "true"), (#"{"a":1,"a":2}"#, #"{"a":2}"#),
            (#"["x\u0008\u000c\u001f\u007f\/\"\\é"]"#, "[\"x\\b\\f\\u001F\u{7F}/\\\"\\\\é\"]"),
            (#"{"n":[{"x":1e22}, null]}"#, #"{"n":[{"x":1e22},null]}"#),
        ]
        try await Self.run(profile, values.map(\.0)) { app in
            for (value, expected) in values {
                let literal = expected.replacing("'", with: "''")
                let answer = try await app.sql(
                    "SELECT json_text(data, 'p') AS p, length(json_text(data, 'p')) AS n FROM events WHERE project_id = {{project_id}} AND json_text(data, 'p') = '\(literal)'"
                )
                #expect(answer == "p,n\n\(expected.quoted),\(expected.unicodeScalars.count)", "\(value)")
            }
        }
    }

    @Test("a name made of digits is an array index that starts at 0; any other number finds nothing", arguments: Profile.available)
    func places(profile: Profile) async throws {
        try await Self.run(profile, [#"["x","y"]"#, #"{"-1":"m","01":"n","0":"o","":"p","a~/b":"q"}"#]) { app in
            for (path, expected) in [
                ("'p', '0'", #""o","x""#), ("'p', '1'", #""y",null"#), ("'p', '-1'", #""m",null"#), ("'p', '01'", #""n",null"#),
                ("'p', '+1'", "null,null"),
                ("'p', ' 1'", "null,null"), ("'p', '-'", "null,null"), ("'p', '99999999999999999999'", "null,null"),
                ("'p', 'a~/b'", #""q",null"#),
            ] {
                let answer = try await app.sql(
                    "SELECT json_text(data, \(path)) AS v FROM events WHERE project_id = {{project_id}} ORDER BY v")
                #expect(answer == "v\n" + expected.replacing(",", with: "\n"), "\(path)")
            }
        }
    }

    @Test("column names that look alike but differ in bytes are distinct", arguments: Profile.available)
    func columns(profile: Profile) async throws {
        let nfc = "caf\u{E9}", nfd = "cafe\u{301}"
        try await Self.run(profile, [#""x""#]) { app in
            let answer = try await app.bi(
                "sql",
                TestApp.sqlBody("SELECT 1 AS \"\(nfc)\", 2 AS \"\(nfd)\", count(*) AS n FROM events WHERE project_id = {{project_id}}"))
            #expect(answer.body.utf8.contains(sequence: #""rows":[{"\#(nfd)":2,"\#(nfc)":1,"n":1}]"#), "\(answer.body)")
            let inner = try await app.bi(
                "sql",
                TestApp.sqlBody(
                    "SELECT t.\"\(nfd)\" AS v FROM (SELECT 1 AS \"\(nfc)\", 2 AS \"\(nfd)\", count(*) AS n FROM events WHERE project_id = {{project_id}}) AS t"
                ))
            #expect(inner.body.contains(#""rows":[{"v":2}]"#), "\(inner.body)")
            // Expressions with different texts are different, so grouping by one doesn't cover the other.
            let grouped = try await app.bi(
                "sql",
                TestApp.sqlBody(
                    "SELECT replace(event_name, '\(nfc)', 'x') AS v FROM events WHERE project_id = {{project_id}} GROUP BY replace(event_name, '\(nfd)', 'x')"
                ))
            #expect(grouped.status == 400, "\(grouped.body)")
        }
    }

    @Test("an upload may have column names that look alike but differ in bytes", arguments: Profile.available)
    func upload(profile: Profile) async throws {
        let nfc = "caf\u{E9}", nfd = "cafe\u{301}"
        try await TestApp.run(profile) { app in
            let made = try await app.bi(
                "csv-uploads", #"{"name":"U","columns":["\#(nfc)","\#(nfd)"],"rows":[{"\#(nfc)":1,"\#(nfd)":"b"}]}"#)
            #expect(made.status == 201, "\(made.body)")
            let id = try made.json()["id"]?.string ?? ""
            #expect(made.body.utf8.contains(sequence: #""types":{"\#(nfd)":"text","\#(nfc)":"integer"}"#), "\(made.body)")
            let rows = try await app.get("/api/v1/bi/csv-uploads/\(id)/rows")
            #expect(rows.body.utf8.contains(sequence: #"[{"\#(nfd)":"b","\#(nfc)":1}]"#), "\(rows.body)")
            let drill = try await app.bi("drill-through", #"{"dataset":"csv_uploads","filters":{"upload_id":"\#(id)","\#(nfd)":"b"}}"#)
            #expect(drill.body.contains(#""row_count":1"#), "\(drill.body)")
        }
    }
}

extension String.UTF8View {
    /// Compares bytes, unlike `String.contains`.
    fileprivate func contains(sequence text: String) -> Bool { Array(self).firstRange(of: Array(text.utf8)) != nil }
}
