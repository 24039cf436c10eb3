@_spi(Host) import Access
import AllModules
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
@_spi(Host) import Jobs
@_spi(Host) import Platform
@_spi(Host) import Questions
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing
@testable import TestSupport

/// The layout of the dashboard's pages and dialogs at the widths of phones and screens, in Debian's Chromium.
@Suite("Dashboard layout in a browser", .modules(.all), .serialized, .enabled(if: Chromium.isInstalled, "\(Chromium.missing)"))
struct DashboardLayoutInBrowserTests {
    /// A long name without a position for a line break.
    private static let word = String(repeating: "Donaudampfschifffahrtsgesellschaft", count: 4)

    /// Creates long names, paths, amounts and traits.
    private static func longNames(_ app: TestApp) async throws {
        let path = "/docs/" + String(repeating: "a-very-long-part/", count: 8), name = "Dropped off before “\(path.prefix(90))”"
        for (visitor, revenue) in [("ada", "31794.2"), ("bob", "1.5")] {
            try await app.collect(#"{"type":"pageview","path":"\#(path)","visitor_id":"\#(visitor)","title":"Long"}"#)
            try await app.collect(
                #"{"type":"event","name":"\#(String(path.prefix(60)))","path":"/docs","visitor_id":"\#(visitor)","revenue_amount":\#(revenue),"revenue_currency":"EUR"}"#
            )
        }
        for (path, body) in [
            ("segments", #"{"name":"\#(name)","definition":{"match":"all","conditions":[{"source":"event","event":"signup"}]}}"#),
            ("goals", #"{"name":"\#(word)","goal_type":"event","config":{"event_name":"signup"}}"#),
            ("segments", #"{"name":"\#(word)","definition":{"match":"all","conditions":[{"source":"event","event":"signup"}]}}"#),
            ("goals", #"{"name":"\#(name)","goal_type":"pageview","config":{"path":"\#(path)"}}"#),
            (
                "funnels",
                #"{"name":"\#(name)","steps":[{"type":"pageview","value":"\#(path)","label":"\#(name)"},{"type":"event","value":"signup","label":"In"}]}"#
            ),
            ("bi/sql-queries", #"{"name":"\#(name)","sql_text":"SELECT path FROM pageviews WHERE project_id = {{project_id}}"}"#),
        ] {
            let made = try await app.post("/api/v1/\(path)", body, as: .query)
            #expect(made.status == 201, "\(path): \(made.body)")
        }
        #expect(try await app.post("/api/admin/projects", #"{"name":"\#(word)","domain":"example.com"}"#, as: .token).status == 201)
        let traits =
            #"{"city":"Neustadt an der Weinstraße","company":"Acme Corporation of Somewhere","plan":"enterprise","role":"administrator"}"#
        try await app.collect(#"{"type":"identify","visitor_id":"ada","user_id":"ada.lovelace@mathematics.example","traits":\#(traits)}"#)
        app.installation.tasks.declare([TaskKind("report_on_everything", name) { _ in throw GiveUp("\(name) \(word)") }], of: "test")
        try await TaskQueue(app.installation.tasks, module: "test").enqueue("report_on_everything")
        await app.installation.taskRunner.settle()
    }

    /// Buttons that open a form, by page.
    private static let dialogs = [
        "overview": ["add-filter", "days"], "funnels": ["new-funnel"], "goals": ["new-goal"], "segments": ["new-segment"],
        "boards": ["new-board"],
        "admin": ["new-project", "new-key"],
    ]

    @Test("no page or form overlaps, overflows or leaves a third empty, from a phone to a wide screen, in English and German")
    func everyPage() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.traffic(of: app)
            try await Self.longNames(app)
            try await Dashboard.logIn(app, browser, app.installation.adminToken)
            let status = try await browser.run(
                """
                return fetch('/dashboard/login', { method: 'POST', headers: { 'X-Pulse-Dashboard': '1' }, body: JSON.stringify({ key: '\(app.keys[.query]!)' }) })
                    .then(answer => answer.status)
                """)
            #expect(status.integer == 200)
            for language in ["en", "de"] {
                try await browser.run("localStorage['pulse.language'] = '\(language)'")
                try await browser.open(app.address + "/dashboard/overview")
                try await Dashboard.settles(
                    browser, where: "document.documentElement.lang === '\(language)' && document.querySelector('nav a')")
                for page in app.installation.registry.modules.flatMap(\.pages).map(\.id) + ["admin"] {
                    try await browser.run("document.querySelector(\"nav a[href^='/dashboard/\(page)']\").click()")
                    try await Dashboard.settles(browser, where: "location.pathname === '/dashboard/\(page)'")
                    let faults = try await browser.layoutFaults()
                    #expect(faults == [], "\(page) \(language)")
                    for button in Self.dialogs[page] ?? [] {
                        try await browser.run("document.querySelector('#\(button)').click()")
                        let faults = try await browser.layoutFaults(at: [390, 1_024])
                        #expect(faults == [], "\(page) \(language): \(button)")
                        try await browser.run("document.querySelector('dialog').close()")
                    }
                }
            }
            #expect(try await browser.complaints() == [])
        }
    }

    @Test("the end of the navigation is visible on a common screen; Escape closes the menu on a phone")
    func navigation() async throws {
        try await Dashboard.opened { app, browser in
            try await browser.viewport(width: 1_440, height: 900)
            #expect(
                try await browser.run(
                    """
                    const { bottom } = [...document.querySelectorAll('nav a')].at(-1).getBoundingClientRect(), nav = document.querySelector('nav').getBoundingClientRect();
                    return bottom <= nav.bottom + 1 && bottom <= innerHeight
                    """
                ).boolean == true)
            try await browser.viewport(width: 390)
            #expect(try await browser.run("return document.querySelector('#zone').checkVisibility()").boolean == false)
            try await browser.click(selector: ".unfold")
            #expect(try await browser.run("return document.querySelector('#zone').checkVisibility()").boolean == true)
            try await browser.click(selector: ".menu")
            #expect(try await browser.run("return document.querySelector('nav a').checkVisibility()").boolean == true)
            try await browser.type(Browser.Key.escape, selector: "nav a")
            #expect(try await browser.run("return document.querySelector('nav').checkVisibility()").boolean == false)
            #expect(
                try await browser.run("return document.activeElement.className + document.activeElement.ariaExpanded").string == "menufalse"
            )
        }
    }

    @Test("a dialog with input isn't closed by a drag or click outside, Escape or the cross unless the user agrees")
    func dialogs() async throws {
        try await Dashboard.loggedIn { app, browser in
            func isOpen() async throws -> Bool { try await browser.run("return !!document.querySelector('#goal-form')").boolean == true }
            func answers(_ selector: String) async throws {
                try await browser.wait(for: "return document.querySelectorAll('dialog').length === 2")
                try await browser.click(selector: "dialog:last-of-type \(selector)")
                try await browser.wait(for: "return document.querySelectorAll('dialog').length < 2")
            }
            try await Dashboard.open("goals", app, browser)
            // Without input it closes immediately.
            try await browser.click("new-goal")
            try await browser.press(x: 5, y: 5)
            try await browser.wait(for: "return !document.querySelector('#goal-form')")
            try await browser.click("new-goal")
            try await browser.type("Sign-ups", selector: "#goal-form input")
            // Selecting text beyond the edge doesn't close it.
            try await browser.drag(selector: "#goal-form input", byX: -600, y: 0)
            #expect(try await isOpen())
            #expect(try await browser.run("return document.querySelectorAll('dialog').length").integer == 1)
            try await browser.press(x: 5, y: 5)
            try await answers("button:not(.danger):not(.icon)")
            try await browser.type(Browser.Key.escape, selector: "#goal-form input")
            try await answers("button:not(.danger):not(.icon)")
            try await browser.click(selector: "dialog header button")
            try await answers("button:not(.danger):not(.icon)")
            #expect(try await browser.run("return document.querySelector('#goal-form input').value").string == "Sign-ups")
            try await browser.press(x: 5, y: 5)
            try await answers(".danger")
            try await browser.wait(for: "return !document.querySelector('#goal-form')")
            #expect(try await browser.complaints() == [])
        }
    }
}
