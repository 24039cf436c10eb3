import Core
@testable import Host
import Testing
@testable import TestSupport

/// What pages say about their numbers: the currency, the days, the visitors, and what is left out.
extension DashboardPagesInBrowserTests {
    @Test("amounts show their currency, and every currency can be selected")
    func currencies() async throws {
        try await Dashboard.loggedIn { app, browser in
            for (visitor, amount, currency) in [("ada", 10, "EUR"), ("bob", 20, "EUR"), ("cy", 30, "USD")] {
                try await app.collect(
                    #"{"type":"event","name":"order","visitor_id":"\#(visitor)","revenue_amount":\#(amount),"revenue_currency":"\#(currency)"}"#
                )
            }
            let made = try await app.post(
                "/api/v1/goals", #"{"name":"Orders","goal_type":"event","config":{"event_name":"order"}}"#, as: .query)
            #expect(made.status == 201, "\(made.body)")
            func shown(_ name: String) async throws -> String? {
                let figure = "[...document.querySelectorAll('.figure')].find(f => f.querySelector('.name').textContent === '\(name)')"
                return try await browser.run("return \(figure)?.querySelector('strong').textContent").string
            }
            try await Dashboard.open("revenue", app, browser)
            #expect(try await shown("Revenue") == "€30.00")
            #expect(try await Dashboard.texts(".plain tbody tr", browser) == ["EUR shown 2 €30.00", "USD 1 $30.00"])
            #expect(try await Dashboard.text("main", browser).contains("No order in this range lists products."))
            try await Dashboard.isClean(browser)
            try await Self.press("USD", browser)
            try await Dashboard.settles(browser, where: "location.search.includes('x-currency=USD')")
            #expect(try await shown("Revenue") == "$30.00")
            #expect(try await shown("Buyers") == "1")
            try await browser.click("usual-currency")
            try await Dashboard.settles(browser, where: "!location.search.includes('x-currency')")
            #expect(try await shown("Revenue") == "€30.00")

            try await Dashboard.go(to: "goals", browser)
            #expect(try await Dashboard.texts(".plain tbody td:nth-of-type(5)", browser) == ["€30.00"])
            try await Dashboard.go(to: "cohorts", browser)
            try await Dashboard.choose("revenue", in: "#choose-metric", browser)
            try await Dashboard.settles(browser, where: "location.search.includes('x-metric=revenue')")
            #expect(try await Dashboard.texts(".plain tbody td", browser) == ["3", "€30.00", "€10.00"])
        }
    }

    @Test("cohorts are named by their days, and one that the range cuts is marked", arguments: ["week", "month"])
    func cutCohorts(by period: String) async throws {
        try await Dashboard.run { app, browser in
            // Seven days that don't begin on a Monday, in the middle of a month.
            for day in ["2026-03-11", "2026-03-16"] {
                try await app.collect(
                    #"{"type":"pageview","path":"/","visitor_id":"v\#(day)","timestamp":"\#(day)T12:00:00Z"}"#, as: .server)
            }
            try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"now"}"#)
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            try await Dashboard.settles(browser)
            let range = "range=custom&from=2026-03-11&to=2026-03-17&timezone=UTC"
            try await browser.open(app.address + "/dashboard/cohorts?\(range)&x-by=\(period)")
            try await browser.wait(for: "return document.querySelectorAll('.plain tbody tr').length > 0")
            let first = period == "week" ? ["Mar 9, 2026 *", "Mar 16, 2026"] : ["March 2026 *"]
            #expect(try await Dashboard.texts(".plain tbody th", browser) == first)
            #expect(try await Dashboard.text("main", browser).contains("* Starts before the range, which begins on Mar 11, 2026"))
            try await Dashboard.isClean(browser)
            try await browser.open(app.address + "/dashboard/retention?\(range)&x-period=\(period)ly")
            try await browser.wait(for: "return document.querySelectorAll('.cohorts tbody tr').length > 0")
            #expect(try await Dashboard.texts(".cohorts tbody th", browser) == ["Average"] + first)
            try await Dashboard.isClean(browser)
        }
    }

    @Test("a truncated result says so, and its file is complete; days are those of the time zone in the URL")
    func cutAnswers() async throws {
        try await Dashboard.loggedIn { app, browser in
            let name = #"{"name":"Top","sql_text":"SELECT path FROM pageviews WHERE project_id = {{project_id}}"}"#
            #expect(try await app.post("/api/v1/bi/sql-queries", name, as: .query).status == 201)
            let range = "range=custom&from=2026-03-29&to=2026-03-29&timezone=Europe/Berlin"
            try await browser.open(app.address + "/dashboard/explore?\(range)")
            try await Dashboard.settles(browser)
            #expect(try await Dashboard.text("main", browser).contains("No queries yet."))
            // Six pageviews in a four-way join: 1,296 rows.
            let many =
                "SELECT a.path FROM pageviews a "
                + ["b", "c", "d"].map { "JOIN pageviews \($0) ON \($0).month = a.month" }.joined(separator: " ")
            try await Self.fill("#statement", "\(many) WHERE a.project_id = {{project_id}}", browser)
            try await browser.click(selector: "#sql-form button[type=submit]")
            try await browser.wait(
                for: "return document.querySelectorAll('#result tbody tr').length === 1000 && !document.querySelector('[aria-busy]')")
            #expect(
                try await Dashboard.text("#result [role=status]", browser).wholeMatch(
                    of: /The first 1,000 rows, in [0-9,]+ ms; there are more\./) != nil)
            try await browser.run(
                """
                URL.createObjectURL = file => { file.text().then(text => window.lines = text.trim().split('\\n').length); return '#'; };
                document.querySelector('#result button.link').click();
                """)
            try await browser.wait(for: "return window.lines === 1297")

            try await browser.run(
                """
                const send = window.fetch;
                window.fetch = (path, options) => { if (path.endsWith('/visual-query')) window.asked = options.body; return send(path, options); };
                """)
            try await browser.click(selector: "#visual-form button[type=submit]")
            try await browser.wait(for: "return !!window.asked")
            let asked = try JSON.parse(try await browser.run("return window.asked").string ?? "")
            #expect(["start_at", "end_at", "timezone"].map { asked[$0]?.string } == ["2026-03-29", "2026-03-29", "Europe/Berlin"])

            try await browser.click(selector: "button.edit")
            try await Self.fill("#edit-form input", "All pages", browser)
            try await browser.click(selector: "#edit-form button[type=submit]")
            try await browser.wait(for: "return [...document.querySelectorAll('tbody th')].some(cell => cell.textContent === 'All pages')")
        }
    }

    @Test("two visitor IDs of one person can be told apart, and their first visit is known")
    func people() async throws {
        try await Dashboard.loggedIn { app, browser in
            for visitor in ["ada", "bob"] {
                try await app.collect(#"{"type":"identify","visitor_id":"\#(visitor)","user_id":"ada@example.com"}"#)
            }
            try await Dashboard.open("people", app, browser)
            let rows = try await browser.texts(
                "return [...document.querySelectorAll('.plain tbody tr')].map(r => r.cells[0].innerText + ' ' + r.cells[1].innerText)")
            #expect(Set(rows) == ["ada@example.com ada", "ada@example.com bob"])
            try await browser.click(selector: ".plain tbody button")
            try await browser.wait(
                for: "return document.querySelectorAll('dialog dd').length >= 3 && !document.querySelector('dialog [aria-busy]')")
            #expect(try await Dashboard.texts("dialog dd", browser)[1] != "–")
            try await Dashboard.isClean(browser)
        }
    }

    @Test("all segments are counted, even after the tenth; a condition without a value is not queried")
    func segments() async throws {
        try await Dashboard.loggedIn { app, browser in
            for number in 1...12 {
                _ = try await app.createSegment("S\(number)", #"{"source":"pageview","field":"path","op":"eq","value":"/"}"#)
            }
            try await Dashboard.open("segments", app, browser)
            let counts = "[...document.querySelectorAll('.plain tbody tr')].map(r => r.cells[1].innerText)"
            try await browser.wait(for: "return \(counts).join() === '\(Array(repeating: "3", count: 12).joined(separator: ","))'")
            try await browser.click("new-segment")
            try await browser.wait(for: "return document.querySelector('#segment-count').textContent !== ''")
            #expect(try await Dashboard.text("#segment-count", browser) == "Fill in every condition to see how many visitors match.")
            try await Dashboard.choose("event", in: ".condition select", browser)
            try await Self.fill(".condition input", "signup", browser)
            try await browser.wait(
                for: "return document.querySelector('#segment-count').textContent === '1 visitor, 33.3% of all in this range'")
            try await Dashboard.isClean(browser)
        }
    }

    @Test("an open entry stays open while others arrive, and the tail continues when the level changes")
    func logs() async throws {
        try await Dashboard.loggedIn { app, browser in
            func log(_ level: String, _ message: String) async throws {
                try await app.collect(#"{"type":"log","level":"\#(level)","message":"\#(message)","body":{"n":1},"visitor_id":"ada"}"#)
            }
            try await log("warn", "first")
            try await Dashboard.open("logs", app, browser)
            #expect(try await browser.run("return /:\\d\\d:\\d\\d/.test(document.querySelector('.log time').textContent)").boolean == true)
            try await browser.click("follow")
            try await browser.click(selector: ".log summary")
            #expect(
                try await browser.run("return /:\\d\\d:\\d\\d\\.\\d{3}/.test(document.querySelector('.log dd').textContent)").boolean
                    == true)
            try await log("warn", "second")
            try await browser.wait(for: "return document.querySelectorAll('.log').length === 2")
            let open =
                "return [...document.querySelectorAll('.log')].map(l => (l.open ? 'open ' : '') + /(first|second|third)/.exec(l.innerText)[0])"
            #expect(try await browser.texts(open) == ["second", "open first"])
            try await Dashboard.choose("error", in: "#choose-level", browser)
            try await Dashboard.settles(browser, where: "location.search.includes('x-level=error') && !document.querySelector('.log')")
            #expect(try await browser.run("return document.querySelector('#follow').getAttribute('aria-pressed')").string == "true")
            try await log("error", "third")
            try await browser.wait(for: "return document.querySelectorAll('.log').length === 1")
            try await Dashboard.isClean(browser)
        }
    }

    @Test("a burst of entries that is too large to be shown leaves no gap: the rest is loaded on request")
    func burstOfLogs() async throws {
        try await Dashboard.loggedIn { app, browser in
            func log(_ numbers: ClosedRange<Int>) async throws {
                let entries = numbers.map { #"{"type":"log","level":"info","message":"entry \#($0)","visitor_id":"ada"}"# }
                try await app.collect("[\(entries.joined(separator: ","))]")
            }
            try await log(0...0)
            try await Dashboard.open("logs", app, browser)
            try await browser.click("follow")
            try await log(1...60)
            try await Dashboard.settles(browser, where: "document.querySelectorAll('.log').length === 50")
            try await Self.press("More", browser)
            try await Dashboard.settles(browser, where: "document.querySelectorAll('.log').length === 61")
            #expect(
                Set(try await Dashboard.texts(".log summary", browser).compactMap { $0.split(separator: " ").last.flatMap { Int($0) } })
                    == Set(0...60))
            try await Dashboard.isClean(browser)
        }
    }

    @Test("a tail shows entries while more keep arriving")
    func steadyLogs() async throws {
        try await Dashboard.loggedIn { app, browser in
            try await app.collect(#"{"type":"log","level":"info","message":"first","visitor_id":"ada"}"#)
            try await Dashboard.open("logs", app, browser)
            try await browser.click("follow")
            var shown = 1, sent = 1
            while shown < 2, sent < 1_000 {
                try await app.collect(#"{"type":"log","level":"info","message":"another","visitor_id":"ada"}"#)
                sent += 1
                if sent % 20 == 0 { shown = Int(try await browser.run("return document.querySelectorAll('.log').length").number ?? 0) }
            }
            #expect(shown > 1, "\(sent) entries came")
        }
    }

    @Test("a long list grows up to its limit, and says so")
    func longList() async throws {
        try await Dashboard.loggedIn { app, browser in
            for numbers in [0..<1_000, 1_000..<1_005] {
                let views = numbers.map { #"{"type":"pageview","path":"/p\#($0)","visitor_id":"ada"}"# }
                try await app.collect("[\(views.joined(separator: ","))]")
            }
            try await Dashboard.open("overview", app, browser)
            for count in [50, 200, 800, 1_000] {
                try await Self.press("More", browser)
                try await Dashboard.settles(
                    browser, where: "[...document.querySelectorAll('.list')].some(l => l.tBodies[0].rows.length === \(count))")
            }
            let hints = try await Dashboard.texts(".scroll + .row.end .hint", browser)
            #expect(hints == ["Showing the first 1,000. The API returns the rest with “offset”."])
            try await Dashboard.isClean(browser)
        }
    }

    @Test("a list grows on request, and a selection offers everything")
    func whole() async throws {
        try await Dashboard.loggedIn { app, browser in
            for letter in "abcdefghijklmnopqrstuvwxy" {
                try await app.collect(#"{"type":"js_error","message":"\#(letter) is undefined","path":"/","visitor_id":"ada"}"#)
            }
            try await Dashboard.open("errors", app, browser)
            let count = "document.querySelectorAll('.plain tbody tr').length"
            #expect(try await browser.run("return \(count)").number == 20)
            try await Self.press("More", browser)
            try await Dashboard.settles(browser, where: "\(count) === 25")
            #expect(
                try await browser.run("return [...document.querySelectorAll('button')].some(b => b.textContent === 'More')").boolean
                    == false)

            // One more than a list returns in one response.
            for number in 0...1_000 {
                let steps = #"[{"type":"pageview","value":"/"},{"type":"event","value":"signup"}]"#
                _ = try await app.post("/api/v1/funnels", #"{"name":"F\#(number)","steps":\#(steps)}"#, as: .query)
            }
            try await Dashboard.go(to: "funnels", browser)
            #expect(try await browser.run("return document.querySelectorAll('#choose-funnel option').length").number == 1_001)
            try await Dashboard.isClean(browser)
        }
    }

    @Test("realtime shows what arrives, and counts all of it even if it shows only a part")
    func realtime() async throws {
        try await Dashboard.loggedIn { app, browser in
            try await Dashboard.open("realtime", app, browser)
            try await browser.wait(for: "return document.querySelector('.actions [role=status]').innerText === 'Connected'")
            func views(_ count: Int, of path: String, by visitors: Int) -> [String] {
                (0..<count).map { #"{"type":"pageview","path":"\#(path)","visitor_id":"\#(path)\#($0 % visitors)"}"# }
            }
            let events = views(90, of: "/busy", by: 9) + views(60, of: "/quiet", by: 1)
            try await app.collect("[\(events.joined(separator: ","))]")
            try await browser.wait(for: "return document.querySelectorAll('.figure strong')[1]?.innerText === '150'")
            #expect(
                try await Dashboard.texts(".feed li > :nth-child(2)", browser) == Array(repeating: "/quiet", count: 60)
                    + Array(repeating: "/busy", count: 40))
            #expect(try await Dashboard.rows("Active pages", browser) == ["/busy 9", "/quiet 1"])
            for total in ["1,050", "1,950", "2,850"] {
                try await app.collect("[\(views(900, of: "/more", by: 1).joined(separator: ","))]")
                try await browser.wait(for: "return document.querySelectorAll('.figure strong')[1]?.innerText === '\(total)'")
            }
            #expect(try await Dashboard.texts(".feed li", browser).count == 100)
            try await Dashboard.isClean(browser)
        }
    }
}
