import AllModules
import Core
import Testing
@testable import TestSupport

/// From the page to the reports, with every module that the binary has.
@Suite("All modules in a browser", .modules(.all), .serialized, .enabled(if: Chromium.isInstalled, "\(Chromium.missing)"))
struct ModulesInBrowserTests {
    /// Waits until the report is `body`.
    private static func wait(_ it: FeatureSite, for body: String, in path: String) async throws {
        try await Patience.until("\(path) to be \(body)", state: { "It is \(try await it.app.get(path).body)" }) {
            try await it.app.get(path).body == body ? () : nil
        }
    }

    @Test("activity on one page appears in the report of each module", arguments: Profile.available)
    func reports(profile: Profile) async throws {
        try await FeatureSite.run(profile) { it in
            let on = ["utm", "search", "scroll", "outlinks", "vitals", "errors"].map { #"data-\#($0)="true""# }.joined(separator: " ")
            try await it.site(on + #" data-release="2026.05.09""#) { site in
                try await it.browser.open(
                    site.address + "/cases/features.html?q=Green+tea&utm_source=mail&utm_medium=email&utm_campaign=spring")
                for name in ["errors", "outlinks", "scroll", "vitals"] { try await it.wait(forFile: name) }
                try await it.browser.run("scrollTo(0, 2000 - innerHeight)")
                try await it.browser.run("return new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
                try await it.browser.run(
                    """
                    pulse('search', { query: 'cups', results_count: 0 });
                    pulse('event', { name: 'purchase', revenue_amount: 49.99, revenue_currency: 'USD', data: { order_id: 'A1' } });
                    pulse('log', 'warn', 'Checkout retry', { retry_count: 2 });
                    """)
                for id in ["external", "download-text", "throws"] { try await it.browser.click(id) }
                try await it.browser.open(site.elsewhere)

                try await Self.wait(
                    it, for: #"{"data":[{"avg_max_depth":50,"p50":50,"p75":50,"path":"/cases/features.html","samples":1}]}"#,
                    in: "/api/v1/scroll")
                try await Self.wait(
                    it, for: #"{"data":[{"avg_duration":0,"bounce_rate":100,"campaign":"spring","pageviews":1,"visitors":1}]}"#,
                    in: "/api/v1/campaigns")
                try await Self.wait(
                    it,
                    for: #"{"data":[{"avg_results":0,"count":1,"query":"cups","unique":1,"zero_results":1},"#
                        + #"{"avg_results":null,"count":1,"query":"green tea","unique":1,"zero_results":0}]}"#, in: "/api/v1/search")
                try await Self.wait(
                    it,
                    for:
                        #"{"data":[{"clicks":1,"link_type":"external","unique":1,"url":"http://127.0.0.1:\#(site.port)/elsewhere.html?a=b"},"#
                        + #"{"clicks":1,"link_type":"download","unique":1,"url":"http://localhost:\#(site.port)/files/catalogue.pdf?v=2"}]}"#,
                    in: "/api/v1/outlinks")
                try await Self.wait(
                    it, for: #"{"affected_visitors":1,"releases":[{"count":1,"release":"2026.05.09"}],"total_errors":1,"unique_errors":1}"#,
                    in: "/api/v1/errors/stats")
                try await Self.wait(it, for: #"{"data":[{"count":1,"level":"warn","release":"2026.05.09"}]}"#, in: "/api/v1/logs/summary")
                try await Self.wait(
                    it,
                    for:
                        #"{"average_order_value":49.99,"buyers":1,"currencies":[{"currency":"USD","orders":1,"revenue":49.99}],"currency":"USD","#
                        + #""orders":1,"refunded":0,"refunds":0,"revenue":49.99}"#, in: "/api/v1/revenue")
                // The times of the page vary, but each was measured once.
                try await Patience.until("LCP", state: { try await it.app.get("/api/v1/webvitals/pages").body }) {
                    let pages = try await it.app.get("/api/v1/webvitals/pages").json()["data"]?.elements ?? []
                    let isMeasured = ["LCP", "FCP", "TTFB", "CLS"].allSatisfy { pages.first?["\($0)_p75"]?.number != nil }
                    return pages.count == 1 && pages[0]["path"]?.string == "/cases/features.html" && isMeasured ? () : nil
                }
            }
        }
    }

    /// A source map for `cases/failures.js`: 4:11 is `src/pot.ts` 12:5, and 8:11 is `src/tea.ts` 20:3.
    private static let map =
        #"{"version":3,"sources":["src/pot.ts","src/tea.ts"],"names":["findPot","brew"],"mappings":";;;UAWIA;;;;UCQFC"}"#

    @Test("an unhandled rejection is shown at its place in the sources", arguments: Profile.available)
    func sources(profile: Profile) async throws {
        try await FeatureSite.run(profile) { it in
            try await it.site(#"data-errors="true" data-release="2026.05.09""#) { site in
                let made = try await it.app.post(
                    "/api/v1/source-maps",
                    #"{"release_version":"2026.05.09","minified_url":"\#(site.address)/cases/failures.js","#
                        + #""source_map_url":"failures.js.map","artifacts":{"source_map":\#(Self.map)}}"#, as: .query)
                #expect(made.status == 201, "\(made.body)")
                try await it.browser.open(site.address + "/cases/features.html")
                try await it.wait(forFile: "errors")
                try await it.browser.click("rejects")
                try await it.browser.click("throws")

                for (message, original) in [
                    ("RangeError: too much tea", #"{"column":3,"file":"src/tea.ts","line":20,"name":"brew"}"#),
                    ("TypeError: no teapot", #"{"column":5,"file":"src/pot.ts","line":12,"name":"findPot"}"#),
                ] {
                    let path = "/api/v1/errors/details?message=" + message.replacing(" ", with: "%20")
                    let occurrence = try await Patience.until(message) { try await it.app.get(path).json()["data"]?.elements.first }
                    var text = JSONText()
                    text.append(try #require(occurrence["frames"]?.elements.first?["original"]))
                    #expect(text.string == original)
                    #expect(occurrence["matched_source_map"]?["source_map_url"]?.string == "failures.js.map")
                    #expect(occurrence["release"]?.string == "2026.05.09")
                }
            }
        }
    }
}
