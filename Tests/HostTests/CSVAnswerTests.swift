@_spi(Host) import Access
import AllModules
import Core
import Foundation
@_spi(Host) @testable import Host
import Testing
import TestSupport

/// Files of comma-separated values, sent while their rows are read.
@Suite("CSV", .modules(.all))
struct CSVAnswerTests {
    /// Answers the pages of the scope's pageviews.
    private struct Listing: AnalyticsModule {
        static let manifest = ModuleManifest(name: "listing", category: .platform, reads: ["revenue"], summaries: ["en": "Lists pages."])

        init(_ setup: ModuleSetup = ModuleSetup()) {}

        var routes: [Route] {
            [
                Route(
                    .get, "/api/v1/listing", "Pageviews, one per line.", scope: .query, access: .read,
                    parameters: ScopeParameters.list, success: .other("text/csv")
                ) { call in
                    let rows = try await call.scope().stream(
                        "listing.pages",
                        "SELECT path, seq, title, 0.5 AS half, seq > 0 AS is_counted, NULL AS nothing FROM pageviews ORDER BY occurred_at, seq"
                    )
                    return .csv(rows, columns: ["path", "seq", "title", "half", "is_counted", "nothing"], fileName: "pages \"a\"/ä.csv")
                },
                Route(
                    .get, "/api/v1/listing/foreign", "Orders.", scope: .query, access: .read, success: .other("text/csv")
                ) { call in
                    .csv(
                        try await call.scope().stream("listing.orders", "SELECT 1 AS n FROM revenue_orders"), columns: ["n"],
                        fileName: "n.csv")
                },
            ]
        }
    }

    private static func run(_ profile: Profile, _ body: @escaping @Sendable (TestApp) async throws -> Void) async throws {
        try await TestApp.run(profile, modules: ModuleList.current.load() + [Listing()]) { app in
            let change = Directory.ModuleChange(module: "listing", isEnabled: true, access: .all)
            try await app.installation.directory.setModules([change], in: app.project, by: "test")
            try await body(app)
        }
    }

    @Test("has a header, quotes where they are needed, and the rows of the scope", arguments: Profile.available)
    func file(profile: Profile) async throws {
        try await Self.run(profile) { app in
            let header = "path,seq,title,half,is_counted,nothing\r\n"
            #expect(try await app.get("/api/v1/listing").body == header)
            for title in [#"plain"#, #"say \"hi\", you"#, #"two\nlines"#] {
                try await app.collect(#"{"type":"pageview","path":"/a","title":"\#(title)","visitor_id":"ada"}"#)
                app.time.advance(seconds: 1)
            }
            let answer = try await app.get("/api/v1/listing")
            #expect(
                answer.body == header + "/a,1,plain,0.5,true,\r\n" + #"/a,2,"say ""hi"", you",0.5,true,"# + "\r\n"
                    + "/a,3,\"two\nlines\",0.5,true,\r\n")
            #expect(answer.headers[.contentType] == "text/csv; charset=utf-8")
            #expect(answer.headers[.contentDisposition] == #"attachment; filename="pages _a____.csv""#)
            #expect(try await app.get("/api/v1/listing?start_at=2020-01-01&end_at=2020-01-02").body == header)
        }
    }

    @Test("has every row, not a page of them", arguments: Profile.available)
    func long(profile: Profile) async throws {
        try await Self.run(profile) { app in
            for start in stride(from: 0, to: 5_000, by: 500) {
                let events = (start..<start + 500).map { #"{"type":"pageview","path":"/\#($0)","visitor_id":"v\#($0)"}"# }
                try await app.collect("[" + events.joined(separator: ",") + "]")
            }
            let lines = try await app.get("/api/v1/listing").body.components(separatedBy: "\r\n")
            #expect(lines.count == 5_002 && Set(lines.dropFirst().map { $0.prefix { $0 != "," } }).count == 5_001)
        }
    }

    @Test("a statement that the caller may not run gets an ordinary error")
    func refused() async throws {
        try await Self.run(.embedded) { app in
            let off = Directory.ModuleChange(module: "revenue", isEnabled: false, access: .all)
            try await app.installation.directory.setModules([off], in: app.project, by: "test")
            let answer = try await app.get("/api/v1/listing/foreign")
            #expect(answer.status == 403)
            #expect(answer.body == #"{"error":"Module 'revenue' is not enabled for this project."}"#)
        }
    }
}
