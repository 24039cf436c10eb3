import Core
@testable import Host
@testable import TestSupport
import Testing

/// The dashboard as a person uses it, in Debian's Chromium.
@Suite("Dashboard in a browser", .serialized, .enabled(if: Chromium.isInstalled, "\(Chromium.missing)"))
struct DashboardInBrowserTests {
    private static func run(_ body: @escaping @Sendable (TestApp, Browser) async throws -> Void) async throws {
        // The browser's clock is the machine's.
        try await TestApp.run(now: SystemTime().now.iso8601, over: .socket) { app in
            try await Chromium.run { chromium in
                try await chromium.browse(as: Chromium.Visitor()) { browser in
                    try await browser.resize(width: 1_280, height: 900)
                    try await body(app, browser)
                }
            }
        }
    }

    private static func traffic(_ app: TestApp) async throws {
        for (visitor, paths) in [("ada", ["/", "/pricing"]), ("bob", ["/"]), ("cy", ["/docs", "/", "/docs"])] {
            for path in paths { try await app.collect(#"{"type":"pageview","path":"\#(path)","visitor_id":"\#(visitor)"}"#) }
        }
        try await app.collect(#"{"type":"event","name":"signup","path":"/pricing","visitor_id":"ada"}"#)
    }

    private static func logIn(_ app: TestApp, _ browser: Browser, _ credential: String) async throws {
        try await browser.open(app.address + "/dashboard")
        try await browser.waits(for: "return !!document.querySelector('#credential')")
        #expect(try await browser.barriers() == [])
        try await browser.type(credential, into: "credential")
        try await browser.click(selector: "form button[type=submit]")
    }

    /// The value of the figure with this name, once nothing is loading any more.
    private static func figure(_ name: String, _ browser: Browser) async throws -> String {
        try await browser.waits(for: "return !document.querySelector('[aria-busy]') && document.querySelectorAll('.figure').length > 5")
        return try await browser.run("return [...document.querySelectorAll('.figure')].find(f => f.querySelector('.name').textContent === '\(name)')?.querySelector('strong').textContent").string ?? ""
    }

    private static func rows(_ heading: String, _ browser: Browser) async throws -> [String] {
        try await browser.waits(for: "return !document.querySelector('[aria-busy]')")
        return try await browser.run("""
            const card = [...document.querySelectorAll('.card')].find(c => c.querySelector('h2')?.textContent.startsWith('\(heading)'));
            return [...card.querySelectorAll('tbody tr')].map(r => r.querySelector('.row').textContent + ' ' + r.querySelector('td').textContent);
            """).elements.compactMap(\.string)
    }

    private static func isClean(_ browser: Browser) async throws {
        let barriers = try await browser.barriers(), complaints = try await browser.complaints(), hosts = try await browser.otherHosts()
        #expect(barriers == [])
        #expect(complaints == [])
        #expect(hosts == [])
    }

    @Test("log in, see what the API says, filter by a click, share the address, stop comparing, log out")
    func overview() async throws {
        try await Self.run { app, browser in
            try await Self.traffic(app)
            try await Self.logIn(app, browser, app.keys[.query]!)
            #expect(try await Self.figure("Visitors", browser) == "3")
            #expect(try await Self.figure("Pageviews", browser) == "6")
            #expect(try await Self.figure("Events", browser) == "1")
            #expect(try await Self.rows("Pages", browser) == ["/ 3", "/docs 2", "/pricing 1"])
            try await Self.isClean(browser)
            // The key is nowhere that a script could read.
            let kept = try await browser.run("return document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.documentElement.innerHTML + location").string ?? ""
            #expect(!kept.contains("pa_live_\(app.keys[.query]!.dropFirst(8))") && !kept.contains("pulse_session"))

            try await browser.click(selector: "button.row[title='Only /pricing']")
            #expect(try await Self.figure("Visitors", browser) == "1")
            #expect(try await browser.run("return location.search").string?.contains("filter=path%3A%2Fpricing") == true)
            #expect(try await browser.run("return document.querySelector('.chips li span').textContent").string == "Page is /pricing")
            // The same view from its address alone.
            try await browser.open(try await browser.run("return location.href").string ?? "")
            #expect(try await Self.figure("Visitors", browser) == "1")
            #expect(try await browser.run("return document.querySelectorAll('svg .before').length").integer == 1)
            try await browser.click(selector: ".toolbar .check input")
            #expect(try await Self.figure("Visitors", browser) == "1")
            #expect(try await browser.run("return document.querySelectorAll('svg .before').length").integer == 0)

            try await browser.click("log-out")
            try await browser.waits(for: "return !!document.querySelector('#credential')")
            #expect(try await browser.run("return fetch('/api/v1/stats', { headers: { 'X-Pulse-Dashboard': '1' } }).then(r => r.status)").integer == 401)
        }
    }

    @Test("a wrong key is refused in words")
    func wrongKey() async throws {
        try await Self.run { app, browser in
            try await Self.logIn(app, browser, "pa_live_nothing")
            try await browser.waits(for: "return document.querySelector('.problem')?.textContent === 'No key and no admin token is like this. Was it copied whole?'")
        }
    }

    @Test("make a segment, see its size as it is composed, ask the overview about it")
    func segment() async throws {
        try await Self.run { app, browser in
            try await Self.traffic(app)
            try await Self.logIn(app, browser, app.keys[.query]!)
            #expect(try await Self.figure("Visitors", browser) == "3")
            try await browser.click(selector: "nav a[href^='/dashboard/segments']")
            try await browser.waits(for: "return !!document.querySelector('#new-segment')")
            try await browser.click("new-segment")
            try await browser.run("""
                const source = document.querySelector('.condition select'); source.value = 'event'; source.dispatchEvent(new Event('change'));
                const name = document.querySelector('.condition input'); name.value = 'signup'; name.dispatchEvent(new Event('input'));
                document.querySelector('#segment-form input').value = 'Signed up';
                """)
            try await browser.waits(for: "return document.querySelector('#segment-count').textContent.startsWith('1 visitors')")
            try await browser.click(selector: "#segment-form button[type=submit]")
            try await browser.waits(for: "return document.querySelectorAll('button.use').length === 1")
            try await Self.isClean(browser)
            try await browser.click(selector: "button.use")
            try await browser.waits(for: "return location.search.includes('segment=')")
            try await browser.click(selector: "nav a[href^='/dashboard/overview']")
            #expect(try await Self.figure("Visitors", browser) == "1")
            #expect(try await Self.figure("Pageviews", browser) == "2")
        }
    }

    @Test("a module that is switched off is gone from the navigation, and its address says so")
    func moduleOff() async throws {
        try await Self.run { app, browser in
            try await Self.traffic(app)
            try await Self.logIn(app, browser, app.keys[.query]!)
            #expect(try await Self.figure("Visitors", browser) == "3")
            #expect(try await browser.run("return document.querySelectorAll(\"nav a[href^='/dashboard/outlinks']\").length").integer == 1)
            #expect(try await app.post("/api/admin/projects/\(app.project.id)/modules/outlinks/disable", as: .token).status == 200)
            try await browser.open(app.address + "/dashboard/outlinks")
            try await browser.waits(for: "return document.querySelector('.empty')?.textContent.startsWith('The module “outlinks” is off') === true")
            #expect(try await browser.run("return document.querySelectorAll(\"nav a[href^='/dashboard/outlinks']\").length").integer == 0)
        }
    }

    @Test("a new project shows the snippet and hears its first event")
    func firstRun() async throws {
        try await Self.run { app, browser in
            try await Self.logIn(app, browser, app.keys[.query]!)
            try await browser.waits(for: "return document.querySelector('.waiting')?.textContent.includes('Waiting') === true")
            try await Self.isClean(browser)
            try await browser.run("return new Promise(r => setTimeout(r, 300))")
            try await app.collect(#"{"type":"pageview","path":"/first"}"#)
            try await browser.waits(for: "return document.querySelector('.waiting').textContent.includes('/first')")
            try await browser.click(selector: ".waiting button")
            #expect(try await Self.figure("Pageviews", browser) == "1")
        }
    }

    @Test("administration: a key is made and shown once, a module is switched")
    func administration() async throws {
        try await Self.run { app, browser in
            try await Self.logIn(app, browser, app.installation.adminToken)
            try await browser.waits(for: "return !!document.querySelector('#module-outlinks') && !document.querySelector('[aria-busy]')")
            try await Self.isClean(browser)
            try await browser.click("module-outlinks")
            try await browser.waits(for: "return document.querySelectorAll('.toast').length === 1")
            #expect(app.installation.directory.states(in: app.installation.directory.projects[0]).first { $0.module == "outlinks" }?.state.isEnabled == false)
            try await browser.click("new-key")
            try await browser.run("document.querySelector('dialog input').value = 'browser'; document.querySelector('dialog input[name=query]').click()")
            try await browser.click(selector: "dialog button[type=submit]")
            try await browser.waits(for: "return /^pa_live_.{24}$/.test(document.querySelector('dialog code')?.textContent ?? '')")
            let secret = try await browser.run("return document.querySelector('dialog code').textContent").string ?? ""
            #expect(try await app.get("/api/v1/stats", as: .key(secret)).status == 200)
            try await browser.click(selector: "dialog header button")
            #expect(try await browser.run("return document.documentElement.innerHTML.includes('\(secret)')").boolean == false)
        }
    }

    @Test("every page draws without complaint, light and dark, wide and narrow, English and German", arguments: ["en", "de"])
    func everyPage(language: String) async throws {
        try await Self.run { app, browser in
            try await Self.traffic(app)
            try await Self.logIn(app, browser, app.keys[.query]!)
            try await browser.waits(for: "return !!document.querySelector('nav a')")
            try await browser.run("localStorage['pulse.language'] = '\(language)'")
            let folder = try await browser.run("return document.documentElement.dataset.files").string ?? ""
            func keys(_ file: String, _ catalogue: String) async throws -> [String] {
                try await browser.run("return import('\(folder)/\(file).js').then(m => Object.keys(\(catalogue) ?? {}).sort())").elements.compactMap(\.string)
            }
            let english = try await keys("en", "m.default"), german = try await keys("de", "m.default")
            #expect(english == german && english.count > 100)
            for page in app.installation.registry.modules.flatMap(\.pages) {
                let pageEnglish = try await keys("page-\(page.id)", "m.texts?.en"), pageGerman = try await keys("page-\(page.id)", "m.texts?.de")
                #expect(pageEnglish == pageGerman, "\(page.id)")
                for (theme, width) in [("light", 1_280), ("dark", 420)] {
                    try await browser.run("localStorage['pulse.theme'] = '\(theme)'")
                    try await browser.resize(width: width, height: 900)
                    try await browser.open("\(app.address)/dashboard/\(page.id)")
                    try await browser.waits(for: "return document.querySelector('h1')?.textContent === '\(page.titles[language]!)' && !document.querySelector('[aria-busy], .skeleton')")
                    let barriers = try await browser.barriers(), complaints = try await browser.complaints(), hosts = try await browser.otherHosts()
                    #expect(barriers == [] && complaints == [] && hosts == [], "\(page.id) \(theme)")
                    let isWider = try await browser.run("return document.documentElement.scrollWidth > innerWidth + 1").boolean
                    #expect(isWider == false, "\(page.id) at \(width)")
                }
            }
        }
    }
}
