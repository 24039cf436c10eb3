import Common
import RevenueModule
import Testing
import TestSupport
import UtmModule

@Suite("Imports", .modules(RevenueModule.self, UtmModule.self))
struct ImportTests {
    private static let path = "/api/v1/marketing/imports"
    private static let rows = """
        [{"date":"2026-05-01","dimensions":{"campaign":"brand","source":"google"},"metrics":{"impressions":12000,"clicks":420,"cost":318.44,"conversions":31},\
        "raw_row":{"Campaign":"brand","Clicks":"420"}},{"date":"20260502","metrics":{"Total users":3,"users":2,"sessions":0.1}},{"date":"2026-05-03","metrics":{"cost":0.2,"sessions":0.2}}]
        """

    private static func id(_ answer: TestApp.Answer) throws -> String { try answer.json()["id"]?.string ?? "" }

    private func create(_ app: TestApp, _ fields: String) async throws -> TestApp.Answer {
        try await app.post(Self.path, "{\(fields)}", as: .query)
    }

    @Test("are stored as sent, totaled, and deleted as a whole", arguments: Profile.available)
    func whole(profile: Profile) async throws {
        try await TestApp.run(profile, now: "2026-05-20T12:00:00Z") { app in
            let made = try await create(
                app, #""provider":"google_ads","name":"May \"brand\"","rows":\#(Self.rows),"metadata":{"source":"csv_export"}"#)
            #expect(made.status == 201)
            let id = try Self.id(made)
            let batch =
                #"{"created_at":"2026-05-20T12:00:00Z","id":"\#(id)","metadata":{"source":"csv_export"},"name":"May \"brand\"","provider":"google_ads","row_count":3}"#
            #expect(made.body == batch)
            app.time.advance(seconds: 1)
            let other = try Self.id(
                try await create(app, #""provider":"search_console","name":"b","rows":[{"date":"2026-05-01","metrics":{"clicks":1}}]"#))
            let listed = try await app.get(Self.path).json()["data"]?.elements.map { $0["id"]?.string }
            #expect(listed == [other, id])
            let chosen = try await app.get(Self.path + "?provider=google_ads").body
            #expect(chosen == #"{"data":[\#(batch)]}"#)
            let rows = try await app.get(Self.path + "/\(id)/rows").body
            #expect(
                rows
                    == #"{"data":[{"date":"2026-05-01","dimensions":{"campaign":"brand","source":"google"},"metrics":{"impressions":12000,"clicks":420,"cost":318.44,"conversions":31},"#
                    + #""raw_row":{"Campaign":"brand","Clicks":"420"}},{"date":"2026-05-02","dimensions":{},"metrics":{"Total users":3,"users":2,"sessions":0.1},"raw_row":{}},"#
                    + #"{"date":"2026-05-03","dimensions":{},"metrics":{"cost":0.2,"sessions":0.2},"raw_row":{}}]}"#)
            let second = try await app.get(Self.path + "/\(id)/rows?limit=1&offset=1").json()["data"]?.elements.map { $0["date"]?.string }
            #expect(second == ["2026-05-02"])
            // Cost is 318.44 + 0.2, and sessions 0.1 + 0.2; users come from the metric with that name.
            func summary(_ query: String) async throws -> String { try await app.get(Self.path + "/summary" + query).body }
            #expect(
                try await summary("")
                    == #"{"clicks":421,"conversions":31,"cost":318.64,"impressions":12000,"revenue":0,"rows":4,"sessions":0.3,"users":2}"#)
            #expect(
                try await summary("?provider=search_console&start_at=2026-05-01&end_at=2026-05-01")
                    == #"{"clicks":1,"conversions":0,"cost":0,"impressions":0,"revenue":0,"rows":1,"sessions":0,"users":0}"#)
            #expect(
                try await summary("?start_at=2026-05-02&end_at=2026-05-02&timezone=America/New_York")
                    == #"{"clicks":0,"conversions":0,"cost":0,"impressions":0,"revenue":0,"rows":1,"sessions":0.1,"users":2}"#)
            let deleted = try await app.delete(Self.path + "/\(id)", as: .query)
            #expect(deleted.status == 204)
            #expect(
                try await summary("")
                    == #"{"clicks":1,"conversions":0,"cost":0,"impressions":0,"revenue":0,"rows":1,"sessions":0,"users":0}"#)
            let gone = try await app.get(Self.path + "/\(id)/rows")
            #expect(gone.status == 404)
            #expect(gone.body == #"{"error":"Import '\#(id)' not found."}"#)
        }
    }

    @Test("accept CSV", arguments: Profile.available)
    func csv(profile: Profile) async throws {
        try await TestApp.run(profile, now: "2026-05-20T12:00:00Z") { app in
            let csv =
                "\u{FEFF}Date,\"Session campaign\",Total users,Ad cost,CTR\r\n20260501,\"brand, \"\"new\"\"\",\"1,024\",€ 12.50,3%\r\n2026-05-02,,--,,\r\n"
            let made = try await create(app, #""provider":"google_analytics","name":"c","csv":\#(csv.quoted)"#)
            #expect(made.status == 201, "\(made.body)")
            let rows = try await app.get(Self.path + "/\(try Self.id(made))/rows").body
            #expect(
                rows
                    == #"{"data":[{"date":"2026-05-01","dimensions":{"session_campaign":"brand, \"new\"","ctr":"3%"},"metrics":{"users":1024.0,"cost":12.5},"#
                    + #""raw_row":{"Date":"20260501","Session campaign":"brand, \"new\"","Total users":"1,024","Ad cost":"€ 12.50","CTR":"3%"}},"#
                    + #"{"date":"2026-05-02","dimensions":{"session_campaign":"","ctr":""},"metrics":{},"raw_row":{"Date":"2026-05-02","Session campaign":"","Total users":"--","Ad cost":"","CTR":""}}]}"#
            )
            let costs = try await app.get("/api/v1/marketing/campaign-costs").json()
            #expect(costs["data"]?.elements.map { $0["campaign"]?.string } == [#"brand, "new""#])
        }
    }

    @Test(
        "accept numbers as exports write them",
        arguments: [
            ("1,234.50", "1234.5"), ("1,234,567", "1234567"), ("12.345", "12.345"), ("$1,234.5", "1234.5"),
            ("-€ 1 234 567.25", "-1234567.25"), ("1\u{A0}234 \u{20AC}", "1234"),
            ("- 5", "-5"), ("+7", "7"), (".5", "0.5"), ("1e3", "1000"), ("1.5e-9223372036854775808", "0"),
        ])
    func numbers(written: String, cost: String) async throws {
        try await TestApp.run(now: "2026-05-20T12:00:00Z") { app in
            let made = try await create(app, #""provider":"google_ads","name":"n","csv":\#("date;cost\n2026-05-01;\(written)\n".quoted)"#)
            #expect(made.status == 201, "\(made.body)")
            let summary = try await app.get(Self.path + "/summary").body
            #expect(summary.contains(#""cost":\#(cost),"#), "\(summary)")
        }
    }

    @Test("if several columns fit a metric, the one with its name counts, else the first; all are stored")
    func severalColumns() async throws {
        try await TestApp.run(now: "2026-05-20T12:00:00Z") { app in
            let csv = "date,Spend,Cost,Ad cost\n2026-05-01,1,2,4\n2026-05-02,8,--,16\n"
            let made = try await create(app, #""provider":"google_ads","name":"n","csv":\#(csv.quoted)"#)
            let rows = try await app.get(Self.path + "/\(try Self.id(made))/rows").body
            #expect(rows.contains(#""metrics":{"spend":1.0,"cost":2.0,"ad_cost":4.0}"#), "\(rows)")
            #expect(rows.contains(#""metrics":{"cost":8.0,"ad_cost":16.0}"#), "\(rows)")
            #expect(try await app.get(Self.path + "/summary").json()["cost"]?.integer == 10)
        }
    }

    @Test("a large batch is stored completely", arguments: Profile.available)
    func large(profile: Profile) async throws {
        try await TestApp.run(profile, now: "2026-05-20T12:00:00Z") { app in
            let rows = (0..<1_234).map { #"{"date":"2026-05-01","metrics":{"clicks":\#($0)}}"# }.joined(separator: ",")
            let made = try await create(app, #""provider":"google_ads","name":"d","rows":[\#(rows)]"#)
            #expect(made.status == 201)
            let summary = try await app.get(Self.path + "/summary").json()
            #expect(summary["rows"]?.integer == 1_234)
            #expect(summary["clicks"]?.integer == 760_761)
        }
    }

    @Test(
        "reject invalid rows by number, and store nothing",
        arguments: [
            (
                #""rows":[{"date":"2026-05-01"},{"date":"2026-05-01","metrics":{"cost":"3"}}]"#,
                "row 2: field 'metrics.cost' must be a number from -1000000000000.0 to 1000000000000.0; got '3'."
            ),
            (
                #""rows":[{"date":"2026-05-01","metrics":{"clicks":9223372036854775808,"cost":1e308}}]"#,
                "row 1: field 'metrics.clicks' must be a number from -1000000000000.0 to 1000000000000.0; got 9.223372036854776e+18."
            ),
            // Outside `metrics` they wouldn't count.
            (
                #""rows":[{"date":"2026-05-01"},{"date":"2026-05-01","clicks":9223372036854775808}]"#,
                "row 2: unknown field 'clicks'; accepted fields are 'date', 'dimensions', 'metrics', 'raw_row'."
            ),
            (
                #""csv":"date,cost\n2026-05-01,9223372036854775808""#,
                "row 1 (line 2): column 'cost' must be a number from -1000000000000.0 to 1000000000000.0; got '9223372036854775808'."
            ),
            (#""rows":[{"date":"2026-02-30"}]"#, "row 1: field 'date' must be a day such as 2026-05-01; got '2026-02-30'."),
            (#""rows":[{"date":"2026-05-01"},{}]"#, "row 2: missing required field 'date'."),
            (#""rows":[7]"#, "row 1: it must be an object; got a number."),
            (#""rows":[]"#, "field 'rows' must be an array of 1 to 10000 values; got 0."), ("", "missing required field 'rows' or 'csv'."),
            (#""rows":[{"date":"2026-05-01"}],"csv":"date\n2026-05-01""#, "either field 'rows' or field 'csv' is accepted; got both."),
            (#""csv":"date,cost\n2026-05-01,1\n\n2026-05-02,abc""#, "row 2 (line 4): column 'cost' must be a number; got 'abc'."),
            (#""csv":"date,cost\n2026-05-01,\"12,50\"""#, "row 1 (line 2): column 'cost' must be a number; got '12,50'."),
            (#""csv":"date,cost\n2026-05-01,\"1.234,50\"""#, "row 1 (line 2): column 'cost' must be a number; got '1.234,50'."),
            (#""csv":"date;cost\n2026-05-01;12.345,6""#, "row 1 (line 2): column 'cost' must be a number; got '12.345,6'."),
            (#""csv":"date;cost\n2026-05-01;1.5,000""#, "row 1 (line 2): column 'cost' must be a number; got '1.5,000'."),
            (#""csv":"date;cost\n2026-05-01;1 234,567""#, "row 1 (line 2): column 'cost' must be a number; got '1 234,567'."),
            (#""csv":"date;cost\n2026-05-01;1 5""#, "row 1 (line 2): column 'cost' must be a number; got '1 5'."),
            (#""csv":"date;cost\n2026-05-01;1,234e5""#, "row 1 (line 2): column 'cost' must be a number; got '1,234e5'."),
            (#""csv":"date;cost\n2026-05-01;--5""#, "row 1 (line 2): column 'cost' must be a number; got '--5'."),
            (#""csv":"date,Ad cost,ad-cost\n2026-05-01,1,2""#, "field 'csv': the header has the column 'ad-cost' twice."),
            (#""csv":"date,cost\n2026-05-01,nan""#, "row 1 (line 2): column 'cost' must be a number; got 'nan'."),
            (#""csv":"date,cost\n2026-05-01,1e999""#, "row 1 (line 2): column 'cost' must be a number; got '1e999'."),
            (#""csv":"date,cost\n2026-05-01""#, "row 1 (line 2): it has 1 column; the header has 2."),
            (#""csv":"cost\n1""#, "row 1 (line 2): the header has no column 'date'."),
            (#""csv":"date\nMay""#, "row 1 (line 2): column 'date' must be a day such as 2026-05-01; got 'May'."),
            (#""csv":"date""#, "field 'csv' must contain a header and at least one row; got 1 line."),
            (#""csv":"date,a,a\n2026-05-01,1,2""#, "field 'csv': the header has the column 'a' twice."),
            (#""csv":"date\n\"2026-05-01""#, "field 'csv': the quote on line 2 is not closed."),
            (#""csv":"date"# + String(repeating: ",a", count: 500) + #"""#, "field 'csv': line 1 has more than 500 fields."),
            (
                #""csv":"date"# + String(repeating: #"\n2026-05-01"#, count: 10_001) + #"""#,
                "field 'csv': line 10002 exceeds the limit of 10001 records."
            ),
        ])
    func refusals(fields: String, sentence: String) async throws {
        try await TestApp.run(now: "2026-05-20T12:00:00Z") { app in
            let answer = try await create(app, #""provider":"google_ads","name":"a"\#(fields.isEmpty ? "" : ",")\#(fields)"#)
            #expect(answer.status == 400)
            #expect(try answer.json()["error"]?.string == "Invalid request body: " + sentence)
            let listed = try await app.get(Self.path).body
            #expect(listed == #"{"data":[]}"#)
            #expect(try await app.get(Self.path + "/summary").json()["rows"]?.integer == 0)
        }
    }

    @Test("reject other providers", arguments: ["POST", "GET"])
    func providers(method: String) async throws {
        try await TestApp.run { app in
            let answer =
                method == "GET"
                ? try await app.get(Self.path + "?provider=bing")
                : try await create(app, #""provider":"bing","name":"a","rows":[{"date":"2026-05-01"}]"#)
            #expect(answer.status == 400)
            #expect(answer.body.hasSuffix(#"must be one of 'google_analytics', 'google_ads', 'search_console'; got 'bing'."}"#))
        }
    }
}
