import AllModules
import BIModule
import Core
import NIOCore
import Testing
import TestSupport

@Suite("CSV uploads", .modules(.all))
struct UploadTests {
    @Test("rows come back as uploaded, with their types", arguments: Profile.available)
    func json(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let made = try await app.bi(
                "csv-uploads",
                #"{"name":"Costs","columns":["day","cost","n","ok"],"rows":[{"day":"2026-03-01","cost":1.5,"n":1,"ok":true},{"n":2,"cost":2}]}"#
            )
            #expect(made.status == 201, "\(made.body)")
            let json = try made.json(), id = json["id"]!.string!
            var types = JSONText()
            types.append(json["types"]!)
            #expect(types.string == #"{"cost":"number","day":"timestamp","n":"integer","ok":"boolean"}"#)
            let rows = try await app.get("/api/v1/bi/csv-uploads/\(id)/rows?limit=1&offset=1")
            #expect(rows.body == #"{"data":[{"cost":2,"day":null,"n":2,"ok":null}],"total":2}"#)
            let drill = try await app.rows("drill-through", #"{"dataset":"csv_uploads","filters":{"upload_id":"\#(id)","n":[1,7]}}"#)
            #expect(drill == "day,cost,n,ok\n\"2026-03-01\",1.5,1,true")
            // A policy on uploads hides them everywhere.
            let policy = try await app.bi(
                "row-policies", #"{"name":"P","dataset":"csv_uploads","field":"upload_name","operator":"neq","values":["Costs"]}"#)
            #expect(policy.status == 201, "\(policy.body)")
            let hidden = try await app.get("/api/v1/bi/csv-uploads/\(id)/rows")
            #expect(hidden.status == 404)
            let kept = try await app.delete("/api/v1/bi/csv-uploads/\(id)", as: .query)
            #expect(kept.status == 404)
            _ = try await app.delete("/api/v1/bi/row-policies/\(try policy.json()["id"]?.string ?? "")", as: .query)
            let gone = try await app.delete("/api/v1/bi/csv-uploads/\(id)", as: .query)
            #expect(gone.status == 204)
            for (body, sentence) in [
                (#"{"name":"x","columns":["a"],"rows":[{"b":1}]}"#, "field 'rows[0]': 'b' is not one of the columns."),
                (#"{"name":"x","columns":["a","a"],"rows":[]}"#, "column names must be unique."),
                (
                    #"{"name":"x","columns":["a"],"rows":[{"a":[]}]}"#,
                    "field 'rows[0].a' must be text, a number, true, false or null; got an array."
                ),
                (
                    #"{"name":"x","columns":["a"],"rows":[{"a":9223372036854775808}]}"#,
                    "field 'rows[0].a' is a whole number that does not fit in a signed 64-bit integer; send it as text."
                ),
                (#"{"name":"x","columns":[],"rows":[]}"#, "field 'columns' must be an array of 1 to 100 strings; got 0."),
            ] {
                let refusal = try await app.bi("csv-uploads", body)
                #expect(refusal.status == 400 && refusal.body.contains(sentence), "\(refusal.body)")
            }
        }
    }

    @Test("reads a file with a header and detects its delimiter", arguments: Profile.available)
    func file(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            func send(_ path: String, _ text: String) async throws -> TestApp.Answer {
                try await app.post("/api/v1/bi/csv-uploads" + path, text, as: .query, headers: [.contentType: "text/csv; charset=utf-8"])
            }
            let made = try await send("?name=Places", "code;name;share\r\n007;\"Köln; \"\"Dom\"\"\";0.5\n008;;2\n")
            #expect(made.status == 201, "\(made.body)")
            let id = try made.json()["id"]!.string!
            let rows = try await app.get("/api/v1/bi/csv-uploads/\(id)/rows")
            #expect(
                rows.body == #"{"data":[{"code":"007","name":"Köln; \"Dom\"","share":0.5},{"code":"008","name":null,"share":2}],"total":2}"#
            )
            // Numbers that would lose digits stay text, as they were written.
            let exact =
                "a,b,c,d,e,f\n12345678901234567890,0.1234567890123456789,9007199254740993,1.50,9223372036854775807,1e2\n1,1,0.5,2,-9223372036854775808,0.1\n"
            let precise = try await send("?name=Exact", exact).json(), preciseID = precise["id"]?.string ?? ""
            #expect(
                ["a", "b", "c", "d", "e", "f"].map { precise["types"]?[$0]?.string } == [
                    "text", "text", "text", "number", "integer", "number",
                ])
            let kept = try await app.get("/api/v1/bi/csv-uploads/\(preciseID)/rows?limit=1")
            #expect(
                kept.body.contains(
                    #"{"a":"12345678901234567890","b":"0.1234567890123456789","c":"9007199254740993","d":1.5,"e":9223372036854775807,"f":100}"#
                ), "\(kept.body)")
            // An exponent beyond any number makes the value text, not an error.
            for exponent in ["-9223372036854775808", "9223372036854775807", "-99999999999999999999", "-400"] {
                let odd = try await send("?name=Odd", "m\n1.5e\(exponent)\n")
                #expect(odd.status == 201 && odd.body.contains(#""types":{"m":"text"}"#), "\(exponent): \(odd.body)")
            }
            let zero = try await send(
                "?name=Zero", "m\n0.000e-9223372036854775808\n0.50e-9223372036854775808\n0e9223372036854775807\n100e-9223372036854775808\n")
            #expect(zero.status == 201, "\(zero.body)")
            // Codes aren't numbers, an empty cell in a single column is a row, and decimal commas can be requested.
            let codes = try await send("?name=Codes", "code,n\n1E5,1.5E+3\n12E3,2e3\n")
            #expect(codes.body.contains(#""types":{"code":"text","n":"number"}"#), "\(codes.body)")
            let emails = try await send("?name=Mails", "email\na@x\n\"\"\nb@x\n")
            #expect(emails.body.contains(#""row_count":3"#), "\(emails.body)")
            let prices = try await send("?name=Prices&decimal=comma", "Artikel;Preis, netto\nHut;1.234,50\nKappe;-2,25\nSchal;3\n").json()
            let priceRows = try await app.get("/api/v1/bi/csv-uploads/\(prices["id"]?.string ?? "")/rows")
            #expect(
                priceRows.body
                    == #"{"data":[{"Artikel":"Hut","Preis, netto":1234.5},{"Artikel":"Kappe","Preis, netto":-2.25},{"Artikel":"Schal","Preis, netto":3}],"total":3}"#
            )
            let latin = try await app.send(
                .post, "/api/v1/bi/csv-uploads?name=Latin", .init(bytes: Array("a,b\n1,2\nK".utf8) + [0xF6] + Array("ln,3\n".utf8)),
                as: .query,
                headers: [.contentType: "text/csv"])
            #expect(latin.status == 400 && latin.body.contains("line 3 of the file is not valid UTF-8"), "\(latin.body)")
            for (path, text, sentence) in [
                ("", "a\n1", "Invalid query parameter 'name'"),
                ("?name=x", "a,b\n1", "line 2 of the file has 1 field; the first line has 2."),
                ("?name=x", "a,b\n\"1", "the quote on line 2 is not closed."),
                ("?name=x", "", "the first line of the file must name 1 to 100 columns"),
            ] {
                let refusal = try await send(path, text)
                #expect(refusal.status == 400 && refusal.body.contains(sentence), "\(refusal.body)")
            }
            let list = try await app.get("/api/v1/bi/csv-uploads").json()["data"]!.elements
            #expect(list.compactMap { $0["row_count"]?.integer }.sorted() == [1, 1, 1, 1, 2, 2, 2, 3, 3, 4])
        }
    }

    @Test(
        "decimal commas are read in numeric columns, and everything else stays as sent", arguments: Profile.available,
        [
            // Versions keep their periods, and codes their zeros and signs.
            ("Version;x\n1.234;1\nbeta;2\n", #"{"Version":"1.234","x":1},{"Version":"beta","x":2}"#),
            ("code;n\n007;1.000\n1.234;2\n", #"{"code":"007","n":1000},{"code":"1.234","n":2}"#),
            ("phone;n\n+49;+1,5\n1,5;-1.234,5\n", #"{"n":1.5,"phone":"+49"},{"n":-1234.5,"phone":"1,5"}"#),
            ("share;n\n0.123;0,5\n;\n", #"{"n":0.5,"share":0.123},{"n":null,"share":null}"#),
        ])
    func decimalComma(profile: Profile, sample: (String, String)) async throws {
        let (file, expected) = sample
        try await TestApp.run(profile) { app in
            let made = try await app.post(
                "/api/v1/bi/csv-uploads?name=N&delimiter=semicolon&decimal=comma", file, as: .query, headers: [.contentType: "text/csv"])
            #expect(made.status == 201, "\(made.body)")
            let rows = try await app.get("/api/v1/bi/csv-uploads/\(try made.json()["id"]?.string ?? "")/rows")
            #expect(rows.body == #"{"data":[\#(expected)],"total":2}"#)
        }
    }
}
