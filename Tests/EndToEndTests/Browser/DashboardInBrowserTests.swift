import AllModules
import Core
@testable import Host
import HTTPTypes
import Testing
@testable import TestSupport

/// The dashboard as a person uses it, in Debian's Chromium.
@Suite("Dashboard in a browser", .modules(.all), .serialized, .enabled(if: Chromium.isInstalled, "\(Chromium.missing)"))
struct DashboardInBrowserTests {
    @Test("log in, see what the API says, filter by a click, share the URL, stop comparing, log out")
    func overview() async throws {
        try await Dashboard.opened { app, browser in
            #expect(try await Dashboard.figure("Pageviews", browser) == "6")
            #expect(try await Dashboard.figure("Events", browser) == "1")
            #expect(try await Dashboard.rows("Pages", browser) == ["/ 3", "/docs 2", "/pricing 1"])
            try await Dashboard.isClean(browser)
            try await browser.wait(for: "return document.querySelector('#live').textContent === '3 on the site now'")
            // The comparison is drawn later, and keyboard focus stays on the chosen figure.
            try await browser.wait(
                for:
                    "return document.querySelectorAll('.figure .delta').length === 6 && document.querySelector('.figure .delta').textContent !== ' '"
            )
            try await browser.run("const figure = document.querySelectorAll('.figure button.pick')[1]; figure.focus(); figure.click()")
            try await Dashboard.settles(browser)
            #expect(
                try await browser.run("return document.activeElement.getAttribute('aria-pressed') + document.activeElement.textContent")
                    .string?.hasPrefix("truePageviews6") == true)
            let transferred =
                try await browser.run(
                    """
                    const all = ['navigation', 'resource'].flatMap(type => performance.getEntriesByType(type));
                    return all.reduce((sum, entry) => sum + entry.transferSize, 0)
                    """
                ).integer ?? .max
            #expect((10_000..<150_000).contains(transferred), "the first view, log-in included")
            // No script can read the key.
            let kept =
                try await browser.run(
                    """
                    return document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.documentElement.innerHTML + location
                    """
                ).string ?? ""
            #expect(!kept.contains("pa_live_\(app.keys[.query]!.dropFirst(8))") && !kept.contains("pulse_session"))

            try await browser.click(selector: "button.row[title='Filter by /pricing']")
            #expect(try await Dashboard.figure("Visitors", browser) == "1")
            #expect(try await browser.run("return location.search").string?.contains("filter=path%3A%2Fpricing") == true)
            #expect(try await browser.run("return document.querySelector('.chips li span').textContent").string == "Page is /pricing")
            try await browser.wait(for: "return document.querySelector('#live').textContent === '1 on the site now'")
            // The URL alone restores the same view.
            try await browser.open(try await browser.run("return location.href").string ?? "")
            #expect(try await Dashboard.figure("Visitors", browser) == "1")
            #expect(try await browser.run("return document.querySelectorAll('svg .before').length").integer == 1)
            try await browser.click(selector: ".toolbar .check input")
            #expect(try await Dashboard.figure("Visitors", browser) == "1")
            #expect(try await browser.run("return document.querySelectorAll('svg .before').length").integer == 0)

            try await browser.click("log-out")
            try await browser.wait(for: "return !!document.querySelector('#credential')")
            // The Back button brings back none of the data.
            try await browser.goBack()
            try await browser.wait(for: "return location.pathname === '/dashboard/overview'")
            #expect(
                try await browser.run("return !!document.querySelector('#credential') && !document.querySelector('nav')").boolean == true)
            let refused = try await browser.run(
                "return fetch('/api/v1/stats', { headers: { 'X-Pulse-Dashboard': '1' } }).then(r => r.status)")
            #expect(refused.integer == 401)
        }
    }

    @Test("a click filters by campaign or channel, as by every dimension that a module adds")
    func campaigns() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.traffic(app)
            try await app.collect(
                #"{"type":"pageview","path":"/","visitor_id":"dee","utm_source":"news","utm_medium":"email","utm_campaign":"spring"}"#)
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            #expect(try await Dashboard.figure("Visitors", browser) == "4")
            try await browser.click(selector: "nav a[href^='/dashboard/acquisition']")
            try await Dashboard.settles(browser, where: "document.querySelector(\"button.row[title='Filter by spring']\")")
            try await browser.click(selector: "button.row[title='Filter by spring']")
            try await Dashboard.settles(browser, where: "document.querySelector('.chips li span')?.textContent === 'Campaign is spring'")
            #expect(try await Dashboard.rows("Channels", browser) == ["Email 1"])
            try await browser.click(selector: "button.row[title='Filter by Email']")
            try await Dashboard.settles(browser, where: "document.querySelectorAll('.chips li span').length === 2")
            try await browser.click(selector: "nav a[href^='/dashboard/overview']")
            #expect(try await Dashboard.figure("Visitors", browser) == "1")
            #expect(try await Dashboard.figure("Pageviews", browser) == "1")
            try await browser.click("add-filter")
            #expect(
                try await browser.texts("return [...document.querySelectorAll('dialog option')].map(o => o.textContent)").contains(
                    "Channel"))
        }
    }

    @Test("a failed request can be retried")
    func again() async throws {
        try await Dashboard.opened { app, browser in
            try await browser.click(selector: "nav a[href^='/dashboard/goals']")
            try await Dashboard.settles(browser)
            try await browser.run(
                """
                const real = window.fetch;
                window.fetch = (address, ...rest) => String(address).includes('/api/v1/stats')
                    ? Promise.resolve(new Response('{"error":"Try later."}', { status: 503 })) : real(address, ...rest);
                window.mend = () => window.fetch = real;
                """)
            try await browser.click(selector: "nav a[href^='/dashboard/overview']")
            try await Dashboard.settles(browser, where: "document.querySelector('.figures .failed button')")
            try await browser.run("window.mend()")
            try await browser.click(selector: ".figures .failed button")
            #expect(try await Dashboard.figure("Visitors", browser) == "3")

            // The page says that a response doesn't have all events yet.
            try await browser.run(
                """
                const real = window.fetch;
                window.fetch = (address, ...rest) => !String(address).includes('/api/v1/goals') ? real(address, ...rest) : real(address, ...rest)
                    .then(answer => new Response(answer.body, { headers: { 'X-Pulse-As-Of': '2026-03-02T12:00:10Z' } }));
                """)
            try await Dashboard.go(to: "goals", browser)
            #expect(try await Dashboard.text("#as-of", browser).hasPrefix("As of "))
            #expect(try await Dashboard.text("#as-of", browser).hasSuffix("; newer events are still being stored."))

            // A page that was never open can't be drawn while Pulse is unreachable. It is drawn once Pulse is back.
            try await browser.devTools("Network.enable", [:])
            func goes(offline: Bool) async throws {
                try await browser.devTools(
                    "Network.emulateNetworkConditions",
                    [
                        "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
                    ])
            }
            try await goes(offline: true)
            try await browser.click(selector: "nav a[href^='/dashboard/retention']")
            try await Dashboard.settles(browser, where: "document.querySelector('.failed button')")
            #expect(try await Dashboard.text(".failed p", browser) == "Pulse can’t be reached. Is it running, and are you online?")
            try await goes(offline: false)
            try await browser.click(selector: ".failed button")
            try await Dashboard.settles(browser, where: "document.querySelector('#retention-form')")
        }
    }

    @Test("a user who was logged out elsewhere keeps their input, and can continue after logging in")
    func loggedOutElsewhere() async throws {
        try await Dashboard.loggedIn { app, browser in
            try await Dashboard.open("goals", app, browser)
            try await browser.click("new-goal")
            try await browser.type("Sign-ups", selector: "#goal-form input")
            try await browser.type("pricing.html", selector: "#goal-form .field:nth-of-type(3) input")
            try await browser.run(
                "return fetch('/dashboard/session', { method: 'DELETE', headers: { 'X-Pulse-Dashboard': '1' } }).then(answer => answer.status)"
            )
            try await browser.click(selector: "#goal-form button[type=submit]")
            try await browser.wait(for: "return !!document.querySelector('dialog.over #credential')")
            #expect(try await browser.barriers() == [])
            try await browser.type(app.keys[.query]!, into: "credential")
            try await browser.click(selector: "dialog.over button[type=submit]")
            try await browser.wait(for: "return !document.querySelector('dialog.over')")
            #expect(try await browser.run("return document.querySelector('#goal-form input').value").string == "Sign-ups")
            try await browser.click(selector: "#goal-form button[type=submit]")
            try await Dashboard.settles(browser, where: "document.querySelectorAll('.plain tbody tr').length === 1")
            #expect(try await app.get("/api/v1/goals").body.contains(#""path":"/pricing.html""#))
        }
    }

    @Test("a wrong key is rejected with an explanation")
    func wrongKey() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.logIn(app, browser, "pa_live_nothing")
            try await browser.wait(
                for: "return document.querySelector('.problem')?.textContent.startsWith('This is not a valid key or admin token.') === true"
            )
            // The page says what to do next.
            try await browser.wait(for: "return document.querySelector('details pre').checkVisibility()")
            #expect(try await browser.run("return document.activeElement.id").string == "credential")
        }
    }

    @Test("create a segment, see its size while composing it, apply it to the overview")
    func segment() async throws {
        try await Dashboard.opened { app, browser in
            try await browser.click(selector: "nav a[href^='/dashboard/segments']")
            try await browser.wait(for: "return !!document.querySelector('#new-segment')")
            try await browser.click("new-segment")
            try await browser.run(
                """
                const source = document.querySelector('.condition select'); source.value = 'event'; source.dispatchEvent(new Event('change'));
                const name = document.querySelector('.condition input'); name.value = 'signup'; name.dispatchEvent(new Event('input'));
                document.querySelector('#segment-form input').value = 'Signed up';
                """)
            try await browser.wait(for: "return document.querySelector('#segment-count').textContent.startsWith('1 visitor,')")
            try await browser.click(selector: "#segment-form button[type=submit]")
            try await browser.wait(for: "return document.querySelectorAll('button.use').length === 1")
            try await Dashboard.isClean(browser)
            try await browser.click(selector: "button.use")
            try await browser.wait(for: "return location.search.includes('segment=')")
            try await browser.click(selector: "nav a[href^='/dashboard/overview']")
            #expect(try await Dashboard.figure("Visitors", browser) == "1")
            #expect(try await Dashboard.figure("Pageviews", browser) == "2")

            // A country is entered by its name, and stored by its code.
            try await Dashboard.go(to: "segments", browser)
            try await browser.click("new-segment")
            try await Dashboard.choose("country", in: ".condition select:nth-of-type(2)", browser)
            try await browser.type("Germania", selector: ".condition input")
            try await browser.type("Germans", selector: "#segment-form input")
            try await browser.click(selector: "#segment-form button[type=submit]")
            try await browser.wait(
                for: "return document.querySelector('#segment-form .problem').textContent.startsWith('No country is called “Germania”')")
            try await browser.run(
                "const it = document.querySelector('.condition input'); it.value = 'Germany'; it.dispatchEvent(new Event('input'))")
            try await browser.click(selector: "#segment-form button[type=submit]")
            try await Dashboard.settles(browser, where: "document.querySelectorAll('button.use').length === 2")
            let kept = try await app.get("/api/v1/segments").body
            #expect(kept.contains(#""value":"DE""#), "\(kept)")
        }
    }

    @Test("a module that is switched off leaves the navigation, and its page says that it is off and what it would show")
    func moduleOff() async throws {
        try await Dashboard.opened { app, browser in
            #expect(try await browser.run("return document.querySelectorAll(\"nav a[href^='/dashboard/outlinks']\").length").integer == 1)
            #expect(try await app.post("/api/admin/projects/\(app.project.id)/modules/outlinks/disable", as: .token).status == 200)
            try await browser.open(app.address + "/dashboard/outlinks")
            try await Dashboard.settles(browser, where: "document.querySelector('.empty p')?.textContent.includes('“outlinks” is off')")
            #expect(try await browser.run("return document.querySelectorAll(\"nav a[href^='/dashboard/outlinks']\").length").integer == 0)
            for (language, start) in [
                ("en", "Clicks on outbound links and downloads"), ("de", "Klicks auf Links, die von der Website wegführen"),
            ] {
                try await browser.run("localStorage['pulse.language'] = '\(language)'")
                try await browser.open(app.address + "/dashboard/outlinks")
                try await Dashboard.settles(browser, where: "document.querySelectorAll('.empty p')[1]?.textContent.startsWith('\(start)')")
            }
        }
    }

    @Test("a new project shows the snippet and notices its first event")
    func firstRun() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            try await browser.wait(for: "return document.querySelector('.waiting')?.textContent.includes('Waiting') === true")
            try await Dashboard.isClean(browser)
            try await browser.run("return new Promise(r => setTimeout(r, 300))")
            // While waiting, the page says which events were rejected, and why.
            let crawler = HTTPFields([HTTPField(name: .userAgent, value: "Googlebot/2.1 (+http://www.google.com/bot.html)")])
            for _ in 1...2 { try await app.collect(#"{"type":"pageview","path":"/first"}"#, headers: crawler) }
            try await browser.wait(
                for:
                    "return document.querySelector('#refused').textContent.startsWith('2 events were rejected in the last 24 hours: sent by a crawler')"
            )
            let title = String(repeating: "long ", count: 1_000)
            try await app.collect(#"{"type":"pageview","path":"/first","title":"\#(title)"}"#)
            try await browser.wait(for: "return document.querySelector('#adjusted').textContent.includes('long text truncated (1)')")
            try await browser.wait(for: "return document.querySelector('.waiting').textContent.includes('/first')")
            try await browser.click(selector: ".waiting button")
            #expect(try await Dashboard.figure("Pageviews", browser) == "1")
            // Later the overview says which events were rejected by mistake; crawlers are rejected on purpose.
            #expect(try await browser.run("return document.querySelector('#lost').textContent").string == "")
            _ = try await app.collect(#"{"type":"event","name":"order","revenue_amount":"abc"}"#)
            try await Dashboard.open("overview", app, browser)
            try await browser.wait(
                for:
                    "return document.querySelector('#lost').textContent === '1 event was rejected in the last 24 hours: invalid; the response to the event names the field (1).'"
            )
        }
    }

    @Test("a key that may use one module lands on that module's page; other pages say that the key may not open them")
    func limitedKey() async throws {
        try await Dashboard.run { app, browser in
            let made = try await app.post(
                "/api/admin/projects/\(app.project.id)/keys", #"{"name":"goals","scopes":["query"],"allowed_modules":["goals"]}"#,
                as: .token)
            try await Dashboard.logIn(app, browser, try #require(try made.json()["key"]?.string))
            try await Dashboard.settles(browser, where: "location.pathname === '/dashboard/goals'")
            try await browser.open(app.address + "/dashboard/funnels")
            try await Dashboard.settles(browser, where: "document.querySelector('.empty')")
            #expect(
                try await Dashboard.texts(".empty p", browser).first == "Your key has no access to the module “funnels”.")
            #expect(try await browser.complaints() == [])
        }
    }

    @Test("administration: a key is created and shown once, a module is switched")
    func administration() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.logIn(app, browser, app.installation.adminToken)
            try await browser.wait(for: "return !!document.querySelector('#module-outlinks') && !document.querySelector('[aria-busy]')")
            try await Dashboard.isClean(browser)
            try await browser.click("module-outlinks")
            try await browser.wait(for: "return document.querySelectorAll('.toast').length === 1")
            let directory = app.installation.directory, states = directory.states(in: directory.projects[0])
            #expect(states.first { $0.module == "outlinks" }?.state.isEnabled == false)
            try await browser.click("new-key")
            try await browser.type("browser", selector: "dialog input")
            try await browser.click(selector: "dialog input[name=query]")
            try await browser.click(selector: "dialog button[type=submit]")
            try await browser.wait(for: "return /^pa_live_.{24}$/.test(document.querySelector('dialog code')?.textContent ?? '')")
            let secret = try await browser.run("return document.querySelector('dialog code').textContent").string ?? ""
            #expect(try await app.get("/api/v1/stats", as: .key(secret)).status == 200)
            try await Dashboard.closeDialog(browser)
            #expect(try await browser.run("return document.documentElement.innerHTML.includes('\(secret)')").boolean == false)
        }
    }
}
