@_spi(Host) import Common
import Core
@testable import Host
import Testing
@testable import TestSupport

/// The dashboard as a person uses it: traffic, log-in, and what is on the screen.
enum Dashboard {
    static func run(yaml: String = "", _ body: @escaping @Sendable (TestApp, Browser) async throws -> Void) async throws {
        // The browser uses the machine's clock.
        try await TestApp.run(now: SystemTime().now.iso8601, yaml: yaml, over: .socket) { app in
            try await SharedBrowser.shared.use { browser in
                try await browser.resize(width: 1_280, height: 900)
                try await body(app, browser)
            }
        }
    }

    /// Like `run`, but with `traffic`, and with a session that has logged in with a query key. No page is open yet.
    static func loggedIn(_ body: @escaping @Sendable (TestApp, Browser) async throws -> Void) async throws {
        try await run { app, browser in
            try await traffic(app)
            let answer = try await app.post(
                "/dashboard/login", #"{"key":"\#(app.keys[.query]!)"}"#, as: .nobody, headers: [DashboardSessions.header: "1"])
            let cookie = (answer.headers[.setCookie] ?? "").prefix { $0 != ";" }.split(separator: "=", maxSplits: 1).map(String.init)
            try #require(cookie.count == 2)
            try await browser.setCookie(cookie[0], to: cookie[1], for: app.address)
            try await body(app, browser)
        }
    }

    /// Like `loggedIn`, but on the overview.
    static func opened(_ body: @escaping @Sendable (TestApp, Browser) async throws -> Void) async throws {
        try await loggedIn { app, browser in
            try await open("overview", app, browser)
            #expect(try await figure("Visitors", browser) == "3")
            try await body(app, browser)
        }
    }

    /// Opens a page by its URL, and waits until it is drawn.
    static func open(_ page: String, _ app: TestApp, _ browser: Browser) async throws {
        try await browser.open(app.address + "/dashboard/" + page)
        try await settles(browser)
    }

    /// Collects six pageviews of three visitors, and ada's sign-up.
    static func traffic(_ app: TestApp) async throws {
        for (visitor, paths) in [("ada", ["/", "/pricing"]), ("bob", ["/"]), ("cy", ["/docs", "/", "/docs"])] {
            for path in paths { try await app.collect(#"{"type":"pageview","path":"\#(path)","visitor_id":"\#(visitor)"}"#) }
        }
        try await app.collect(#"{"type":"event","name":"signup","path":"/pricing","visitor_id":"ada"}"#)
    }

    /// Collects something of every kind that a page shows.
    static func traffic(of app: TestApp) async throws {
        try await traffic(app)
        for payload in [
            #""type":"outlink","url":"https://example.org/a""#, #""type":"outlink","url":"https://example.com/file.pdf""#,
            #""type":"search_query","query":"export","results_count":0"#, #""type":"scroll_depth","path":"/docs","max_depth":60"#,
            #""type":"web_vital","name":"LCP","value":2600,"path":"/docs""#, #""type":"web_vital","name":"CLS","value":0.2,"path":"/docs""#,
            #""type":"js_error","message":"x is undefined","stack":"TypeError: x\n    at f (https://example.com/app.js:1:200)","path":"/docs""#,
            #""type":"log","level":"warn","message":"cold","body":{"ms":12},"path":"/docs""#,
            #""type":"event","name":"order","path":"/docs","revenue_amount":20,"revenue_currency":"EUR""#
                + #","data":{"items":[{"name":"Plan","price":20}]}"#,
            #""type":"pageview","path":"/landing","utm_source":"news","utm_medium":"email","utm_campaign":"spring""#,
            #""type":"identify","user_id":"cyrus","traits":{"plan":"pro","company":"Acme"}"#,
        ] { try await app.collect("{\(payload),\"visitor_id\":\"cy\"}") }
        for (path, body) in [
            (
                "funnels",
                #"{"name":"Buy","steps":[{"type":"pageview","value":"/","label":"Home"},{"type":"event","value":"signup","label":"In"}]}"#
            ),
            ("goals", #"{"name":"Sign-ups","goal_type":"event","config":{"event_name":"signup"}}"#),
            ("segments", #"{"name":"In","definition":{"match":"all","conditions":[{"source":"event","event":"signup"}]}}"#),
            ("bi/sql-queries", #"{"name":"Top","sql_text":"SELECT path FROM pageviews WHERE project_id = {{project_id}}"}"#),
            ("bi/metrics", #"{"name":"Depth","key":"depth","dataset":"sessions","expression":"sum(pageviews)"}"#),
            ("bi/row-policies", #"{"name":"No docs","dataset":"pageviews","field":"path","operator":"neq","values":["/x"]}"#),
            ("identity/merges", #"{"user_id":"cyrus","into_user_id":"cy@example.com"}"#),
            ("identity/scim/users", #"{"user_name":"dee@example.com"}"#),
            (
                "dashboards",
                #"{"name":"Daily","layout":{"columns":12},"widgets":["#
                    + ["stats", "timeseries", "pages", "referrers", "events", "devices", "geo", "campaigns"].enumerated()
                    .map { #"{"id":"w\#($0)","report_type":"\#($1)","x":0,"y":\#($0 * 5),"w":6,"h":5}"# }.joined(separator: ",") + "]}"
            ),
        ] {
            let made = try await app.post("/api/v1/\(path)", body, as: .query)
            #expect(made.status == 201, "\(path): \(made.body)")
        }
    }

    /// Submits the log-in form, and waits until it is gone or says what is wrong.
    static func logIn(_ app: TestApp, _ browser: Browser, _ credential: String) async throws {
        try await browser.open(app.address + "/dashboard")
        try await browser.wait(for: "return !!document.querySelector('#credential')")
        #expect(try await browser.barriers() == [])
        try await browser.type(credential, into: "credential")
        try await browser.click(selector: "form button[type=submit]")
        try await browser.wait(
            for: "return !document.querySelector('#credential') || document.querySelector('.problem').textContent !== ''")
    }

    /// The value of the figure with this name, once everything has loaded.
    static func figure(_ name: String, _ browser: Browser) async throws -> String {
        try await browser.wait(for: "return !document.querySelector('[aria-busy]') && document.querySelectorAll('.figure').length > 5")
        return try await browser.run(
            """
            const figure = [...document.querySelectorAll('.figure')].find(f => f.querySelector('.name').textContent === '\(name)');
            return figure?.querySelector('strong').textContent
            """
        ).string ?? ""
    }

    static func rows(_ heading: String, _ browser: Browser) async throws -> [String] {
        try await browser.wait(for: "return !document.querySelector('[aria-busy]')")
        return try await browser.texts(
            """
            const card = [...document.querySelectorAll('.card')].find(c => c.querySelector('h2')?.textContent.startsWith('\(heading)'));
            return [...card.querySelectorAll('tbody tr')].map(r => r.querySelector('.row').textContent + ' ' + r.querySelector('td').textContent);
            """)
    }

    static func isClean(_ browser: Browser) async throws {
        let barriers = try await browser.barriers(), complaints = try await browser.complaints(), hosts = try await browser.otherHosts()
        #expect(barriers == [])
        #expect(complaints == [])
        #expect(hosts == [])
    }

    /// Opens a page by its link, and waits until it is drawn.
    static func go(to page: String, _ browser: Browser) async throws {
        try await browser.click(selector: "nav a[href^='/dashboard/\(page)']")
        try await browser.wait(for: "return location.pathname === '/dashboard/\(page)'")
        try await settles(browser)
    }

    static func settles(_ browser: Browser) async throws {
        try await browser.wait(for: "return !!document.querySelector('h1') && !document.querySelector('[aria-busy], .skeleton')")
    }

    /// Waits until `condition` holds and everything has loaded.
    static func settles(_ browser: Browser, where condition: String) async throws {
        try await browser.wait(for: "return (\(condition)) && !document.querySelector('[aria-busy], .skeleton')")
    }

    /// Chooses a value of a `select`.
    static func choose(_ value: String, in selector: String, _ browser: Browser) async throws {
        try await browser.run(
            "const it = document.querySelector(\"\(selector)\"); it.value = '\(value)'; it.dispatchEvent(new Event('change'))")
    }

    /// Closes the dialog by its button. The page removes it on the close event, which the browser sends after the click.
    static func closeDialog(_ browser: Browser) async throws {
        try await browser.click(selector: "dialog header button")
        try await browser.wait(for: "return !document.querySelector('dialog')")
    }

    /// The text of each element, in one line.
    static func texts(_ selector: String, _ browser: Browser) async throws -> [String] {
        try await browser.texts("return [...document.querySelectorAll(\"\(selector)\")].map(e => e.innerText.trim().replace(/\\s+/g, ' '))")
    }

    static func text(_ selector: String, _ browser: Browser) async throws -> String {
        try await browser.run("return document.querySelector(\"\(selector)\")?.innerText ?? ''").string ?? ""
    }
}
