import Core
@testable import Host
@testable import TestSupport
import Testing

/// The dashboard as a person uses it, in Debian's Chromium.
@Suite("Dashboard in a browser", .serialized, .enabled(if: Chromium.isInstalled, "\(Chromium.missing)"))
struct DashboardInBrowserTests {
    @Test("log in, see what the API says, filter by a click, share the address, stop comparing, log out")
    func overview() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.traffic(app)
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            #expect(try await Dashboard.figure("Visitors", browser) == "3")
            #expect(try await Dashboard.figure("Pageviews", browser) == "6")
            #expect(try await Dashboard.figure("Events", browser) == "1")
            #expect(try await Dashboard.rows("Pages", browser) == ["/ 3", "/docs 2", "/pricing 1"])
            try await Dashboard.isClean(browser)
            try await browser.waits(for: "return document.querySelector('#live').textContent === '3 on the site now'")
            // What it was before comes after it, and who chose a figure by the keyboard stays there.
            try await browser.waits(for: "return document.querySelectorAll('.figure .delta').length === 6 && document.querySelector('.figure .delta').textContent !== ' '")
            try await browser.run("const figure = document.querySelectorAll('.figure button.pick')[1]; figure.focus(); figure.click()")
            try await Dashboard.settles(browser)
            #expect(try await browser.run("return document.activeElement.getAttribute('aria-pressed') + document.activeElement.textContent").string?.hasPrefix("truePageviews6") == true)
            let transferred = try await browser.run("""
                const all = ['navigation', 'resource'].flatMap(type => performance.getEntriesByType(type));
                return all.reduce((sum, entry) => sum + entry.transferSize, 0)
                """).integer ?? .max
            #expect((10_000..<150_000).contains(transferred), "the first view, log-in included")
            // The key is nowhere that a script could read.
            let kept = try await browser.run("""
                return document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.documentElement.innerHTML + location
                """).string ?? ""
            #expect(!kept.contains("pa_live_\(app.keys[.query]!.dropFirst(8))") && !kept.contains("pulse_session"))

            try await browser.click(selector: "button.row[title='Only /pricing']")
            #expect(try await Dashboard.figure("Visitors", browser) == "1")
            #expect(try await browser.run("return location.search").string?.contains("filter=path%3A%2Fpricing") == true)
            #expect(try await browser.run("return document.querySelector('.chips li span').textContent").string == "Page is /pricing")
            try await browser.waits(for: "return document.querySelector('#live').textContent === '1 on the site now'")
            // The same view from its address alone.
            try await browser.open(try await browser.run("return location.href").string ?? "")
            #expect(try await Dashboard.figure("Visitors", browser) == "1")
            #expect(try await browser.run("return document.querySelectorAll('svg .before').length").integer == 1)
            try await browser.click(selector: ".toolbar .check input")
            #expect(try await Dashboard.figure("Visitors", browser) == "1")
            #expect(try await browser.run("return document.querySelectorAll('svg .before').length").integer == 0)

            try await browser.click("log-out")
            try await browser.waits(for: "return !!document.querySelector('#credential')")
            let refused = try await browser.run("return fetch('/api/v1/stats', { headers: { 'X-Pulse-Dashboard': '1' } }).then(r => r.status)")
            #expect(refused.integer == 401)
        }
    }

    @Test("campaigns and channels filter by a click, as everything that a module adds to filters")
    func campaigns() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.traffic(app)
            try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"dee","utm_source":"news","utm_medium":"email","utm_campaign":"spring"}"#)
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            #expect(try await Dashboard.figure("Visitors", browser) == "4")
            try await browser.click(selector: "nav a[href^='/dashboard/acquisition']")
            try await Dashboard.settles(browser, where: "document.querySelector(\"button.row[title='Only spring']\")")
            try await browser.click(selector: "button.row[title='Only spring']")
            try await Dashboard.settles(browser, where: "document.querySelector('.chips li span')?.textContent === 'Campaign is spring'")
            #expect(try await Dashboard.rows("Channels", browser) == ["Email 1"])
            try await browser.click(selector: "button.row[title='Only Email']")
            try await Dashboard.settles(browser, where: "document.querySelectorAll('.chips li span').length === 2")
            try await browser.click(selector: "nav a[href^='/dashboard/overview']")
            #expect(try await Dashboard.figure("Visitors", browser) == "1")
            #expect(try await Dashboard.figure("Pageviews", browser) == "1")
            try await browser.click("add-filter")
            #expect(try await browser.texts("return [...document.querySelectorAll('dialog option')].map(o => o.textContent)").contains("Channel"))
        }
    }

    @Test("what could not be asked is asked again")
    func again() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.traffic(app)
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            #expect(try await Dashboard.figure("Visitors", browser) == "3")
            try await browser.click(selector: "nav a[href^='/dashboard/goals']")
            try await Dashboard.settles(browser)
            try await browser.run("""
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
        }
    }

    @Test("a wrong key is refused in words")
    func wrongKey() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.logIn(app, browser, "pa_live_nothing")
            try await browser.waits(for: "return document.querySelector('.problem')?.textContent.startsWith('No key and no admin token') === true")
            // What to do next is there to read.
            try await browser.waits(for: "return document.querySelector('details pre').checkVisibility()")
            #expect(try await browser.run("return document.activeElement.id").string == "credential")
        }
    }

    @Test("make a segment, see its size as it is composed, ask the overview about it")
    func segment() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.traffic(app)
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            #expect(try await Dashboard.figure("Visitors", browser) == "3")
            try await browser.click(selector: "nav a[href^='/dashboard/segments']")
            try await browser.waits(for: "return !!document.querySelector('#new-segment')")
            try await browser.click("new-segment")
            try await browser.run("""
                const source = document.querySelector('.condition select'); source.value = 'event'; source.dispatchEvent(new Event('change'));
                const name = document.querySelector('.condition input'); name.value = 'signup'; name.dispatchEvent(new Event('input'));
                document.querySelector('#segment-form input').value = 'Signed up';
                """)
            try await browser.waits(for: "return document.querySelector('#segment-count').textContent.startsWith('1 visitor,')")
            try await browser.click(selector: "#segment-form button[type=submit]")
            try await browser.waits(for: "return document.querySelectorAll('button.use').length === 1")
            try await Dashboard.isClean(browser)
            try await browser.click(selector: "button.use")
            try await browser.waits(for: "return location.search.includes('segment=')")
            try await browser.click(selector: "nav a[href^='/dashboard/overview']")
            #expect(try await Dashboard.figure("Visitors", browser) == "1")
            #expect(try await Dashboard.figure("Pageviews", browser) == "2")
        }
    }

    @Test("a module that is switched off is gone from the navigation, and its address says so")
    func moduleOff() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.traffic(app)
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            #expect(try await Dashboard.figure("Visitors", browser) == "3")
            #expect(try await browser.run("return document.querySelectorAll(\"nav a[href^='/dashboard/outlinks']\").length").integer == 1)
            #expect(try await app.post("/api/admin/projects/\(app.project.id)/modules/outlinks/disable", as: .token).status == 200)
            try await browser.open(app.address + "/dashboard/outlinks")
            try await Dashboard.settles(browser, where: "document.querySelector('.empty p')?.textContent.includes('“outlinks” is off')")
            #expect(try await browser.run("return document.querySelectorAll(\"nav a[href^='/dashboard/outlinks']\").length").integer == 0)
        }
    }

    @Test("a new project shows the snippet and hears its first event")
    func firstRun() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            try await browser.waits(for: "return document.querySelector('.waiting')?.textContent.includes('Waiting') === true")
            try await Dashboard.isClean(browser)
            try await browser.run("return new Promise(r => setTimeout(r, 300))")
            try await app.collect(#"{"type":"pageview","path":"/first"}"#)
            try await browser.waits(for: "return document.querySelector('.waiting').textContent.includes('/first')")
            try await browser.click(selector: ".waiting button")
            #expect(try await Dashboard.figure("Pageviews", browser) == "1")
        }
    }

    @Test("administration: a key is made and shown once, a module is switched")
    func administration() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.logIn(app, browser, app.installation.adminToken)
            try await browser.waits(for: "return !!document.querySelector('#module-outlinks') && !document.querySelector('[aria-busy]')")
            try await Dashboard.isClean(browser)
            try await browser.click("module-outlinks")
            try await browser.waits(for: "return document.querySelectorAll('.toast').length === 1")
            let directory = app.installation.directory, states = directory.states(in: directory.projects[0])
            #expect(states.first { $0.module == "outlinks" }?.state.isEnabled == false)
            try await browser.click("new-key")
            try await browser.type("browser", selector: "dialog input")
            try await browser.click(selector: "dialog input[name=query]")
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
        try await Dashboard.run { app, browser in
            try await Dashboard.traffic(of: app)
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            try await browser.waits(for: "return !!document.querySelector('nav a')")
            try await browser.run("localStorage['pulse.language'] = '\(language)'")
            let folder = try await browser.run("return document.documentElement.dataset.files").string ?? ""
            let catalogues = try await browser.texts("""
                const names = ({ default: catalogue }) => Object.keys(catalogue).sort().join(' ');
                return Promise.all(['en', 'de'].map(language => import(`\(folder)/${language}.js`))).then(all => all.map(names))
                """)
            #expect(catalogues.count == 2 && catalogues[0] == catalogues[1] && catalogues[0].count > 1_000)
            #expect(try await Self.missingWords(folder, ["app", "charts", "kit", "login", "map", "start", "tables", "toolbar"], browser) == [])
            for page in app.installation.registry.modules.flatMap(\.pages) {
                #expect(try await Self.missingWords(folder, ["page-\(page.id)"], browser) == [], "\(page.id)")
                for (theme, width) in [("light", 1_280), ("dark", 420)] {
                    try await browser.run("localStorage['pulse.theme'] = '\(theme)'")
                    try await browser.resize(width: width, height: 900)
                    try await browser.open("\(app.address)/dashboard/\(page.id)")
                    try await Dashboard.settles(browser, where: "document.querySelector('h1')?.textContent === '\(page.titles[language]!)'")
                    let barriers = try await browser.barriers(), complaints = try await browser.complaints(), hosts = try await browser.otherHosts()
                    #expect(barriers == [] && complaints == [] && hosts == [], "\(page.id) \(theme)")
                    // A field that the API does not answer shows itself like this.
                    let wrong = try await browser.texts("return document.body.innerText.match(/.{0,30}(undefined|NaN|\\[object)/g) ?? []")
                    #expect(wrong.filter { !$0.contains("x is undefined") } == [], "\(page.id)")
                    let failures = try await browser.texts("return [...document.querySelectorAll('.failed')].map(f => f.innerText)")
                    #expect(failures == [], "\(page.id)")
                    let isWider = try await browser.run("return document.documentElement.scrollWidth > innerWidth + 1").boolean
                    #expect(isWider == false, "\(page.id) at \(width)")
                }
            }
        }
    }

    @Test("a text has a singular where its language has one; growth from little is a factor; what begins like a formula is text in CSV")
    func words() async throws {
        try await Dashboard.run { app, browser in
            try await browser.open(app.address + "/dashboard")
            for (language, visitors, sessions, changes) in [
                ("en", ["0 visitors", "1 visitor"], ["1 session", "1,200 sessions"], ["-50%", "+26%", "+999%", "×11", "×1,436"]),
                ("de", ["0 Besucher", "1 Besucher"], ["1 Sitzung", "1.200 Sitzungen"],
                    ["-50\u{a0}%", "+26\u{a0}%", "+999\u{a0}%", "×11", "×1.436"]),
            ] {
                try await browser.run("localStorage['pulse.language'] = '\(language)'")
                try await browser.open(app.address + "/dashboard")
                let shown = try await browser.texts("""
                    return import(`${document.documentElement.dataset.files}/text.js`).then(async ({ t, change, loadLanguage }) => {
                        await loadLanguage();
                        const counts = { visitors: [0, 1], sessions: [1, 1200] };
                        const said = Object.entries(counts).flatMap(([what, numbers]) => numbers.map(count => t(`count.${what}`, { count })));
                        return [...said, ...[-0.5, 0.256, 9.99, 10, 1435].map(change)];
                    });
                    """)
                #expect(shown == visitors + sessions + changes)
            }
            let file = try await browser.run("""
                return import(`${document.documentElement.dataset.files}/api.js`)
                    .then(({ csv }) => csv(['a', 'b'], [['=1+1', '\\t=1+1'], ['\\r=1+1', '@x'], [-5, 'x,"y"'], ['/a=b', null]]));
                """).string
            #expect(file == "a,b\r\n\"'=1+1\",\"'\t=1+1\"\r\n\"'\r=1+1\",\"'@x\"\r\n-5,\"x,\"\"y\"\"\"\r\n/a=b,\r\n")
        }
    }

    /// Words that scripts ask for by name and that are missing in a language.
    private static func missingWords(_ folder: String, _ files: [String], _ browser: Browser) async throws -> [String] {
        try await browser.texts("""
            return Promise.all(\(files).map(async name => {
                const file = `\(folder)/${name}.js`, source = await (await fetch(file)).text(), shared = (await import('\(folder)/en.js')).default;
                const { texts = {} } = name.startsWith('page-') ? await import(file) : {};
                const used = [...source.matchAll(/\\bt\\('([^']+)'/g)].map(match => match[1]);
                return [
                    ...used.filter(word => !(word in shared) && !(word in texts)).map(word => `${name}: ${word}`),
                    ...Object.entries(texts).filter(([, said]) => !said.en || !said.de).map(([word]) => `${name}: ${word} in one language`),
                ];
            })).then(all => all.flat());
            """)
    }
}
