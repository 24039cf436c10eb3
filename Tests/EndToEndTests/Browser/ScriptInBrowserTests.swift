import AllModules
import Core
import Foundation
import Testing
@testable import TestSupport

/// What the script does in a browser besides counting pages: privacy, consent, unusual pages, bad networks.
@Suite("The script in a browser", .modules(.all), .serialized, .enabled(if: Chromium.isInstalled, "\(Chromium.missing)"))
struct ScriptInBrowserTests {
    /// A Pulse, the site with `attributes` in its tags, and a browser.
    private struct Setting {
        let app: TestApp
        let site: Teapots
        let browser: Browser
        let arrivals: Arrivals

        /// Waits until `expected` has arrived, ignoring titles and times.
        func wait(for expected: [String]) async throws {
            try await arrivals.wait(for: expected.count)
            #expect(arrivals.all.map { $0.type == "event" ? "\($0.path) \($0.detail.prefix { $0 != " " })" : $0.path } == expected)
        }

        /// What became of all events, as the ledger reports it, once `count` have arrived.
        func ledger(of count: Int64) async throws -> String {
            let text = try await Patience.until("\(count) in the ledger", state: { try await app.get("/api/v1/ingest/ledger").body }) {
                let answer = try await app.get("/api/v1/ingest/ledger")
                return try answer.json()["data"]?.elements.first?["received"]?.integer == count ? answer.body : nil
            }
            return text
        }
    }

    private func run(
        as visitor: Chromium.Visitor = .ada, attributes: String = "", _ body: @escaping @Sendable (Setting) async throws -> Void
    ) async throws {
        try await TestApp.run(over: .socket) { app in
            try await Teapots.serve(api: app.address, key: app.keys[.ingest]!, attributes: attributes) { site in
                try await Arrivals.watch(api: app.address, key: app.keys[.query]!) { arrivals in
                    try await Chromium.run { chromium in
                        try await chromium.browse(as: visitor) { browser in
                            try await body(Setting(app: app, site: site, browser: browser, arrivals: arrivals))
                        }
                    }
                }
            }
        }
    }

    private static func ledger(received: Int, stored: Int, duplicate: Int = 0, refused: String = "{}") -> String {
        #"{"data":[{"adjusted":{},"duplicate":\#(duplicate),"hour":"2026-03-02T12:00:00Z","received":\#(received),"refused":\#(refused),"#
            + #""stored":\#(stored),"waiting":0}]}"#
    }

    private static let shy: Chromium.Visitor = {
        var visitor = Chromium.Visitor.ada
        visitor.asksNotToTrack = true
        return visitor
    }()

    @Test("campaigns in the query of a hash route are recognized")
    func hashCampaigns() async throws {
        try await run(attributes: #"data-utm="true""#) { it in
            try await it.browser.open(it.site.address + "/app.html#/landing?utm_source=newsletter&utm_medium=email")
            try await it.arrivals.wait(for: 1)
            let sources = try await it.app.get("/api/v1/campaigns/sources")
            #expect(sources.body.contains("newsletter"), "\(sources.body)")
        }
    }

    // MARK: Visitors that are not counted

    @Test("with Do Not Track it sends nothing at all")
    func doNotTrack() async throws {
        try await run(as: Self.shy) { it in
            try await it.browser.open(it.site.address + "/app.html")
            try await it.browser.click("inbox")
            try await it.browser.run("pulse('event', { name: 'asked' })")
            #expect(try await it.browser.run("return navigator.doNotTrack").string == "1")
            #expect(try await it.browser.requestsToCollect() == 0)
            #expect(try await it.app.get("/api/v1/ingest/ledger").body == #"{"data":[]}"#)
        }
    }

    @Test("a site that overrides Do Not Track in its tag is overruled by the project's settings")
    func overriddenDoNotTrack() async throws {
        try await run(as: Self.shy, attributes: #"data-dnt="false""#) { it in
            try await it.browser.open(it.site.address + "/")
            #expect(try await it.ledger(of: 1) == Self.ledger(received: 1, stored: 0, refused: #"{"do_not_track":1}"#))
        }
    }

    @Test("a headless browser counts as a bot, and is not told so")
    func bot() async throws {
        try await run(as: Chromium.Visitor(userAgent: nil)) { it in
            try await it.browser.open(it.site.address + "/")
            try await it.browser.click("pricing")
            #expect(try await it.ledger(of: 2) == Self.ledger(received: 2, stored: 0, refused: #"{"bot":2}"#))
        }
    }

    @Test("it sends nothing without consent, and nothing more after a withdrawal")
    func consent() async throws {
        try await run(attributes: #"data-consent-granted="false""#) { it in
            try await it.browser.open(it.site.address + "/cases/consent.html")
            try await it.browser.click("event")
            #expect(try await it.browser.requestsToCollect() == 0)
            try await it.browser.click("grant")
            try await it.wait(for: ["/cases/consent.html"])
            try await it.browser.click("event")
            try await it.wait(for: ["/cases/consent.html", "/cases/consent.html click"])
            try await it.browser.click("withdraw")
            try await it.browser.click("event")
            try await it.browser.click("grant")
            try await it.browser.click("route")
            try await it.wait(for: ["/cases/consent.html", "/cases/consent.html click", "/cases/consent/next"])
            #expect(try await it.ledger(of: 3) == Self.ledger(received: 3, stored: 3))
        }
    }

    // MARK: Unusual pages

    @Test("calls made before it has loaded are sent after the pageview, once, even if the page has the tag twice")
    func early() async throws {
        try await run { it in
            try await it.browser.open(it.site.address + "/cases/early.html")
            try await it.wait(for: ["/cases/early.html", "/cases/early.html first", "/cases/early.html second"])
            try await it.browser.run("pulse('event', { name: 'last' })")
            try await it.wait(for: ["/cases/early.html", "/cases/early.html first", "/cases/early.html second", "/cases/early.html last"])
        }
    }

    @Test("an element with the id pulse loses no early call, and leaves its name to the function")
    func element() async throws {
        let stub = try Repository.text("docs/tracking-script.md").split(separator: "\n").first {
            $0.hasPrefix("<script>") && $0.contains("pulse.q")
        }
        // The page has the documented stub.
        #expect(try Repository.text("Tests/Site/cases/element.html").contains(try #require(stub)))
        try await run { it in
            try await it.browser.open(it.site.address + "/cases/element.html")
            try await it.wait(for: ["/cases/element.html", "/cases/element.html early"])
            try await it.browser.run("pulse('event', { name: 'late' })")
            try await it.wait(for: ["/cases/element.html", "/cases/element.html early", "/cases/element.html late"])
        }
    }

    @Test("a page's own function called pulse is left alone, and the page counts once")
    func ownFunction() async throws {
        try await run { it in
            try await it.browser.open(it.site.address + "/cases/own-function.html")
            try await it.wait(for: ["/cases/own-function.html"])
            #expect(try await it.browser.run("return pulse(36)").integer == 72)
            try await it.browser.run("history.pushState({}, '', '/cases/own/next')")
            try await it.wait(for: ["/cases/own-function.html", "/cases/own/next"])
            #expect(try await it.ledger(of: 2) == Self.ledger(received: 2, stored: 2))
        }
    }

    @Test("pages whose random numbers are the same in every browser lose no visit and no order")
    func seededRandom() async throws {
        try await TestApp.run(over: .socket) { app in
            try await Teapots.serve(api: app.address, key: app.keys[.ingest]!) { site in
                try await Chromium.run { chromium in
                    for version in 128...130 {
                        let visitor = Chromium.Visitor(userAgent: TestApp.chrome.replacingOccurrences(of: "130", with: "\(version)"))
                        try await chromium.browse(as: visitor) { browser in
                            try await browser.open(site.address + "/cases/seeded.html")
                            try await browser.click("buy")
                            let orders = version - 127
                            try await Patience.until("\(orders) orders", state: { try await app.get("/api/v1/ingest/ledger").body }) {
                                try await app.get("/api/v1/revenue").json()["orders"]?.integer == Int64(orders) ? () : nil
                            }
                        }
                    }
                }
                #expect(try await app.get("/api/v1/ingest/ledger").body == Self.ledger(received: 6, stored: 6))
                #expect(try await app.get("/api/v1/stats").json()["current"]?["visitors"]?.integer == 3)
            }
        }
    }

    @Test("it works under a strict content security policy")
    func contentSecurityPolicy() async throws {
        try await run { it in
            try await it.browser.open(it.site.address + "/cases/csp.html")
            try await it.browser.click("pro")
            try await it.wait(for: ["/cases/csp.html", "/cases/csp.html signup"])
            #expect(try await it.browser.run("return violations").elements.isEmpty)
        }
    }

    @Test("the page sees its own errors, and never the script's")
    func errors() async throws {
        try await run { it in
            try await it.browser.open(it.site.address + "/cases/errors.html")
            try await it.wait(for: ["/cases/errors.html"])
            for button in ["own", "refused", "misuse"] { try await it.browser.click(button) }
            try await it.wait(for: ["/cases/errors.html", "/cases/errors.html fine"])
            try await it.browser.click("route")
            try await it.wait(for: ["/cases/errors.html", "/cases/errors.html fine", "/cases/route"])
            let seen = try await it.browser.run("return seen").elements.compactMap(\.string)
            #expect(seen.count == 2)
            #expect(seen.first?.contains("own error") == true)
            #expect(seen.last?.contains("pushState") == true)
            #expect(try await it.browser.run("return patched").integer == 4)
        }
    }

    @Test("a sandboxed frame counts; one without a URL does not")
    func frames() async throws {
        try await run { it in
            try await it.browser.open(it.site.address + "/cases/frame.html")
            try await it.wait(for: ["/cases/framed.html"])
            try await it.browser.open(it.site.address + "/")
            try await it.wait(for: ["/cases/framed.html", "/"])
        }
    }

    @Test("a prerendered page counts when it is shown")
    func prerendered() async throws {
        try await run { it in
            try await it.browser.open(it.site.address + "/cases/prerender.html")
            // The browser decides whether to prerender; if it doesn't, the page counts like any other.
            #expect(it.arrivals.all.isEmpty)
            try await it.browser.click("go")
            try await it.wait(for: ["/cases/prerendered.html", "/cases/prerendered.html loaded"])
        }
    }

    @Test("going back and forth between pages counts each view once")
    func backAndForth() async throws {
        try await run { it in
            try await it.browser.open(it.site.address + "/")
            try await it.wait(for: ["/"])
            try await it.browser.click("pricing")
            try await it.wait(for: ["/", "/pricing.html"])
            try await it.browser.goBack()
            try await it.wait(for: ["/", "/pricing.html", "/"])
            try await it.browser.run("history.forward()")
            try await it.wait(for: ["/", "/pricing.html", "/", "/pricing.html"])
        }
    }

    // MARK: Bad networks

    @Test("an event that was stored but whose response was lost is sent again, and counts once", arguments: [503, 429])
    func retries(failure: Int) async throws {
        try await TestApp.run(over: .socket) { app in
            try await FlakyProxy.run(before: app.address, failures: [failure]) { front, address in
                try await Teapots.serve(api: address, key: app.keys[.ingest]!) { site in
                    try await Chromium.run { chromium in
                        try await chromium.browse(as: .ada) { browser in
                            try await browser.open(site.address + "/")
                            try await Patience.until("the second attempt") { front.collected.count >= 2 ? () : nil }
                            try await browser.run("pulse('event', { name: 'later' })")
                            try await Patience.until("the event after it") { front.collected.count >= 3 ? () : nil }
                        }
                    }
                    #expect(front.collected.count == 3)
                    #expect(front.collected[0] == front.collected[1])
                    #expect(try await app.get("/api/v1/ingest/ledger").body == Self.ledger(received: 3, stored: 2, duplicate: 1))
                    #expect(
                        try await app.get("/api/v1/stats").json()["current"]?["pageviews"]?.integer == 1)
                }
            }
        }
    }

    @Test("while Pulse is unreachable it keeps events, and delivers them in order afterwards")
    func outage() async throws {
        try await run { it in
            try await it.browser.open(it.site.address + "/")
            try await it.wait(for: ["/"])
            try await it.browser.run(
                "const real = fetch; window.fetch = () => Promise.reject(new TypeError('offline')); window.online = () => { window.fetch = real }"
            )
            try await it.browser.run("pulse('event', { name: 'one' }); pulse('event', { name: 'two' })")
            try await it.browser.run("pulse('event', { name: 'three' }); online()")
            try await it.wait(for: ["/", "/ one", "/ two", "/ three"])
            #expect(try await it.ledger(of: 4) == Self.ledger(received: 4, stored: 4))
        }
    }
}
