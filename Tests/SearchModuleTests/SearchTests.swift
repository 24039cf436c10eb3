import Common
import SearchModule
import Testing
import TestSupport

/// The expected numbers are computed by hand. Ada finds a page, then searches on it; Bob finds nothing, tries another term and reads on; Cy
/// gives up.
@Suite("Site search", .modules(SearchModule.self))
struct SearchTests {
    private static func pageview(_ visitor: String, _ path: String, _ time: String) -> String {
        #"{"type":"pageview","path":"\#(path)","visitor_id":"\#(visitor)","timestamp":"2026-03-01T10:\#(time)Z"}"#
    }

    private static func search(_ visitor: String, _ query: String, _ results: Int?, _ path: String, _ time: String) -> String {
        let count = results.map { #","results_count":\#($0)"# } ?? ""
        return
            #"{"type":"search_query","query":"\#(query)"\#(count),"path":"\#(path)","visitor_id":"\#(visitor)","timestamp":"2026-03-01T10:\#(time)Z"}"#
    }

    private static let events = [
        pageview("ada", "/search", "00:00"), search("ada", "Pricing  Plans", 7, "/search?q=Pricing", "00:01"),
        pageview("ada", "/pricing", "01:00"),
        search("ada", "pricing plans", 4, "/pricing", "05:00"), pageview("ada", "/pricing", "06:00"),
        pageview("bob", "/search", "00:00"), search("bob", " pricing plans", 0, "/search", "00:01"),
        search("bob", "price", 3, "/search", "02:00"),
        pageview("bob", "/search", "02:01"), pageview("bob", "/docs", "03:00"),
        // A search without a path counts for the session's last page.
        pageview("cy", "/search", "00:00"),
        #"{"type":"search_query","query":"pricing plans","visitor_id":"cy","timestamp":"2026-03-01T10:00:01Z"}"#,
        pageview("cy", "/search", "00:02"),
    ]

    @Test("lists search terms", arguments: Profile.available)
    func queries(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            // 7, 0 and 4 results; Cy's search didn't send a number.
            let plans = #"{"avg_results":3.7,"count":4,"query":"pricing plans","unique":3,"zero_results":1}"#
            let price = #"{"avg_results":3,"count":1,"query":"price","unique":1,"zero_results":0}"#
            try await app.expect("/api/v1/search", answers: #"{"data":[\#(plans),\#(price)]}"#)
            try await app.expect("/api/v1/search?offset=1", answers: #"{"data":[\#(price)]}"#)
            try await app.expect(
                "/api/v1/search?filter=exit_page:/search",
                answers: #"{"data":[{"avg_results":null,"count":1,"query":"pricing plans","unique":1,"zero_results":0}]}"#)
            try await app.expect(
                "/api/v1/search?start_at=2026-03-02&end_at=2026-03-02&compare=previous",
                answers: #"{"data":[],"previous":{"data":[\#(plans),\#(price)]}}"#)
        }
    }

    @Test("lists searches without results", arguments: Profile.available)
    func noResults(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            try await app.expect("/api/v1/search/no-results", answers: #"{"data":[{"count":1,"query":"pricing plans","unique":1}]}"#)
            try await app.expect("/api/v1/search/no-results?filter=path:/pricing", answers: #"{"data":[]}"#)
        }
    }

    @Test("shows where visitors go after a search", arguments: Profile.available)
    func nextPages(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.events) { app in
            // Ada went to /pricing and left after her second search; Bob searched for something else.
            try await app.expect(
                "/api/v1/search/next-pages?query=PRICING%20plans",
                answers: #"{"data":[{"count":2,"path":"(exit)","percentage":50},"#
                    + #"{"count":1,"path":"(search)","percentage":25},{"count":1,"path":"/pricing","percentage":25}],"searches":4}"#)
            try await app.expect(
                "/api/v1/search/next-pages",
                answers: #"{"data":[{"count":2,"path":"(exit)","percentage":40},"#
                    + #"{"count":1,"path":"(search)","percentage":20},{"count":1,"path":"/docs","percentage":20},"#
                    + #"{"count":1,"path":"/pricing","percentage":20}],"searches":5}"#)
            try await app.expect(
                "/api/v1/search/next-pages?limit=1&offset=2",
                answers: #"{"data":[{"count":1,"path":"/docs","percentage":20}],"searches":5}"#)
            try await app.expect("/api/v1/search/next-pages?offset=9", answers: #"{"data":[],"searches":5}"#)
            try await app.expect("/api/v1/search/next-pages?query=nothing", answers: #"{"data":[],"searches":0}"#)
        }
    }

    @Test("stores neither e-mail addresses nor card numbers, nor the query string of the page", arguments: Profile.available)
    func masked(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let path = "/search?q=ada@example.com"
            try await app.collect(
                #"[{"type":"search_query","query":"ada@example.com","path":"\#(path)"},{"type":"search_query","query":"4111 1111 1111 1111"}]"#
            )
            try await app.expect(
                "/api/v1/search",
                answers: #"{"data":[{"avg_results":null,"count":1,"query":"[card]","unique":1,"zero_results":0},"#
                    + #"{"avg_results":null,"count":1,"query":"[email]","unique":1,"zero_results":0}]}"#)
            let byPath = try await app.get("/api/v1/search?filter=path:/search").json()["data"]?.elements ?? []
            #expect(byPath.map { $0["query"]?.string } == ["[email]"])
        }
    }

    @Test(
        "rejects invalid searches",
        arguments: [
            (#""query":"""#, "field 'query' must be a string of 1 to 2048 characters; got 0 characters."),
            (#""query":" ""#, "field 'query' must contain more than spaces."),
            (#""results_count":1"#, "missing required field 'query'."),
        ])
    func refusals(fields: String, sentence: String) async throws {
        try await TestApp.run { app in
            let answer = try await app.collect(#"{"type":"search_query",\#(fields)}"#)
            #expect(answer.status == 400)
            #expect(answer.body == #"{"error":"Invalid request body: \#(sentence)"}"#)
        }
    }
}
