import AllModules
@_spi(Host) import Common
import Core
@testable import Host
@_spi(Host) import Ingest
import Testing
@testable import TestSupport

/// What users compose and administer on the dashboard's pages, in Debian's Chromium.
@Suite("Dashboard pages in a browser", .modules(.all), .serialized, .enabled(if: Chromium.isInstalled, "\(Chromium.missing)"))
struct DashboardPagesInBrowserTests {
    @Test("a funnel is composed by hand, and shows its numbers and the visitors who stopped")
    func funnel() async throws {
        try await Dashboard.loggedIn { app, browser in
            try await Dashboard.open("funnels", app, browser)
            try await browser.click("new-funnel")
            try await browser.type("Home to sign-up", selector: "#funnel-form .field input")
            try await browser.type("signup", selector: "#funnel-form fieldset:nth-of-type(2) input")
            try await browser.click("add-step")
            #expect(try await browser.run("return document.querySelectorAll('#funnel-form fieldset').length").integer == 3)
            try await browser.click(selector: "#funnel-form fieldset:nth-of-type(3) button")
            try await browser.click(selector: "#funnel-form button[type=submit]")
            try await browser.wait(for: "return document.querySelectorAll('.step').length === 2 && !document.querySelector('[aria-busy]')")
            // ada, bob and cy open /; only ada signs up afterwards.
            let shown = try await browser.texts(
                "return [...document.querySelectorAll('.step')].map(s => s.innerText.replace(/\\n+/g, '|'))")
            #expect(
                shown == [
                    "1. /|3 visitors", "2. signup|1 visitor|33.3% of the previous step, half within 0 s, 90% within 0 s|2 dropped off",
                ])
            #expect(try await Dashboard.text(".body strong", browser) == "33.3% conversion rate")
            try await Dashboard.isClean(browser)
            try await browser.click(selector: ".step:nth-of-type(2) button")
            try await browser.wait(for: "return document.querySelectorAll('dialog .ids li').length === 1")
            #expect(try await Dashboard.texts("dialog .ids li", browser) == ["ada"])
            try await Dashboard.closeDialog(browser)
            try await browser.click(selector: ".step:nth-of-type(2) button:last-child")
            try await browser.wait(for: "return document.querySelectorAll('dialog .ids li').length === 2")
            #expect(Set(try await Dashboard.texts("dialog .ids li", browser)) == ["bob", "cy"])
            #expect(try await browser.barriers() == [])
            // They are saved as a segment, which every report can use.
            try await browser.click("save-segment")
            #expect(
                try await browser.run("return document.querySelector('#new-segment-form input').value").string
                    == "Dropped off before “signup”")
            try await browser.click(selector: "#new-segment-form button[type=submit]")
            try await browser.wait(
                for: "return !document.querySelector('#new-segment-form') && document.querySelector('#segment')?.options.length === 2")
            try await Dashboard.closeDialog(browser)
            let segment = try #require(try await browser.run("return document.querySelector('#segment').options[1].value").string)
            try await Dashboard.choose(segment, in: "#segment", browser)
            try await browser.wait(for: "return document.querySelector('.step')?.innerText.includes('2 visitors')")
            try await Dashboard.choose("", in: "#segment", browser)
            try await browser.wait(for: "return document.querySelector('.step')?.innerText.includes('3 visitors')")

            // A step without a name is shown by its value, even after the value changes.
            try await Self.press("Edit", browser)
            try await browser.wait(for: "return !!document.querySelector('#funnel-form fieldset')")
            let labels = "return [...document.querySelectorAll('#funnel-form fieldset input:nth-of-type(2)')].map(i => i.value)"
            #expect(try await browser.texts(labels) == ["", ""])
            try await Self.fill("#funnel-form fieldset:nth-of-type(1) input", "/docs", browser)
            try await browser.click(selector: "#funnel-form button[type=submit]")
            try await browser.wait(for: "return document.querySelector('.step strong')?.textContent === '1. /docs'")

            // The segment can be renamed, and keeps its steps.
            try await Dashboard.go(to: "segments", browser)
            try await Self.press("Edit", browser)
            try await browser.wait(for: "return document.querySelector('#segment-form pre')?.textContent.includes('\"value\": \"/\"')")
            #expect(try await browser.barriers() == [])
            try await Self.fill("#segment-form input", "Strayed", browser)
            try await browser.click(selector: "#segment-form button[type=submit]")
            try await browser.wait(
                for: "return document.querySelector('tbody th')?.innerText === 'Strayed' && !document.querySelector('[aria-busy]')")
            let kept = try await app.get("/api/v1/segments/\(segment)").json()
            #expect(kept["definition"]?["conditions"]?.elements.first?["source"]?.string == "funnel")
        }
    }

    @Test("a board is arranged by dragging and by keyboard, displaced widgets move down, and the layout is saved")
    func board() async throws {
        try await Dashboard.loggedIn { app, browser in
            try await Dashboard.open("boards", app, browser)
            try await browser.click("new-board")
            try await browser.type("Morning", selector: "#board-form input")
            try await browser.click(selector: "#board-form button[type=submit]")
            try await browser.wait(
                for: "return document.querySelectorAll('.board > .card').length === 4 && !document.querySelector('[aria-busy]')")
            try await Dashboard.isClean(browser)
            try await browser.click("arrange")
            // A row is 5.5 rem with a gap of .8 rem. Drag two rows down, onto the chart, which makes room.
            let row =
                try await browser.run(
                    """
                    const { gridAutoRows, rowGap } = getComputedStyle(document.querySelector('.board'));
                    return parseFloat(gridAutoRows) + parseFloat(rowGap)
                    """
                ).number ?? 0
            try await browser.drag(selector: ".board > .card:first-child", byX: 0, y: Int(2 * row))
            try await browser.type(Browser.Key.left + Browser.Key.down, selector: ".board > .card:nth-child(4)")
            try await browser.type(Browser.Key.shift + Browser.Key.left + Browser.Key.down, selector: ".board > .card:nth-child(3)")
            try await browser.click("arrange")
            try await browser.wait(for: "return document.querySelectorAll('.toast').length === 1")
            let widgets = try JSON.parse(try await app.get("/api/v1/dashboards").body)["data"]!.elements[0]["widgets"]!.elements
            func place(_ at: Int) -> [Int64] { ["x", "y", "w", "h"].map { widgets[at][$0]?.integer ?? -1 } }
            // The first widget is in row 2 and has pushed the second one down, which has pushed the lists down.
            #expect(place(0) == [0, 2, 12, 2])
            #expect(place(1) == [0, 4, 12, 5])
            #expect(place(2)[2...] == [5, 6], "Shift sizes: \(place(2))")
            #expect(place(3)[0] == 5, "moved by keys: \(place(3))")
            let layout = "return [...document.querySelectorAll('.board > .card')].map(c => c.style.gridArea)"
            let before = try await browser.texts(layout)
            try await browser.open(try await browser.run("return location.href").string ?? "")
            try await browser.wait(
                for: "return document.querySelectorAll('.board > .card').length === 4 && !document.querySelector('[aria-busy]')")
            let after = try await browser.texts(layout)
            #expect(after == before && after.count == 4)

            // An unsaved arrangement survives leaving the board; only Cancel discards it.
            try await browser.click("arrange")
            try await browser.type(Browser.Key.left, selector: ".board > .card:nth-child(4)")
            #expect(try await browser.texts(layout) != before)
            try await Dashboard.go(to: "goals", browser)
            try await browser.wait(
                for: "return document.querySelector('.toast')?.textContent.startsWith('The layout of “Morning” is not saved yet.')")
            try await Dashboard.go(to: "boards", browser)
            #expect(try await Dashboard.text("#arrange", browser) == "Save layout")
            #expect(try await browser.texts(layout) != before)
            try await browser.click("cancel-arrange")
            try await browser.click(selector: "dialog .danger")
            try await browser.wait(
                for: "return document.querySelector('#cancel-arrange').hidden && !document.querySelector('[aria-busy]')")
            #expect(try await browser.texts(layout) == before)

            try await browser.click("rename-board")
            try await Self.fill("#rename-form input", "Evening", browser)
            try await browser.click(selector: "#rename-form button[type=submit]")
            try await browser.wait(for: "return document.querySelector('#choose-board')?.selectedOptions[0].textContent === 'Evening'")
            try await Dashboard.settles(browser)

            // In a single column, a drag scrolls and the widgets stay in place.
            try await browser.resize(width: 600, height: 900)
            try await browser.click("arrange")
            #expect(try await browser.run("return getComputedStyle(document.querySelector('.board > .card')).touchAction").string == "auto")
            try await browser.drag(selector: ".board > .card:first-child", byX: 0, y: 300)
            #expect(try await browser.texts(layout) == before)
            try await Dashboard.isClean(browser)
        }
    }

    @Test("paths through the site, forwards and backwards; a click on a page starts there")
    func paths() async throws {
        try await Dashboard.loggedIn { app, browser in
            try await Dashboard.open("paths", app, browser)
            let nodes = "return [...document.querySelectorAll('.sankey .node title')].map(n => n.textContent)"
            // From /: ada to /pricing, bob leaves, cy to /docs; then they leave.
            #expect(Set(try await browser.texts(nodes)) == ["/: 3", "/pricing: 1", "/docs: 1", "exit: 1", "exit: 2"])
            #expect(try await browser.run("return document.querySelectorAll('.sankey .band').length").integer == 5)
            try await Dashboard.isClean(browser)
            try await browser.type(Browser.Key.enter, selector: ".node.pick[aria-label^='/pricing']")
            try await Dashboard.settles(browser, where: "location.search.includes('x-start=%2Fpricing')")
            try await Dashboard.choose("backward", in: "#choose-direction", browser)
            try await Dashboard.settles(browser, where: "location.search.includes('x-direction=backward')")
            #expect(Set(try await browser.texts(nodes)) == ["/pricing: 1", "/: 1", "entry: 1"])
            #expect(try await Dashboard.text(".failed", browser) == "")
        }
    }

    @Test("a cell of the retention grid opens its visitors")
    func retention() async throws {
        try await Dashboard.run { app, browser in
            let now = SystemTime().now
            func came(_ visitor: String, daysAgo: Int64) async throws {
                let at = now.adding(days: -daysAgo).iso8601
                try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"\#(visitor)","timestamp":"\#(at)"}"#)
            }
            for (visitor, days) in [("ada", 5), ("ada", 4), ("bob", 5)] { try await came(visitor, daysAgo: Int64(days)) }
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            #expect(try await Dashboard.figure("Visitors", browser) == "2")
            try await Dashboard.go(to: "retention", browser)
            try await Dashboard.choose("daily", in: "#choose-period", browser)
            try await Dashboard.settles(browser, where: "location.search.includes('x-period=daily')")
            #expect(try await Dashboard.texts(".cohorts tbody tr:last-child td", browser).prefix(3) == ["2", "50%", "0%"])
            try await Dashboard.isClean(browser)
            try await browser.click(selector: ".cohorts .cell")
            try await browser.wait(for: "return document.querySelectorAll('dialog .ids li').length === 1")
            #expect(try await Dashboard.text("dialog .ids", browser) == "ada")
        }
    }

    @Test("segments are compared side by side")
    func comparison() async throws {
        try await Dashboard.loggedIn { app, browser in
            for (name, path) in [("Docs", "/docs"), ("Everyone", "/")] {
                let conditions = #"[{"source":"pageview","field":"path","op":"starts_with","value":"\#(path)"}]"#
                let made = try await app.post(
                    "/api/v1/segments", #"{"name":"\#(name)","definition":{"match":"all","conditions":\#(conditions)}}"#, as: .query)
                #expect(made.status == 201, "\(made.body)")
            }
            try await Dashboard.open("cohorts", app, browser)
            try await browser.wait(for: "return document.querySelectorAll('#compared label').length === 2")
            let names = try await Dashboard.texts("#compared label", browser)
            // They were created in the same instant, so their order is undefined.
            #expect(names.sorted() == ["Docs", "Everyone"])
            let rows = try await Dashboard.texts("section:has(#compared) > .body > .scroll tbody tr", browser)
            #expect(rows.sorted() == ["Docs 1 3 3", "Everyone 3 6 2"])
            try await Dashboard.isClean(browser)
            try await browser.click(selector: "#compared input")
            try await Dashboard.settles(browser, where: "location.search.includes('x-segments=')")
            #expect(try await Dashboard.text("section:has(#compared) .muted", browser) == "Select 2 to 10 segments.")
        }
    }

    @Test("insights: new visitors, activation, and the impact of a day")
    func insights() async throws {
        try await Dashboard.loggedIn { app, browser in
            try await Dashboard.open("insights", app, browser)
            let groups = try await Dashboard.texts(".plain tbody tr", browser)
            #expect(
                groups == [
                    "New: never visited before 3", "Returning: also visited in the previous range 0", "Resurrected: back after a break 0",
                    "Dormant: only visited in the previous range 0",
                ])
            try await Dashboard.isClean(browser)
            try await browser.click(selector: "#activation-form button")
            try await browser.wait(
                for: "return document.querySelector('#activation-form .problem')?.textContent === 'Enter at least one event or page.'")
            try await browser.type("signup", selector: "#activation-form input")
            try await browser.click(selector: "#activation-form button")
            try await browser.wait(for: "return document.body.innerText.includes('1 of 3 visitors, 33.3%')")
            try await browser.click(selector: "#impact-form button")
            try await browser.wait(for: "return [...document.querySelectorAll('.figure .name')].some(n => n.textContent === 'After')")
            #expect(try await browser.complaints() == [])
            try await browser.click(selector: ".plain tbody button")
            try await browser.wait(for: "return document.querySelectorAll('dialog .ids li').length === 3")
        }
    }

    @Test("users are merged after a preview, and separated again")
    func merges() async throws {
        try await Dashboard.loggedIn { app, browser in
            for (visitor, user) in [("ada", "ada@example.com"), ("bob", "ada")] {
                try await app.collect(#"{"type":"identify","visitor_id":"\#(visitor)","user_id":"\#(user)"}"#)
            }
            try await Dashboard.open("people", app, browser)
            try await browser.type("ada", into: "merge-user")
            try await browser.type("ada@example.com", into: "merge-into")
            try await browser.click(selector: "#merge-form button")
            try await browser.wait(for: "return !!document.querySelector('dialog p')")
            let question = try await Dashboard.text("dialog p", browser)
            #expect(question == "“ada” (1 visitor ID) and “ada@example.com” (1) become one person, called “ada@example.com”.")
            try await browser.click(selector: "dialog .danger")
            try await browser.wait(for: "return !!document.querySelector(\"button[aria-label='Undo: ada']\")")
            #expect(try await app.get("/api/v1/stats?count_by=people").body.contains(#""visitors":2"#))
            try await browser.click(selector: "button[aria-label='Undo: ada']")
            try await browser.click(selector: "dialog .danger")
            try await browser.wait(for: "return document.body.innerText.includes('undone')")
            #expect(try await app.get("/api/v1/stats?count_by=people").body.contains(#""visitors":3"#))
            try await Dashboard.isClean(browser)
        }
    }

    @Test("a click on a row of any breakdown adds a filter to the URL; days are chosen in a calendar")
    func everyFilter() async throws {
        try await Dashboard.opened { app, browser in
            try await Dashboard.settles(browser)
            let tabs = try await browser.texts("return [...document.querySelectorAll('.tabs button')].map(b => b.id)")
            #expect(tabs.count >= 10)
            var filtered: [String] = []
            for at in tabs.indices {
                try await browser.run("document.querySelectorAll('.tabs button')[\(at)].click()")
                try await Dashboard.settles(browser)
                let card = "document.querySelectorAll('.tabs button')[\(at)].closest('.card')"
                let isClicked = try await browser.run("const row = \(card).querySelector('button.row'); row?.click(); return !!row").boolean
                guard isClicked == true else { continue }
                #expect(Int(try await Dashboard.figure("Visitors", browser)) ?? 0 > 0, "tab \(at)")
                let filter = try await browser.run("return new URLSearchParams(location.search).get('filter')").string ?? ""
                filtered.append(String(filter.prefix { $0 != ":" }))
                try await browser.click(selector: ".chips button")
                try await browser.wait(for: "return !location.search.includes('filter=')")
                try await Dashboard.settles(browser)
            }
            #expect(Set(filtered).isSuperset(of: ["path", "entry_page", "exit_page", "source", "device", "browser", "os"]))
            try await browser.click("days")
            #expect(try await browser.barriers() == [])
            try await browser.run(
                "document.querySelector('#from').value = '2025-03-01'; document.querySelector('#to').value = '2025-03-02'")
            try await browser.click(selector: "dialog button[type=submit]")
            try await browser.wait(for: "return location.search.includes('range=custom&from=2025-03-01&to=2025-03-02')")
            #expect(try await Dashboard.figure("Visitors", browser) == "0")
            #expect(try await Dashboard.text("#days", browser) == "Sat, Mar 1, 2025 – Sun, Mar 2, 2025")
        }
    }

    @Test("an administrator opens a project, switches a module off and on, and exports and erases a visitor")
    func administration() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.traffic(app)
            try await Dashboard.logIn(app, browser, app.installation.adminToken)
            try await Dashboard.settles(browser)
            // Two clicks create one key, and a later visit creates none.
            try await browser.run("const it = document.querySelector(\"button[title^='Creates a query key']\"); it.click(); it.click()")
            #expect(try await Dashboard.figure("Visitors", browser) == "3")
            try await Dashboard.go(to: "admin", browser)
            try await browser.click(selector: "button[title^='Creates a query key']")
            #expect(try await Dashboard.figure("Visitors", browser) == "3")
            try await Dashboard.go(to: "admin", browser)
            let made = try await app.get("/api/admin/projects/\(app.project.id)/keys", as: .token).json()["data"]!.elements
            #expect(made.count { $0["name"]?.string == "Dashboard" } == 1)
            try await browser.wait(for: "return !!document.querySelector('#module-outlinks')")
            try await browser.click("module-outlinks")
            try await browser.wait(for: "return document.querySelector(\"nav a[href^='/dashboard/outlinks']\").classList.contains('dim')")
            #expect(try await app.get("/api/v1/outlinks").status == 403)
            try await Dashboard.go(to: "outlinks", browser)
            try await browser.click(selector: ".empty button")
            try await browser.wait(for: "return !document.querySelector(\"nav a[href^='/dashboard/outlinks']\").classList.contains('dim')")
            #expect(try await app.get("/api/v1/outlinks").status == 200)

            try await Dashboard.go(to: "admin", browser)
            try await browser.type("ada", into: "visitor-id")
            try await browser.click(selector: "#visitor-form button[type=submit]")
            try await browser.wait(
                for: """
                    return performance.getEntriesByType('resource').some(e => e.name.endsWith('/privacy/visitors/ada/export') && e.responseStatus === 200)
                    """)
            try await browser.click("erase")
            try await browser.click(selector: "dialog .danger")
            try await browser.wait(for: "return [...document.querySelectorAll('.toast')].some(t => t.textContent === 'Erased.')")
            #expect(try await app.get("/api/v1/stats").body.contains(#""visitors":2"#))
            // An unknown visitor is neither erased nor exported.
            let nobody =
                "[...document.querySelectorAll('.toast')].filter(t => t.textContent === 'Nothing is stored about this visitor ID.').length"
            try await browser.click("erase")
            try await browser.click(selector: "dialog .danger")
            try await browser.wait(for: "return \(nobody) === 1")
            try await browser.click(selector: "#visitor-form button[type=submit]")
            try await browser.wait(for: "return \(nobody) === 2")

            // A key is valid through the day it ends on, and must have a permission.
            try await browser.click("new-key")
            try await browser.run("document.querySelector('dialog input[type=text]').value = 'Until the fair'")
            try await browser.run("document.querySelector('dialog input[type=date]').value = '2099-11-25'")
            try await browser.click(selector: "dialog button[type=submit]")
            #expect(try await Dashboard.text("dialog .problem", browser) == "Select at least one scope.")
            try await browser.click(selector: "dialog input[name=query]")
            try await browser.click(selector: "dialog button[type=submit]")
            try await browser.wait(for: "return !!document.querySelector('dialog code')")
            let ends = "new Date(2099, 10, 26).getTime() - 1"
            let keys = try await app.get("/api/admin/projects/\(app.project.id)/keys", as: .token).json()["data"]!.elements
            let until = keys.first { $0["name"]?.string == "Until the fair" }?["expires_at"]?.string
            #expect(try await browser.run("return new Date(\(ends)).toISOString()").string == until)
            try await browser.open(app.address + "/dashboard/admin")
            try await Dashboard.settles(browser)
            try await Self.press("More", browser)
            try await browser.wait(for: "return ![...document.querySelectorAll('button')].some(b => b.textContent === 'More')")
            let shown = try await Dashboard.text("main", browser)
            for entry in ["visitor.export", "visitor.erase", "module.change"] { #expect(shown.contains(entry), "\(entry)") }
            #expect(shown.contains(#/key [0-9a-f-]{36}\s+Until the fair/#), "\(shown)")
            #expect(shown.contains("Event store\nhealthy") && shown.contains("Journal backlog"))
            try await Dashboard.isClean(browser)
        }
    }

    /// Clicks the first button with the text `text`.
    static func press(_ text: String, _ browser: Browser) async throws {
        try await browser.run("[...document.querySelectorAll('button')].find(b => b.textContent === '\(text)').click()")
    }

    /// Enters a value into a field, as typing does.
    static func fill(_ selector: String, _ value: String, _ browser: Browser) async throws {
        try await browser.run(
            "const it = document.querySelector('\(selector)'); it.value = '\(value)'; it.dispatchEvent(new Event('input'))")
    }
}
