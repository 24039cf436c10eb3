import Core
@_spi(Host) import Enrichment
@testable import Host
import Testing
@testable import TestSupport

/// What forms suggest, and the notes that keep a page's numbers from misleading.
extension DashboardPagesInBrowserTests {
    @Test("forms suggest existing values, read / as a page, and point out values that don't occur; filters offer campaigns and channels")
    func offers() async throws {
        try await Dashboard.loggedIn { app, browser in
            try await app.collect(
                #"{"type":"pageview","path":"/","visitor_id":"dee","utm_source":"news","utm_medium":"email","utm_campaign":"spring"}"#)
            try await Dashboard.open("funnels", app, browser)
            try await browser.click("new-funnel")
            let step = "#funnel-form fieldset:nth-of-type(2)"
            func offered(_ selector: String, _ value: String) async throws {
                try await browser.wait(
                    for: "return [...document.querySelector('\(selector)').list?.options ?? []].some(o => o.value === '\(value)')")
            }
            func notes() async throws -> [String] { try await Dashboard.texts("dialog .unseen:not([hidden])", browser) }
            try await offered("\(step) input", "signup")
            try await browser.type("/pricing", selector: "\(step) input")
            #expect(try await browser.run("return document.querySelector('\(step) select').value").string == "pageview")
            try await offered("\(step) input", "/pricing")
            try await browser.type("x" + Browser.Key.tab, selector: "\(step) input")
            try await browser.wait(for: "return document.querySelectorAll('dialog .unseen:not([hidden])').length === 1")
            #expect(try await notes() == ["No pageviews of “/pricingx” in this range."])
            // A value that doesn't begin like a path is taken as an event.
            try await Self.fill("\(step) input", "nothing", browser)
            try await browser.run("document.querySelector('\(step) input').dispatchEvent(new Event('change'))")
            try await browser.wait(
                for: "return document.querySelector('dialog .unseen:not([hidden])')?.textContent.startsWith('No event named “nothing”')")
            #expect(try await browser.run("return document.querySelector('\(step) select').value").string == "event")
            try await browser.type("Typo", selector: "#funnel-form .field input")
            try await browser.click(selector: "#funnel-form button[type=submit]")
            try await Dashboard.settles(browser, where: "document.querySelectorAll('.step').length === 2")
            try await browser.wait(for: "return !!document.querySelector('main .unseen:not([hidden])')")
            #expect(try await Dashboard.texts("main .unseen:not([hidden])", browser) == ["No event named “nothing” in this range."])
            try await Dashboard.isClean(browser)

            try await Dashboard.go(to: "goals", browser)
            try await browser.click("new-goal")
            try await Dashboard.choose("event", in: "#goal-form select", browser)
            try await offered("#goal-form .field:nth-of-type(3) input", "signup")
            try await browser.type("/docs", selector: "#goal-form .field:nth-of-type(3) input")
            #expect(try await browser.run("return document.querySelector('#goal-form select').value").string == "pageview")
            try await browser.run("document.querySelector('dialog').close()")
            for (page, inputs) in [("paths", 3), ("retention", 2), ("insights", 2)] {
                try await Dashboard.go(to: page, browser)
                let without = "[...document.querySelectorAll('main input[type=text]')].filter(i => !i.list).length"
                #expect(
                    try await browser.run("return document.querySelectorAll('main input[type=text]').length - \(without)").integer
                        == Int64(inputs), "\(page)")
                #expect(try await browser.run("return \(without)").integer == 0, "\(page)")
            }
            try await browser.click("add-filter")
            for (dimension, value) in [("utm_campaign", "spring"), ("utm_medium", "email"), ("utm_source", "news"), ("channel", "Email")] {
                try await Dashboard.choose(dimension, in: "#filter-dimension", browser)
                try await offered("#filter-value", value)
            }
            #expect(try await browser.complaints() == [])
        }
    }

    @Test("an error names the page where it happens most, and is broken down; a click on a column sorts a table")
    func errorPages() async throws {
        try await Dashboard.loggedIn { app, browser in
            for (message, path) in [("B", "/app"), ("B", "/app"), ("B", "/"), ("C", "/docs"), ("C", "/docs"), ("A", "/docs")] {
                try await app.collect(#"{"type":"js_error","message":"\#(message) is undefined","path":"\#(path)","visitor_id":"ada"}"#)
            }
            try await app.collect(#"{"type":"js_error","message":"B is undefined","path":"/pricing","visitor_id":"bob"}"#)
            try await Dashboard.open("errors", app, browser)
            func rows() async throws -> [String] {
                try await browser.texts(
                    "return [...document.querySelectorAll('.plain tbody tr')].map(r => [0, 2, 4].map(at => r.children[at].innerText.replace(/\\n+/g, ' ')).join('|'))"
                )
            }
            #expect(try await rows() == ["B is undefined|4|/app and 2 more pages", "C is undefined|2|/docs", "A is undefined|1|/docs"])
            try await browser.click(selector: ".plain thead th:first-child .sort")
            #expect(try await rows().map { $0.prefix(1) } == ["A", "B", "C"])
            #expect(try await browser.run("return document.activeElement.closest('th').ariaSort").string == "ascending")
            try await browser.click(selector: ".plain thead th:first-child .sort")
            #expect(try await rows().map { $0.prefix(1) } == ["C", "B", "A"])
            try await browser.click(selector: ".plain thead th:nth-child(3) .sort")
            #expect(try await rows().map { $0.prefix(1) } == ["B", "C", "A"])
            try await browser.click(selector: ".plain tbody button")
            try await browser.wait(for: "return document.querySelectorAll('dialog .list tbody tr').length === 3")
            #expect(try await Dashboard.texts("dialog .list tbody tr", browser) == ["/app 2 1 50%", "/ 1 1 25%", "/pricing 1 1 25%"])
            #expect(try await Dashboard.text("dialog .facts", browser).contains("In this range\n4 times, 2 visitors"))
            #expect(try await browser.barriers() == [])
        }
    }

    @Test("a filter on an event hides numbers that its rows can't have, and says what is counted; the map says why it has no locations")
    func eventFilter() async throws {
        try await Dashboard.opened { app, browser in
            try await browser.click(selector: "button.row[title='Filter by signup']")
            try await Dashboard.settles(browser, where: "document.querySelector('#events-only')")
            try await browser.wait(for: "return document.querySelectorAll('.figure').length === 3")
            #expect(try await Dashboard.texts(".figure .name", browser) == ["Visitors", "Sessions", "Events"])
            #expect(try await Dashboard.texts(".grid .card h2", browser).contains("Pages") == false)
            #expect(try await Dashboard.texts(".list thead th", browser).contains("Pageviews") == false)
            try await browser.click(selector: ".chips button")
            try await browser.wait(
                for: "return document.querySelectorAll('.figure').length === 6 && !document.querySelector('#events-only')")
            try await Dashboard.go(to: "realtime", browser)
            try await browser.wait(for: "return document.body.innerText.includes('No locations are known. They require a GeoIP database')")
            try await Dashboard.isClean(browser)
        }
    }
}
