import Core
@testable import Host
import Testing
@testable import TestSupport

/// Definitions with all their options are composed by hand, shown again, and broken down by value.
extension DashboardPagesInBrowserTests {
    /// In addition to `Dashboard.traffic`: dee and fay sign up for plan pro, fay after viewing a help page, and eve for plan free.
    private static func signUps(_ app: TestApp) async throws {
        for (visitor, pages, plan) in [("dee", ["/"], "pro"), ("eve", ["/"], "free"), ("fay", ["/", "/help/plans"], "pro")] {
            for path in pages { try await app.collect(#"{"type":"pageview","path":"\#(path)","visitor_id":"\#(visitor)"}"#) }
            let seats = plan == "pro" ? 7 : 1
            try await app.collect(
                #"{"type":"event","name":"signup","path":"/","data":{"plan":"\#(plan)","seats":\#(seats)},"visitor_id":"\#(visitor)"}"#)
        }
    }

    /// Adds a condition on a property in the part of a form that `part` selects.
    private static func require(_ property: String, _ op: String, _ value: String, in part: String, _ browser: Browser) async throws {
        try await browser.click(selector: "\(part) .add-property")
        try await fill("\(part) .properties .condition:last-of-type input", property, browser)
        try await Dashboard.choose(op, in: "\(part) .properties .condition:last-of-type select", browser)
        try await fill("\(part) .properties .condition:last-of-type input:last-of-type", value, browser)
    }

    @Test("a funnel with properties, a time limit and an exclusion is composed, shown again, and broken down by source")
    func wholeFunnel() async throws {
        try await Dashboard.loggedIn { app, browser in
            try await Self.signUps(app)
            try await Dashboard.open("funnels", app, browser)
            try await browser.click("new-funnel")
            try await browser.type("To pro", selector: "#funnel-form .field input")
            try await browser.type("signup", selector: "#funnel-form fieldset:nth-of-type(2) input")
            try await Self.require("plan", "eq", "pro", in: "#funnel-form fieldset:nth-of-type(2)", browser)
            try await browser.click("add-exclusion")
            try await browser.type("/help*", selector: "#funnel-form #exclusions input")
            try await Dashboard.choose("1", in: "#funnel-form #exclusions select:last-of-type", browser)
            try await Self.fill("#funnel-form input[type=number]", "2", browser)
            try await Dashboard.choose("86400", in: "#funnel-unit", browser)
            #expect(try await browser.barriers() == [])
            try await browser.click(selector: "#funnel-form button[type=submit]")
            try await Dashboard.settles(browser, where: "document.querySelectorAll('.step').length === 2")
            // Six open /; only dee signs up for plan pro without viewing a help page.
            #expect(try await Dashboard.texts(".step > :nth-child(2)", browser) == ["6 visitors", "1 visitor"])
            #expect(try await Dashboard.rows("Conversion by property", browser) == ["(direct) 6"])
            #expect(try await Dashboard.texts(".list td", browser) == ["6", "1", "16.7%"])
            try await Dashboard.isClean(browser)

            let id = try #require(try await app.get("/api/v1/funnels").json()["data"]?.elements.first?["id"]?.string)
            let expected =
                #""conversion_window":172800,"exclusions":[{"after_step":1,"type":"pageview","value":"/help*"}],"name":"To pro","#
                + #""order":"ordered","steps":[{"label":"/","type":"pageview","value":"/"},"#
                + #"{"label":"signup","type":"event","value":"signup","where":[{"field":"plan","op":"eq","value":"pro"}]}]"#
            #expect(try await app.get("/api/v1/funnels/\(id)").body.contains(expected))

            // Saving the form unchanged keeps the definition.
            try await Self.press("Edit", browser)
            try await browser.wait(for: "return document.querySelectorAll('#funnel-form fieldset').length === 3")
            let fields = try await browser.texts(
                "return [...document.querySelectorAll('#funnel-form :is(fieldset, .field) :is(input, select)')].map(i => i.value)")
            #expect(
                fields == [
                    "To pro", "pageview", "/", "", "event", "signup", "", "plan", "eq", "pro", "ordered", "2", "86400", "pageview",
                    "/help*", "1",
                ])
            try await browser.click(selector: "#funnel-form button[type=submit]")
            try await Dashboard.settles(browser, where: "!document.querySelector('dialog')")
            #expect(try await app.get("/api/v1/funnels/\(id)").body.contains(expected))

            // Strictly consecutive steps have no exclusions; steps in any order have none between two steps.
            try await Self.press("Edit", browser)
            try await browser.wait(for: "return document.querySelectorAll('#funnel-form fieldset').length === 3")
            try await Dashboard.choose("strict", in: "#funnel-order", browser)
            #expect(try await browser.run("return document.querySelectorAll('#funnel-form fieldset').length").integer == 2)
            try await Self.fill("#funnel-form input[type=number]", "", browser)
            try await browser.click(selector: "#funnel-form button[type=submit]")
            try await Dashboard.settles(browser, where: "!document.querySelector('dialog')")
            let strict = try await app.get("/api/v1/funnels/\(id)").json()
            #expect(strict["order"]?.string == "strict" && strict["exclusions"]?.elements.count == 0 && strict["conversion_window"] == nil)
        }
    }

    @Test("a goal with a property and a value is composed, and broken down by page")
    func wholeGoal() async throws {
        try await Dashboard.loggedIn { app, browser in
            try await Self.signUps(app)
            try await Dashboard.open("goals", app, browser)
            try await browser.click("new-goal")
            try await browser.type("Pro", selector: "#goal-form .field input")
            try await Dashboard.choose("event", in: "#goal-form select", browser)
            try await Self.fill("#goal-form .field:nth-of-type(3) input", "signup", browser)
            try await Self.require("seats", "gte", "5", in: "#goal-form", browser)
            try await Self.fill("#goal-worth", "2.5", browser)
            #expect(try await browser.barriers() == [])
            try await browser.click(selector: "#goal-form button[type=submit]")
            try await Dashboard.settles(browser, where: "document.querySelectorAll('.plain tbody tr').length === 1")
            let row = try await Dashboard.texts(".plain tbody tr:first-child :is(th, td)", browser)
            #expect(row.prefix(6) == ["Pro", "Event: signup", "2", "2", "33.3%", "$5.00"])
            #expect(try await Dashboard.texts(".list tbody tr", browser) == ["(direct) 2 6 33.3%"])
            try await browser.click(selector: "[data-key=tab-path]")
            try await Dashboard.settles(browser, where: "document.querySelectorAll('.list tbody tr').length === 4")
            #expect(
                try await Dashboard.texts(".list tbody tr", browser) == [
                    "/ 2 6 33.3%", "/docs 0 1 0%", "/help/plans 0 1 0%", "/pricing 0 1 0%",
                ])
            try await Dashboard.isClean(browser)
            let config = #""config":{"event_name":"signup","where":[{"field":"seats","op":"gte","value":5}],"value":2.5}"#
            #expect(try await app.get("/api/v1/goals").body.contains(config))
            // Saving the form unchanged keeps the definition.
            try await Self.press("Edit", browser)
            try await browser.wait(for: "return document.querySelector('#goal-form .properties .condition input')?.value === 'seats'")
            try await browser.click(selector: "#goal-form button[type=submit]")
            try await Dashboard.settles(browser, where: "!document.querySelector('dialog')")
            #expect(try await app.get("/api/v1/goals").body.contains(config))
        }
    }

    @Test("a segment of visitors who did one thing and not another afterwards, and of an event with a property, is counted and shown again")
    func wholeSegment() async throws {
        try await Dashboard.loggedIn { app, browser in
            try await Self.signUps(app)
            try await Dashboard.open("segments", app, browser)
            try await browser.click("new-segment")
            try await Dashboard.choose("sequence", in: ".condition select", browser)
            try await Self.fill(".condition .condition:nth-of-type(1) input", "/", browser)
            try await Dashboard.choose("then-not", in: ".condition .condition:nth-of-type(2) select", browser)
            try await Self.fill(".condition .condition:nth-of-type(2) input", "signup", browser)
            func counts(_ text: String) async throws {
                try await browser.wait(for: "return document.querySelector('#segment-count').textContent === '\(text)'")
            }
            // bob and cy open / and never sign up.
            try await counts("2 visitors, 33.3% of all in this range")
            try await Dashboard.choose("then", in: ".condition .condition:nth-of-type(2) select", browser)
            try await counts("4 visitors, 66.7% of all in this range")
            try await Self.require("plan", "neq", "free", in: ".condition .condition:nth-of-type(2)", browser)
            // ada's plan is unknown, so it is not free.
            try await counts("3 visitors, 50% of all in this range")
            try await Self.fill(".condition input[type=number]", "3", browser)
            #expect(try await browser.barriers() == [])
            try await browser.type("To pro", selector: "#segment-form .field input")
            try await browser.click(selector: "#segment-form button[type=submit]")
            try await Dashboard.settles(browser, where: "document.querySelectorAll('.plain tbody tr').length === 1")
            let expected =
                #""conditions":[{"source":"sequence","steps":[{"path":"/"},"#
                + #"{"event":"signup","where":[{"field":"plan","op":"neq","value":"free"}]}],"within_days":3}]"#
            #expect(try await app.get("/api/v1/segments").body.contains(expected))

            try await Self.press("Edit", browser)
            try await counts("3 visitors, 50% of all in this range")
            try await Dashboard.choose("event", in: ".condition select", browser)
            try await Self.fill(".condition input", "signup", browser)
            try await Self.require("seats", "lt", "5", in: ".condition", browser)
            try await counts("1 visitor, 16.7% of all in this range")
            // Every metric of segments has a label.
            try await browser.run("[...document.querySelectorAll('#segment-form > button.link')].pop().click()")
            try await Dashboard.choose("metric", in: "#segment-form > div > .condition:nth-of-type(2) select", browser)
            let sums = "#segment-form > div > .condition:nth-of-type(2) select:nth-of-type(2)"
            #expect(
                try await Dashboard.texts("\(sums) option", browser) == [
                    "Pageviews", "Events", "Sessions", "Active days", "Seconds on site", "Revenue",
                ])
            try await Dashboard.choose("days_active", in: sums, browser)
            try await Self.fill("#segment-form > div > .condition:nth-of-type(2) input", "1", browser)
            try await counts("1 visitor, 16.7% of all in this range")
            try await browser.click(selector: "#segment-form button[type=submit]")
            try await Dashboard.settles(browser, where: "!document.querySelector('dialog')")
            let event =
                #"{"source":"event","event":"signup","count":{"op":"gte","value":1},"where":[{"field":"seats","op":"lt","value":5}]}"#
            #expect(try await app.get("/api/v1/segments").body.contains(event))
            try await Dashboard.isClean(browser)
        }
    }
}
