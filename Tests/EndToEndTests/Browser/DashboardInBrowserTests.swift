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
            // Nothing of what was there comes back with the button Back.
            try await browser.goBack()
            try await browser.waits(for: "return location.pathname === '/dashboard/overview'")
            #expect(try await browser.run("return !!document.querySelector('#credential') && !document.querySelector('nav')").boolean == true)
            let refused = try await browser.run("return fetch('/api/v1/stats', { headers: { 'X-Pulse-Dashboard': '1' } }).then(r => r.status)")
            #expect(refused.integer == 401)
        }
    }

    @Test("today is compared with yesterday until the same time, and drawn until this hour")
    func today() async throws {
        try await Dashboard.run { app, browser in
            let now = SystemTime().now, today = Int64(now.milliseconds / 86_400_000) * 86_400_000
            // Three began today, two yesterday as early, a fourth at its very end.
            for (visitor, at) in [
                ("ada", today), ("bob", today), ("cy", today),
                ("ada", today - 86_400_000), ("bob", today - 86_400_000), ("cy", today - 60_000), ("dee", today - 60_000), ("eve", today - 60_000),
            ] {
                let timestamp = Instant(milliseconds: at).iso8601
                try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"\#(visitor)","timestamp":"\#(timestamp)"}"#)
            }
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            #expect(try await Dashboard.figure("Visitors", browser) == "5")
            try await browser.open(app.address + "/dashboard/overview?range=today&timezone=UTC")
            #expect(try await Dashboard.figure("Visitors", browser) == "3")
            // In the last minutes of a day, its end is as early as now.
            guard now.milliseconds - today < 86_400_000 - 600_000 else { return }
            try await browser.waits(for: "return document.querySelector('.figure .delta').textContent.startsWith('▲ +50%')")
            let hours = try await browser.texts("return [...document.querySelectorAll('.drawing tbody th')].map(hour => hour.textContent)")
            #expect(hours.count == Int((now.milliseconds - today) / 3_600_000) + 1)
            #expect(try await Dashboard.text(".card > div > .hint", browser) == "The dashed part is not over yet.")
            #expect(try await Dashboard.text("#compared-with", browser).contains(", until ") == true)
            // A range that is over is compared as a whole.
            try await browser.open(app.address + "/dashboard/overview?range=yesterday&timezone=UTC")
            #expect(try await Dashboard.figure("Visitors", browser) == "5")
            #expect(try await browser.run("return document.querySelectorAll('.drawing tbody th').length").integer == 24)
            #expect(try await Dashboard.text("#compared-with", browser).contains("until") == false)
        }
    }

    @Test("an address that names what does not exist is a page all the same")
    func addresses() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.traffic(app)
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            for query in ["timezone=Mars/X", "range=custom&from=abc&to=def", "range=custom&from=2025-02-31&to=2025-03-01", "range=ever", "filter=;;:x;y", "x-metric=z"] {
                try await browser.open(app.address + "/dashboard/overview?\(query)")
                #expect(try await Dashboard.figure("Visitors", browser) == "3", "\(query)")
            }
            #expect(try await browser.complaints() == [])
            // A filter that the API refuses can be taken away.
            try await browser.open(app.address + "/dashboard/overview?filter=nothing:x")
            try await Dashboard.settles(browser, where: "document.querySelector('.failed')")
            #expect(try await Dashboard.texts(".chips li > span", browser) == ["nothing is x"])
            try await browser.click(selector: ".chips button")
            #expect(try await Dashboard.figure("Visitors", browser) == "3")
            // So can a segment that was deleted.
            try await browser.open(app.address + "/dashboard/overview?segment=00000000-0000-4000-8000-000000000000")
            try await Dashboard.settles(browser, where: "document.querySelector('#segment')")
            #expect(try await browser.run("return document.querySelector('#segment').selectedOptions[0].textContent").string == "(no longer there)")
            try await Dashboard.choose("", in: "#segment", browser)
            #expect(try await Dashboard.figure("Visitors", browser) == "3")
        }
    }

    @Test("a filter is composed from what there is; what makes no sense is refused in words")
    func composer() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.traffic(app)
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            #expect(try await Dashboard.figure("Visitors", browser) == "3")
            func fill(_ dimension: String, _ value: String, property: String? = nil) async throws {
                if try await browser.run("return !document.querySelector('dialog')").boolean == true { try await browser.click("add-filter") }
                try await Dashboard.choose(dimension, in: "#filter-dimension", browser)
                if let property { try await browser.run("document.querySelector('#filter-property').value = '\(property)'") }
                try await browser.run("document.querySelector('#filter-value').value = '\(value)'")
                try await browser.click(selector: "#filter-form button[type=submit]")
            }
            func refused(_ sentence: String) async throws {
                try await browser.waits(for: "return document.querySelector('dialog .problem').textContent.startsWith('\(sentence)')")
            }
            func chips(_ texts: [String]) async throws {
                try await Dashboard.settles(browser, where: "!document.querySelector('dialog')")
                #expect(try await Dashboard.texts(".chips li > span", browser) == texts)
            }
            try await browser.click("add-filter")
            #expect(try await browser.run("return document.activeElement.id").string == "filter-dimension")
            try await browser.waits(for: "return document.querySelectorAll('#filter-values option[value=\"/pricing\"]').length === 1")
            #expect(try await browser.barriers() == [])
            try await fill("path", ",")
            try await refused("Name a value")
            try await fill("country", "Germania")
            try await refused("No country is called “Germania”")
            try await fill("data", "pro", property: " ")
            try await refused("Name the property")
            try await fill("data", "pro", property: "plan")
            try await chips(["Property plan is pro"])
            try await fill("country", "Germany, fr")
            try await chips(["Property plan is pro", "Country is Germany, France"])
            #expect(try await browser.run("return new URLSearchParams(location.search).get('filter')").string == "data.plan:pro;country:DE,FR")
            try await browser.click(selector: ".chips li.plain button")
            try await chips([])
            // What stands on the same dimension is an alternative.
            try await fill("path", "/pricing")
            try await chips(["Page is /pricing"])
            try await fill("path", "/docs")
            try await chips(["Page is /pricing, /docs"])
            #expect(try await Dashboard.figure("Visitors", browser) == "2")
            #expect(try await browser.complaints() == [])
        }
    }

    @Test("who uses the keyboard stays where they are; what the page shows is in the address")
    func keyboard() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.traffic(app)
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            #expect(try await Dashboard.figure("Visitors", browser) == "3")
            func focused() async throws -> String? {
                try await browser.run("return document.activeElement.id || document.activeElement.dataset.key || document.activeElement.tagName").string
            }
            try await browser.type(Browser.Key.up, selector: "#range")
            try await Dashboard.settles(browser, where: "location.search.includes('range=7d')")
            #expect(try await focused() == "range")
            try await browser.type(Browser.Key.up, selector: "#range")
            try await Dashboard.settles(browser, where: "location.search.includes('range=yesterday')")
            #expect(try await focused() == "range")
            try await browser.type(" ", selector: "#compare")
            try await Dashboard.settles(browser, where: "location.search.includes('compare=off') && !document.querySelector('#compared-with')")
            #expect(try await focused() == "compare")
            try await browser.type(Browser.Key.enter, selector: "#days")
            #expect(try await focused() == "from")
            try await browser.run("document.querySelector('#to').value = new Date().toISOString().slice(0, 10)")
            try await browser.click(selector: "dialog button[type=submit]")
            try await Dashboard.settles(browser, where: "location.search.includes('range=custom')")
            try await browser.waits(for: "return document.activeElement.id === 'days'")

            // The chosen figure and the chosen tab outlive a filter.
            try await browser.run("document.querySelector('[data-key=\"figure-Pageviews\"]').click(); document.querySelector('[data-key=tab-entry]').click()")
            try await browser.waits(for: "return location.search.includes('x-metric=pageviews') && location.search.includes('x-pages=entry')")
            try await Dashboard.settles(browser)
            try await browser.type(Browser.Key.enter, selector: "button.row[title='Only /docs']")
            try await Dashboard.settles(browser, where: "location.search.includes('filter=entry_page')")
            #expect(["chip-0", "BUTTON"].contains(try await focused()))
            #expect(try await browser.run("return document.querySelector('[data-key=tab-entry]').ariaSelected").string == "true")
            #expect(try await browser.run("return document.querySelector('.figure [aria-pressed=true]').dataset.key").string == "figure-Pageviews")
            try await browser.type(Browser.Key.enter, selector: ".chips button")
            try await Dashboard.settles(browser, where: "!location.search.includes('filter=')")
            #expect(try await focused() == "add-filter")

            // An explanation of a column is read by keyboard and touch, inside the window.
            try await browser.run("document.querySelector('[data-key=tab-pages]').click()")
            try await Dashboard.settles(browser, where: "document.querySelector('thead .info')")
            let isInside = try await browser.run("""
                const info = document.querySelector('thead .info');
                info.focus();
                const { left, top } = info.style.getPropertyValue('--left') ? getComputedStyle(info, '::after') : {};
                return document.activeElement === info && parseFloat(left) >= 0 && parseFloat(left) < innerWidth && parseFloat(top) >= 0
                """)
            #expect(isInside.boolean == true)
            // The end of the sidebar is in sight.
            #expect(try await browser.run("scrollTo(0, 0); return document.querySelector('#log-out').getBoundingClientRect().bottom <= innerHeight").boolean == true)
            try await Dashboard.go(to: "goals", browser)
            #expect(try await browser.run("return document.querySelector('#compare').checkVisibility()").boolean == false)
            try await Dashboard.isClean(browser)
        }
    }

    @Test("a chart draws points without neighbours, and its axis has its unit; a button does one thing at a time")
    func parts() async throws {
        try await Dashboard.run { app, browser in
            try await browser.open(app.address + "/dashboard")
            try await browser.waits(for: "return !!document.querySelector('#credential')")
            let drawn = try await browser.texts("""
                const from = name => import(`${document.documentElement.dataset.files}/${name}.js`);
                return Promise.all([from('kit'), from('text')]).then(([{ lineChart, columnChart }, { percent, money }]) => {
                    const points = [null, 5, null, 7, 8].map((value, at) => ({ label: `${at}`, value }));
                    const axis = chart => [...chart.querySelectorAll('.axis[text-anchor=end]')].map(label => label.textContent);
                    const euros = columnChart({ name: 'x', points: [{ label: 'a', value: 12 }], format: value => money(value, 'EUR') });
                    const line = lineChart({ name: 'x', points, format: percent });
                    return [`${line.querySelectorAll('.alone').length}`, axis(line)[0], axis(line)[1], axis(euros)[1]];
                })
                """)
            #expect(drawn == ["1", "0%", "2%", "€5.00"])
            let count = try await browser.run("""
                const { button } = await import(`${document.documentElement.dataset.files}/kit.js`);
                let count = 0, finish;
                const it = button('x', () => { count++; return new Promise(done => finish = done); });
                document.body.append(it);
                it.click(); it.click();
                const during = it.ariaBusy;
                finish();
                await new Promise(done => setTimeout(done, 10));
                it.click();
                return `${count} ${during}`;
                """)
            #expect(count.string == "2 true")
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
