import AllModules
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Settings
import Testing
@testable import TestSupport

/// What each attribute of the tag and each call of `pulse()` sends, as received by the server. Nothing is fetched or sent
/// that the tag didn't ask for.
@Suite("Features of the script in a browser", .modules(.all), .serialized, .enabled(if: Chromium.isInstalled, "\(Chromium.missing)"))
struct FeaturesInBrowserTests {
    static let page = "/cases/features.html"

    // MARK: On and off

    @Test("each attribute fetches its own file; without attributes nothing is fetched")
    func fetches() async throws {
        try await FeatureSite.record { it, recorder in
            for name in ["clicks", "errors", "navigation", "outlinks", "replay", "scroll", "search", "vitals"] {
                try await it.site("data-\(name)=\"true\"") { site in
                    try await it.browser.open(site.address + Self.page)
                    try await it.wait(forFile: name)
                    #expect(
                        try await it.fetched()
                            == [name == "clicks" ? "clicks.js" : "more.js", name == "clicks" ? "more.js" : "\(name).js"].sorted())
                }
                try await it.site("data-\(name)=\"false\"") { site in
                    try await it.browser.open(site.address + Self.page)
                    #expect(try await it.fetched() == [])
                }
            }
        }
    }

    @Test("without features only pageviews are sent, no matter what happens")
    func off() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site { site in
                try await it.browser.open(site.address + Self.page + "?q=tea&utm_source=mail")
                for id in ["external", "download", "deep", "throws", "rejects", "route"] { try await it.browser.click(id) }
                _ = try await recorder.wait(for: 2, "pageview")
                try await it.browser.click("leave")
                try await it.browser.open(site.address + "/")
                _ = try await recorder.wait(for: 3, "pageview")
                #expect(recorder.types == ["pageview", "pageview", "pageview"])
                #expect(recorder.payloads("pageview").allSatisfy { $0["utm_source"] == nil })
            }
        }
    }

    @Test("data-utm: the five campaign fields and the click ids in the URL, and nothing else from it")
    func campaigns() async throws {
        try await FeatureSite.record { it, recorder in
            let query =
                "?utm_source=google&utm_medium=cpc&utm_campaign=spring+sale&utm_content=%C3%A9&utm_term=tea%20pot&token=secret&path=/x&visitor_id=v&gclid=Cj0&msclkid=7"
            try await it.site(#"data-utm="true""#) { site in
                try await it.browser.open(site.address + Self.page + query)
                _ = try await recorder.wait(for: 1, "pageview")
                let payload = recorder.payloads("pageview")[0]
                #expect(
                    payload.members.map(\.name).sorted() == [
                        "consent_granted", "consent_mode", "event_id", "gclid", "msclkid", "path", "referrer", "screen", "title", "type",
                        "utm_campaign", "utm_content", "utm_medium", "utm_source", "utm_term",
                    ])
                #expect(
                    ["source", "medium", "campaign", "content", "term"].map { payload["utm_" + $0]?.string } == [
                        "google", "cpc", "spring sale", "é", "tea pot",
                    ])
                #expect(payload["path"]?.string == Self.page)
                #expect(payload["consent_mode"]?.string == "analytics")
                #expect(payload["consent_granted"]?.boolean == true)
            }
        }
    }

    @Test("data-search: the query in the URL, once per search; pulse(\"search\") with results")
    func searches() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-search="true""#) { site in
                try await it.browser.open(site.address + Self.page + "?q=%20green+tea%20")
                #expect(try await recorder.wait(for: 1, "search_query") == [#"{"path":"/cases/features.html","query":"green tea"}"#])
                try await it.browser.run("history.pushState({}, '', '?q=green+tea&page=2')")
                _ = try await recorder.wait(for: 2, "pageview")
                try await it.browser.click("route")
                #expect(try await recorder.wait(for: 2, "search_query")[1] == #"{"path":"/cases/next","query":"second"}"#)
                try await it.browser.run("pulse('search', { query: 'cups', results_count: 12 })")
                #expect(try await recorder.wait(for: 3, "search_query")[2] == #"{"path":"/cases/next","query":"cups","results_count":12}"#)
            }
            try await it.site(#"data-search="true" data-search-param="find""#) { site in
                try await it.browser.open(site.address + Self.page + "?q=no&find=yes")
                #expect(try await recorder.wait(for: 4, "search_query")[3] == #"{"path":"/cases/features.html","query":"yes"}"#)
            }
        }
    }

    @Test("data-navigation: routes of the Navigation API count like history routes, and history routes count once")
    func navigation() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-navigation="true""#) { site in
                try await it.browser.open(site.address + "/cases/navigation.html")
                try await it.wait(forFile: "navigation")
                func paths(after id: String, _ count: Int) async throws -> [String] {
                    try await it.browser.click(id)
                    _ = try await recorder.wait(for: count, "pageview")
                    return recorder.payloads("pageview").dropFirst(count - 1).compactMap { $0["path"]?.string }
                }
                #expect(try await paths(after: "next", 2) == ["/cases/navigation/next"])
                #expect(try await paths(after: "linked", 3) == ["/cases/navigation/linked"])
                #expect(try await paths(after: "page-2", 4) == ["/cases/navigation/linked"])
                // Later payloads have the current page; neither `replace` was a pageview.
                for id in ["filter", "replace"] { try await it.browser.click(id) }
                #expect(try await paths(after: "push", 5) == ["/cases/navigation/pushed"])
                try await it.browser.run("pulse('event', { name: 'here' })")
                #expect(try await recorder.wait(for: 1, "event") == [#"{"path":"/cases/navigation/pushed","name":"here"}"#])
                #expect(try await paths(after: "back", 6) == ["/cases/navigation/linked"])
            }
        }
    }

    // MARK: With the modules of the binary

    @Test("pulse(\"identify\") as documented identifies the visitor of the pageviews before and after it")
    func identity() async throws {
        try await FeatureSite.run { it in
            let documented = try Repository.text("docs/tracking-script.md").split(separator: "\n").first {
                $0.hasPrefix("pulse(\"identify\"")
            }
            try await it.site { site in
                try await it.browser.open(site.address + Self.page)
                try await it.browser.run(String(try #require(documented)))
                let profile = try await Patience.until("the profile") {
                    try await it.app.get("/api/v1/identity/profiles").json()["data"]?.elements.first
                }
                #expect(profile["user_id"]?.string == "user_123" && profile["traits"]?["plan"]?.string == "pro")
                try await it.browser.click("route")
                try await Patience.until("two pages of one visitor, who is one person") {
                    let stats = try await it.app.get("/api/v1/stats?count_by=people").json()["current"]
                    return stats?["pageviews"]?.integer == 2 && stats?["visitors"]?.integer == 1 ? () : nil
                }
                let ledger = try await it.app.get("/api/v1/ingest/ledger").body
                #expect(ledger.contains(#""refused":{}"#), "\(ledger)")
            }
        }
    }

    @Test("an attribute whose module is missing on the host sends nothing that would be rejected")
    func missingModules() async throws {
        let modules = try Self.modulesOfBinary(without: "scroll")
        try await FeatureSite.run(modules: modules) { it in
            try await it.site(#"data-clicks="true" data-replay="true" data-scroll="true""#) { site in
                try await it.browser.open(site.address + Self.page)
                for name in ["clicks", "replay", "scroll"] { try await it.wait(forFile: name) }
                try await it.browser.click("deep")
                try await it.browser.run("document.getElementById('bottom').textContent = 'changed'; pulse('event', { name: 'after' })")
                try await it.browser.open(site.elsewhere)
                let ledger = try await Patience.until(
                    "a pageview and an event", state: { try await it.app.get("/api/v1/ingest/ledger").body }
                ) {
                    let answer = try await it.app.get("/api/v1/ingest/ledger")
                    return try answer.json()["data"]?.elements.first?["stored"]?.integer == 2 ? answer.body : nil
                }
                #expect(ledger.contains(#""received":2,"refused":{}"#), "\(ledger)")
            }
        }
    }

    private static func modulesOfBinary(without name: String) throws -> [any AnalyticsModule] {
        try ModuleList.all.load(HostConfiguration.parse("modules: {disabled: [\(name)]}", knownModules: ModuleList.all.names).modules)
    }

    @Test("an order's products arrive from a page that adds toJSON to arrays, as Prototype 1.6 does")
    func prototype() async throws {
        try await FeatureSite.run { it in
            try await it.site { site in
                try await it.browser.open(site.address + Self.page)
                try await it.browser.run(
                    """
                    Array.prototype.toJSON = function () { return '[' + this.map(each => JSON.stringify(each)).join(', ') + ']' };
                    pulse('event', { name: 'purchase', revenue_amount: 30, revenue_currency: 'USD', data: { items: [{ name: 'Hat', price: 15, quantity: 2 }] } });
                    delete Array.prototype.toJSON;
                    """)
                let products = try await Patience.until("the order") {
                    let answer = try await it.app.get("/api/v1/revenue/products").body
                    return answer.contains("Hat") ? answer : nil
                }
                #expect(products == #"{"currency":"USD","data":[{"orders":1,"product":"Hat","quantity":2,"revenue":30}]}"#)
            }
        }
    }

    @Test("data-scroll: how far down each page was seen, once, when it is left")
    func scrolling() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-scroll="true""#) { site in
                try await it.browser.open(site.address + Self.page)
                try await it.wait(forFile: "scroll")
                // Scroll to half of the 4,000 pixels, regardless of the height of the window.
                try await it.browser.run("scrollTo(0, 2000 - innerHeight)")
                try await it.browser.run("return new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
                try await it.browser.run("scrollTo(0, 0)")
                try await it.browser.run("history.pushState({}, '', '/cases/next')")
                #expect(try await recorder.wait(for: 1, "scroll_depth") == [#"{"path":"/cases/features.html","max_depth":50}"#])
                try await it.browser.run("scrollTo(0, 4000)")
                try await it.browser.run("return new Promise(done => requestAnimationFrame(() => setTimeout(done, 50)))")
                try await it.browser.open(site.elsewhere)
                #expect(try await recorder.wait(for: 2, "scroll_depth")[1] == #"{"path":"/cases/next","max_depth":100}"#)
            }
        }
    }

    @Test("data-outlinks: clicks on links to other hosts and files, without credentials, and on no others")
    func outlinks() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-outlinks="true""#) { site in
                try await it.browser.open(site.address + Self.page)
                try await it.wait(forFile: "outlinks")
                for id in ["internal", "mail", "external", "download-text", "named"] { try await it.browser.click(id) }
                #expect(
                    try await recorder.wait(for: 3, "outlink") == [
                        #"{"path":"/cases/features.html","url":"http://127.0.0.1:\#(site.port)/elsewhere.html?a=b#c","link_type":"external"}"#,
                        #"{"path":"/cases/features.html","url":"\#(site.address)/files/catalogue.pdf?v=2","link_type":"download"}"#,
                        #"{"path":"/cases/features.html","url":"\#(site.address)/cases/early.html","link_type":"download"}"#,
                    ])
            }
        }
    }

    @Test("data-clicks: page coordinates and a selector that matches only the element")
    func clicks() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-clicks="true""#) { site in
                try await it.browser.open(site.address + Self.page)
                try await it.wait(forFile: "clicks")
                try await it.browser.click("deep")
                // A click by a script doesn't count.
                try await it.browser.run("document.querySelector('.cta-primary').click()")
                try await it.browser.click(selector: ".cta-primary")
                try await it.browser.click(selector: "#blocked b")
                let clicks = try await recorder.wait(for: 3, "click_event")
                let size = try await it.browser.run("return [innerWidth, innerHeight]").elements.compactMap(\.integer)
                #expect(
                    clicks[0]
                        == #"{"path":"/cases/features.html","x":90,"y":2010,"element_selector":"button#deep","viewport_width":\#(size[0]),"#
                        + #""viewport_height":\#(size[1])}"#)
                let selectors = recorder.payloads("click_event").compactMap { $0["element_selector"]?.string }
                #expect(selectors == ["button#deep", "button.cta-primary.big", "b"])
                // A click by keyboard has only the element's position.
                try await it.browser.type("\u{E007}", into: "deep")
                let last = try await recorder.wait(for: 4, "click_event")[3]
                #expect(last.contains(#""x":90,"y":2010"#), "\(last)")
            }
        }
    }
}
