import Core
import ErrorTrackingModule
import Testing
import TestSupport

@Suite("Release source maps", .modules(ErrorTrackingModule.self))
struct SourceMapRouteTests {
    private static let script = "https://acme.com/assets/min.js"

    private static func body(
        _ more: String = "", release: String = "1.0", environment: String? = nil, script: String = script,
        url: String = "s3://artifacts/min.js.map"
    ) -> String {
        #"{"release_version":"\#(release)",\#(environment.map { #""environment":"\#($0)","# } ?? "")"minified_url":"\#(script)","source_map_url":"\#(url)"\#(more.isEmpty ? "" : "," + more)}"#
    }

    private static func artifacts(_ map: String) -> String { #""artifacts":{"debug_id":"web-1","source_map":\#(map)}"# }

    private static let stack =
        #""stack":"TypeError: x\n    at a (https://acme.com/assets/min.js:1:19)\n    at https://acme.com/assets/min.js?v=2:2:29\n    at lib (https://cdn.example/lib.js:1:1)""#

    /// The original positions of the frames of the only occurrence of `message`.
    private static func originals(_ app: TestApp, _ message: String = "x") async throws -> [String] {
        let occurrence = try #require(try await app.get("/api/v1/errors/details?message=\(message)").json()["data"]?.elements.first)
        return (occurrence["frames"]?.elements ?? []).map { frame in
            var text = JSONText()
            if let original = frame["original"] { text.append(original) }
            return text.string
        }
    }

    private static let mapped = [
        #"{"column":22,"file":"/the/root/one.js","line":1,"name":"bar"}"#, #"{"column":11,"file":"/the/root/two.js","line":2,"name":"n"}"#,
        "null",
    ]

    @Test("are registered, changed and deleted, and outlive their release", arguments: Profile.available)
    func crud(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let made = try await app.post(
                "/api/v1/source-maps", Self.body(#""artifacts":{"debug_id":"web-20260509"}"#, url: "https://u:p@maps.acme.com/min.js.map"),
                as: .query)
            let id = try #require(try made.json()["id"]?.string)
            func expected(_ release: String, _ map: String, url: String) -> String {
                #"{"artifacts":{"debug_id":"web-20260509"},"created_at":"2026-03-02T12:00:00Z","environment":"production","id":"\#(id)","minified_url":"https://acme.com/assets/min.js","release_id":\#(release),"release_version":"1.0","source_map":\#(map),"source_map_url":"\#(url)"}"#
            }
            #expect(made.status == 201 && made.body == expected("null", "null", url: "https://maps.acme.com/min.js.map"))
            let release = try #require(try await app.post("/api/v1/releases", #"{"version":"1.0"}"#, as: .query).json()["id"]?.string)
            let changed = try await app.post(
                "/api/v1/source-maps", Self.body(#""artifacts":{"debug_id":"web-20260509","source_map":\#(SampleMaps.mozilla)}"#),
                as: .query)
            let full = expected("\"\(release)\"", #"{"mappings":13,"sources":2}"#, url: "s3://artifacts/min.js.map")
            #expect(changed.status == 200 && changed.body == full)
            #expect(try await app.get("/api/v1/source-maps").body == #"{"data":[\#(full)]}"#)
            #expect(try await app.get("/api/v1/source-maps?release_version=1.0").body == #"{"data":[\#(full)]}"#)
            #expect(try await app.get("/api/v1/source-maps?release_version=2.0").body == #"{"data":[]}"#)
            _ = try await app.delete("/api/v1/releases/\(release)", as: .query)
            let detached = expected("null", #"{"mappings":13,"sources":2}"#, url: "s3://artifacts/min.js.map")
            #expect(try await app.get("/api/v1/source-maps").body == #"{"data":[\#(detached)]}"#)
            let deleted = try await app.delete("/api/v1/source-maps/\(id)", as: .query)
            #expect(deleted.status == 204)
            let again = try await app.delete("/api/v1/source-maps/\(id)", as: .query)
            #expect(again.body == #"{"error":"Source map '\#(id)' not found."}"#)
        }
    }

    @Test("map frames to file, line, column and name, whether uploaded as an object or as text", arguments: Profile.available)
    func applied(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            // A source cut in the middle of a character, and a file that starts with a byte order mark.
            let half = #"{"sourcesContent":["\ud83d",null],"# + String(SampleMaps.mozilla.drop { $0 != "{" }.dropFirst())
            for (release, map) in [
                ("1.0", SampleMaps.mozilla), ("2.0", SampleMaps.indexed.quoted), ("3.0", (")]}'\n" + SampleMaps.mozilla).quoted),
                ("4.0", half),
                ("5.0", ("\u{FEFF}" + half).quoted),
            ] {
                let made = try await app.post("/api/v1/source-maps", Self.body(Self.artifacts(map), release: release), as: .query)
                #expect(made.status == 201, "\(made.body)")
                #expect(try made.json()["artifacts"]?.members.map(\.name) == ["debug_id"])
                try await app.fail("x\(release)", Self.stack + #","release":"\#(release)""#)
                let expected = Self.mapped
                #expect(try await Self.originals(app, "x\(release)") == expected)
            }
            let group = try #require(try await app.errors("?release=1.0").first)
            #expect(group["source_map_configured"]?.boolean == true)
            let one = try #require(try await app.get("/api/v1/errors/details?message=x1.0").json()["data"]?.elements.first)
            #expect(one["matched_source_map"]?["minified_url"]?.string == Self.script)
            #expect(one["matched_source_map"]?["source_map_url"]?.string == "s3://artifacts/min.js.map")
        }
    }

    @Test("can be uploaded as a form file, however large", arguments: Profile.available)
    func form(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            // Two megabytes of sources, which aren't stored.
            let content = String(repeating: "let a = 1;", count: 200_000)
            let map = #"{"sourcesContent":["\#(content)"],"# + SampleMaps.mozilla.dropFirst()
            let form =
                "--XX\r\nContent-Disposition: form-data; name=\"release_version\"\r\n\r\n1.0\r\n--XX\r\nContent-Disposition: form-data; name=\"minified_url\"\r\n\r\n/assets/min.js\r\n"
                + "--XX\r\nContent-Disposition: form-data; name=\"source_map\"; filename=\"min.js.map\"\r\nContent-Type: application/json\r\n\r\n\(map)\r\n--XX--\r\n"
            let made = try await app.post(
                "/api/v1/source-maps", form, as: .query, headers: [.contentType: "multipart/form-data; boundary=\"XX\""])
            #expect(made.status == 201, "\(made.body)")
            #expect(try made.json()["source_map_url"]?.string == "min.js.map")
            try await app.fail("x", Self.stack + #","release":"1.0""#)
            let expected = Self.mapped
            #expect(try await Self.originals(app) == expected, "a path matches on any host")
        }
    }

    @Test("are matched by script and release, preferring the same environment", arguments: Profile.available)
    func matching(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            for (release, environment, url) in [("1.0", "staging", "s"), ("1.0", "production", "p"), ("2.0", "production", "q")] {
                _ = try await app.post("/api/v1/source-maps", Self.body(release: release, environment: environment, url: url), as: .query)
            }
            func matched(_ more: String) async throws -> String {
                let message = "m" + String(Identifiers.uuid().prefix(6))
                try await app.fail(message, more)
                let one = try await app.get("/api/v1/errors/details?message=\(message)").json()["data"]?.elements.first
                return one?["matched_source_map"]?["source_map_url"]?.string ?? "-"
            }
            let file = #""filename":"https://acme.com/assets/min.js""#
            #expect(try await matched(file + #","release":"1.0""#) == "p")
            #expect(try await matched(file + #","release":"1.0","environment":"staging""#) == "s")
            #expect(
                try await matched(file + #","release":"2.0","environment":"staging""#) == "q",
                "a map of another environment is better than none")
            #expect(try await matched(file + #","release":"3.0""#) == "-")
            #expect(try await matched(file) == "-")
            #expect(try await matched(#""filename":"https://acme.com/assets/min.js?v=3#x","release":"2.0""#) == "q")
            #expect(try await matched(#""filename":"https://evil.example/assets/min.js","release":"2.0""#) == "-")
        }
    }

    @Test("the documented example works: a stack that names scripts without their host")
    func relativeFrames() async throws {
        try await TestApp.run { app in
            _ = try await app.post("/api/v1/source-maps", Self.body(Self.artifacts(SampleMaps.mozilla)), as: .query)
            try await app.fail(
                "x",
                #""stack":"TypeError: x\n at a (min.js:1:19)\n at b (react-dom.js:1:19)","filename":"\#(Self.script)","lineno":1,"colno":19,"release":"1.0""#
            )
            let expected = [Self.mapped[0], "null"]
            #expect(try await Self.originals(app) == expected)
            // Without a stack there is one frame, the position that was sent.
            try await app.fail("y", #""filename":"\#(Self.script)","lineno":1,"colno":19,"release":"1.0""#)
            let place = [Self.mapped[0]]
            #expect(try await Self.originals(app, "y") == place)
        }
    }

    @Test(
        "rejects an invalid map with a message",
        arguments: [
            (body(#""artifacts":{"source_map":{"version":2}}"#), "the source map can't be read: version must be 3; got 2."),
            (body(#""artifacts":{"source_map":"{"}"#), "the source map can't be read: not valid JSON."),
            (
                body(#""artifacts":{"source_map":7}"#),
                "field 'artifacts.source_map' must be a source map, as a JSON object or its text; got a number."
            ),
            (body(#""artifacts":[]"#), "field 'artifacts' must be an object; got an array."),
            (
                body(#""artifacts":{"note":"\#(String(repeating: "a", count: 40_000))"}"#),
                "field 'artifacts' may hold at most 32768 bytes besides the source map; got 40011."
            ),
            (#"{"release_version":"1","minified_url":"a.js"}"#, "missing required field 'source_map_url'."),
            (body(script: "?v=1"), "field 'minified_url' must name a script; got '?v=1'."),
        ])
    func refused(body: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.post("/api/v1/source-maps", body, as: .query)
            #expect(answer.status == 400 && answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#, "\(answer.body)")
            #expect(try await app.get("/api/v1/source-maps").body == #"{"data":[]}"#)
        }
    }

    @Test(
        "rejects an invalid form with a message",
        arguments: [
            ("multipart/form-data", "", "the form's content type has no valid boundary; got 'multipart/form-data'."),
            (
                "multipart/form-data; boundary=X", "",
                "the form is cut off, or its parts are not separated by the boundary of its content type."
            ),
            (
                "multipart/form-data; boundary=X", "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1",
                "the form is cut off, or its parts are not separated by the boundary of its content type."
            ),
            ("multipart/form-data; boundary=X", "--X\r\nnothing\r\n--X--", "a part of the form has no header."),
            (
                "multipart/form-data; boundary=X", "--X\r\nContent-Disposition: form-data\r\n\r\n1\r\n--X--",
                "a part of the form has no name."
            ),
            ("multipart/form-data; boundary=X", "--X--", "missing required field 'release_version'."),
            (
                "multipart/form-data; boundary=X", "--X",
                "the form is cut off, or its parts are not separated by the boundary of its content type."
            ),
        ])
    func refusedForm(type: String, form: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.post("/api/v1/source-maps", form, as: .query, headers: [.contentType: type])
            #expect(answer.status == 400 && answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#, "\(answer.body)")
        }
    }
}
