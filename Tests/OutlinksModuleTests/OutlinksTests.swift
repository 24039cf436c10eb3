import Common
import OutlinksModule
import Testing
import TestSupport

/// The expected numbers are computed by hand. Ada clicks the repository twice and downloads the guide; Bob clicks the repository and both
/// downloads.
@Suite("Outbound links", .modules(OutlinksModule.self))
struct OutlinksTests {
    private static func click(_ visitor: String, _ url: String, _ type: String? = nil, _ path: String = "/docs") -> String {
        let kind = type.map { #","link_type":"\#($0)""# } ?? ""
        return
            #"{"type":"outlink","url":"\#(url)"\#(kind),"path":"\#(path)","visitor_id":"\#(visitor)","timestamp":"2026-03-01T10:00:00Z"}"#
    }

    private static let repository = "https://github.com/acme/widget", guide = "https://cdn.example.com/guide.pdf"
    private static let events = [
        click("ada", repository, "external"), click("ada", "https://ada:pw@github.com/acme/widget", "external", "/"),
        click("bob", repository),
        click("ada", guide, "download"), click("bob", guide), click("bob", "https://cdn.example.com/get?id=1", "download"),
        click("cy", "https://github.com/"), click("cy", "mailto:hello@example.com?body=x"),
    ]

    private static func line(_ url: String, _ type: String, _ clicks: Int, _ unique: Int) -> String {
        #"{"clicks":\#(clicks),"link_type":"\#(type)","unique":\#(unique),"url":"\#(url)"}"#
    }

    @Test("are listed by clicks", arguments: Profile.available)
    func links(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            let lines = [
                Self.line(Self.repository, "external", 3, 2), Self.line(Self.guide, "download", 2, 2),
                Self.line("https://cdn.example.com/get?id=1", "download", 1, 1),
                Self.line("https://github.com/", "external", 1, 1), Self.line("mailto:hello@example.com", "external", 1, 1),
            ]
            try await app.expect("/api/v1/outlinks", answers: #"{"data":[\#(lines.joined(separator: ","))]}"#)
            try await app.expect("/api/v1/outlinks?limit=1&offset=1", answers: #"{"data":[\#(lines[1])]}"#)
            try await app.expect("/api/v1/outlinks?link_type=download", answers: #"{"data":[\#(lines[1]),\#(lines[2])]}"#)
            try await app.expect("/api/v1/outlinks?filter=path:/", answers: #"{"data":[\#(Self.line(Self.repository, "external", 1, 1))]}"#)
            try await app.expect(
                "/api/v1/outlinks?limit=1&start_at=2026-03-02&end_at=2026-03-02&compare=previous",
                answers: #"{"data":[],"previous":{"data":[\#(lines[0])]}}"#)
        }
    }

    @Test("are totaled by host", arguments: Profile.available)
    func hosts(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            let cdn = #"{"clicks":3,"host":"cdn.example.com","unique":2}"#
            try await app.expect("/api/v1/outlinks/hosts", answers: #"{"data":[{"clicks":4,"host":"github.com","unique":3},\#(cdn)]}"#)
            try await app.expect("/api/v1/outlinks/hosts?link_type=download", answers: #"{"data":[\#(cdn)]}"#)
        }
    }

    @Test("to files are totaled by file type", arguments: Profile.available)
    func fileTypes(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            try await app.expect(
                "/api/v1/outlinks/file-types",
                answers: #"{"data":[{"clicks":2,"file_type":"pdf","unique":2},{"clicks":1,"file_type":"(none)","unique":1}]}"#)
            try await app.expect("/api/v1/outlinks/file-types?filter=browser:Firefox", answers: #"{"data":[]}"#)
        }
    }

    @Test(
        "are rejected if invalid",
        arguments: [
            (
                #""url":"javascript:alert(1)""#,
                "field 'url' must be an absolute URL with one of the schemes http, https, mailto, tel; got the scheme 'javascript'."
            ),
            (#""link_type":"external""#, "missing required field 'url'."),
        ])
    func refusals(fields: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.collect(#"{"type":"outlink",\#(fields)}"#)
            #expect(answer.status == 400)
            #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
        }
    }
}
