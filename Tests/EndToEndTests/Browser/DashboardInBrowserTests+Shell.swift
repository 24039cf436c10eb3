@_spi(Host) import Common
import Core
@testable import Host
import Testing
@testable import TestSupport

/// What all pages share: range, URL, filters, focus, and the components that pages are made from.
extension DashboardInBrowserTests {
    @Test("today is compared with yesterday up to the same time, and drawn up to the current hour")
    func today() async throws {
        try await Dashboard.run { app, browser in
            let now = SystemTime().now, today = Int64(now.milliseconds / 86_400_000) * 86_400_000
            // Three visitors at the start of today, two at the start of yesterday, and three at its very end.
            for (visitor, at) in [
                ("ada", today), ("bob", today), ("cy", today),
                ("ada", today - 86_400_000), ("bob", today - 86_400_000), ("cy", today - 60_000), ("dee", today - 60_000),
                ("eve", today - 60_000),
            ] {
                let timestamp = Instant(milliseconds: at).iso8601
                try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"\#(visitor)","timestamp":"\#(timestamp)"}"#)
            }
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            #expect(try await Dashboard.figure("Visitors", browser) == "5")
            try await browser.open(app.address + "/dashboard/overview?range=today&timezone=UTC")
            #expect(try await Dashboard.figure("Visitors", browser) == "3")
            // In the last minutes of a day, the end of yesterday is not later than the current time of day.
            guard now.milliseconds - today < 86_400_000 - 600_000 else { return }
            try await browser.wait(for: "return document.querySelector('.figure .delta').textContent.startsWith('▲ +50%')")
            let hours = try await browser.texts("return [...document.querySelectorAll('.drawing tbody th')].map(hour => hour.textContent)")
            #expect(hours.count == Int((now.milliseconds - today) / 3_600_000) + 1)
            #expect(try await Dashboard.text(".card > div > .hint", browser) == "The dashed part is still in progress.")
            #expect(try await Dashboard.text("#compared-with", browser).contains(", until ") == true)
            // A range that is over is compared as a whole.
            try await browser.open(app.address + "/dashboard/overview?range=yesterday&timezone=UTC")
            #expect(try await Dashboard.figure("Visitors", browser) == "5")
            #expect(try await browser.run("return document.querySelectorAll('.drawing tbody th').length").integer == 24)
            #expect(try await Dashboard.text("#compared-with", browser).contains("until") == false)
        }
    }

    @Test("a URL with unknown values still shows a page")
    func addresses() async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.traffic(app)
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            for query in [
                "timezone=Mars/X", "range=custom&from=abc&to=def", "range=custom&from=2025-02-31&to=2025-03-01", "range=ever",
                "filter=;;:x;y", "x-metric=z",
            ] {
                try await browser.open(app.address + "/dashboard/overview?\(query)")
                #expect(try await Dashboard.figure("Visitors", browser) == "3", "\(query)")
                guard query != "x-metric=z" else { continue }
                // A message says so, and the value is gone from the URL.
                let note = try await Dashboard.text(".toast", browser),
                    address = try await browser.run("return location.search").string ?? ""
                #expect(note.hasPrefix("Invalid parts of the URL were removed: "), "\(query)")
                #expect(!address.contains("Mars") && !address.contains("range") && !address.contains("filter"), "\(address)")
            }
            #expect(try await browser.complaints() == [])
            // A filter that the API rejects can be removed.
            try await browser.open(app.address + "/dashboard/overview?filter=nothing:x")
            try await Dashboard.settles(browser, where: "document.querySelector('.failed')")
            #expect(try await Dashboard.texts(".chips li > span", browser) == ["nothing is x"])
            try await browser.click(selector: ".chips button")
            #expect(try await Dashboard.figure("Visitors", browser) == "3")
            // A segment deleted before or while the page is open is reported once, and one click switches to everyone.
            let made = try await app.post(
                "/api/v1/segments", #"{"name":"In","definition":{"match":"all","conditions":[{"source":"event","event":"signup"}]}}"#,
                as: .query)
            let id = try made.json()["id"]?.string ?? ""
            try await browser.open(app.address + "/dashboard/overview?segment=\(id)")
            #expect(try await Dashboard.figure("Visitors", browser) == "1")
            #expect(try await app.send(.delete, "/api/v1/segments/\(id)", as: .query).status < 300)
            try await Dashboard.choose("7d", in: "#range", browser)
            for _ in 1...2 {
                try await Dashboard.settles(browser, where: "document.querySelector('#without-segment')")
                #expect(try await Dashboard.text(".page p", browser).hasPrefix("The segment in this URL no longer exists"))
                #expect(try await browser.run("return document.querySelectorAll('.failed').length").integer == 0)
                try await browser.open(app.address + "/dashboard/overview?segment=00000000-0000-4000-8000-000000000000")
            }
            try await Dashboard.settles(browser, where: "document.querySelector('#without-segment')")
            try await browser.click("without-segment")
            #expect(try await Dashboard.figure("Visitors", browser) == "3")
            // Administration needs another credential, which can be entered on the spot.
            try await browser.open(app.address + "/dashboard/admin")
            try await Dashboard.settles(browser, where: "document.querySelector('#log-in-above')")
            #expect(try await Dashboard.text(".empty p", browser) == "Administration requires the admin token.")
            try await browser.click("log-in-above")
            try await browser.type(app.installation.adminToken, into: "credential")
            try await browser.click(selector: "dialog form button[type=submit]")
            try await Dashboard.settles(browser, where: "document.querySelector('#new-project')")
        }
    }

    @Test("a filter is composed from existing values; one that makes no sense is rejected with an explanation")
    func composer() async throws {
        try await Dashboard.opened { app, browser in
            func fill(_ dimension: String, _ value: String, property: String? = nil) async throws {
                if try await browser.run("return !document.querySelector('dialog')").boolean == true {
                    try await browser.click("add-filter")
                }
                try await Dashboard.choose(dimension, in: "#filter-dimension", browser)
                if let property { try await browser.run("document.querySelector('#filter-property').value = '\(property)'") }
                try await browser.run("document.querySelector('#filter-value').value = '\(value)'")
                try await browser.click(selector: "#filter-form button[type=submit]")
            }
            func refused(_ sentence: String) async throws {
                try await browser.wait(for: "return document.querySelector('dialog .problem').textContent.startsWith('\(sentence)')")
            }
            func chips(_ texts: [String]) async throws {
                try await Dashboard.settles(browser, where: "!document.querySelector('dialog')")
                #expect(try await Dashboard.texts(".chips li > span", browser) == texts)
            }
            try await browser.click("add-filter")
            #expect(try await browser.run("return document.activeElement.id").string == "filter-dimension")
            try await browser.wait(for: "return document.querySelectorAll('#filter-values option[value=\"/pricing\"]').length === 1")
            #expect(try await browser.barriers() == [])
            try await fill("path", ",")
            try await refused("Enter a value")
            try await fill("country", "Germania")
            try await refused("No country is called “Germania”")
            try await fill("data", "pro", property: " ")
            try await refused("Enter a property")
            try await fill("data", "pro", property: "plan")
            try await chips(["Property plan is pro"])
            try await fill("country", "Germany, fr")
            try await chips(["Property plan is pro", "Country is Germany, France"])
            #expect(
                try await browser.run("return new URLSearchParams(location.search).get('filter')").string == "data.plan:pro;country:DE,FR")
            try await browser.click(selector: ".chips li.plain button")
            try await chips([])
            // Filters on the same dimension are alternatives.
            try await fill("path", "/pricing")
            try await chips(["Page is /pricing"])
            try await fill("path", "/docs")
            try await chips(["Page is /pricing, /docs"])
            #expect(try await Dashboard.figure("Visitors", browser) == "2")
            #expect(try await browser.complaints() == [])
        }
    }

    @Test("keyboard focus stays in place, and what the page shows is in the URL")
    func keyboard() async throws {
        try await Dashboard.opened { app, browser in
            func focused() async throws -> String? {
                try await browser.run(
                    "return document.activeElement.id || document.activeElement.dataset.key || document.activeElement.tagName"
                ).string
            }
            try await browser.type(Browser.Key.up, selector: "#range")
            try await Dashboard.settles(browser, where: "location.search.includes('range=7d')")
            #expect(try await focused() == "range")
            try await browser.type(Browser.Key.up, selector: "#range")
            try await Dashboard.settles(browser, where: "location.search.includes('range=yesterday')")
            #expect(try await focused() == "range")
            try await browser.type(" ", selector: "#compare")
            try await Dashboard.settles(
                browser, where: "location.search.includes('compare=off') && !document.querySelector('#compared-with')")
            #expect(try await focused() == "compare")
            try await browser.type(Browser.Key.enter, selector: "#days")
            #expect(try await focused() == "from")
            try await browser.run("document.querySelector('#to').value = new Date().toISOString().slice(0, 10)")
            try await browser.click(selector: "dialog button[type=submit]")
            try await Dashboard.settles(browser, where: "location.search.includes('range=custom')")
            try await browser.wait(for: "return document.activeElement.id === 'days'")

            // The chosen figure and tab survive a filter.
            try await browser.run(
                "document.querySelector('[data-key=\"figure-Pageviews\"]').click(); document.querySelector('[data-key=tab-entry]').click()")
            try await browser.wait(
                for: "return location.search.includes('x-metric=pageviews') && location.search.includes('x-pages=entry')")
            try await Dashboard.settles(browser)
            try await browser.type(Browser.Key.enter, selector: "button.row[title='Filter by /docs']")
            try await Dashboard.settles(browser, where: "location.search.includes('filter=entry_page')")
            #expect(["chip-0", "BUTTON"].contains(try await focused()))
            #expect(try await browser.run("return document.querySelector('[data-key=tab-entry]').ariaSelected").string == "true")
            #expect(
                try await browser.run("return document.querySelector('.figure [aria-pressed=true]').dataset.key").string
                    == "figure-Pageviews")
            try await browser.type(Browser.Key.enter, selector: ".chips button")
            try await Dashboard.settles(browser, where: "!location.search.includes('filter=')")
            #expect(try await focused() == "add-filter")

            // A column's explanation can be read by keyboard and touch, and stays inside the window.
            try await browser.run("document.querySelector('[data-key=tab-pages]').click()")
            try await Dashboard.settles(browser, where: "document.querySelector('thead .info')")
            let isInside = try await browser.run(
                """
                const info = document.querySelector('thead .info');
                info.focus();
                const { left, top } = info.style.getPropertyValue('--left') ? getComputedStyle(info, '::after') : {};
                return document.activeElement === info && parseFloat(left) >= 0 && parseFloat(left) < innerWidth && parseFloat(top) >= 0
                """)
            #expect(isInside.boolean == true)
            // The end of the sidebar is visible.
            #expect(
                try await browser.run(
                    "scrollTo(0, 0); return document.querySelector('#log-out').getBoundingClientRect().bottom <= innerHeight"
                ).boolean == true)
            try await Dashboard.go(to: "goals", browser)
            #expect(try await browser.run("return document.querySelector('#compare').checkVisibility()").boolean == false)
            try await Dashboard.isClean(browser)
        }
    }

    @Test("a chart draws points without neighbours, and its axis shows the unit; a button does one thing at a time")
    func parts() async throws {
        try await Dashboard.run { app, browser in
            try await browser.open(app.address + "/dashboard")
            try await browser.wait(for: "return !!document.querySelector('#credential')")
            let drawn = try await browser.texts(
                """
                const from = name => import(`${document.documentElement.dataset.files}/${name}.js`);
                return Promise.all([from('kit'), from('text')]).then(([{ lineChart, columnChart }, { percent, amounts }]) => {
                    const points = [null, 5, null, 7, 8].map((value, at) => ({ label: `${at}`, value }));
                    const axis = chart => [...chart.querySelectorAll('.axis[text-anchor=end]')].map(label => label.textContent);
                    const euros = columnChart({ name: 'x', points: [{ label: 'a', value: 12 }], format: amounts('EUR') });
                    const line = lineChart({ name: 'x', points, format: percent });
                    return [`${line.querySelectorAll('.alone').length}`, axis(line)[0], axis(line)[1], axis(euros)[1]];
                })
                """)
            #expect(drawn == ["1", "0%", "2%", "€5"])
            let count = try await browser.run(
                """
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

    @Test("what users type is converted to the stored form, such as paths and country codes; hours are compared by the clock")
    func written() async throws {
        try await Dashboard.run { app, browser in
            try await browser.open(app.address + "/dashboard")
            try await browser.wait(for: "return !!document.querySelector('#credential')")
            func evaluates(_ script: String) async throws -> [String] {
                try await browser.texts(
                    """
                    const from = name => import(`${document.documentElement.dataset.files}/${name}.js`), { h, select, timeline, ...kit } = await from('kit');
                    \(script)
                    """)
            }
            let followed = try await evaluates(
                """
                return [
                    ['page', 'pricing.html'], ['page', 'https://localhost:8080/pricing.html?a=b#c'], ['page', 'www.example.com/docs/'], ['page', 'docs/intro'],
                    ['page', '//example.com'], ['page', '/docs*'], ['page', 'signup'], ['event', 'user.created'], ['event', 'http://localhost/x'], ['event', '/x'],
                ].map(([chosen, text]) => {
                    const input = h('input', { value: text }), kind = select({}, [['page'], ['event']], chosen);
                    kit.followKind(input, kind, { pages: 'page', events: 'event' });
                    for (const name of ['input', 'change']) input.dispatchEvent(new Event(name));
                    return `${kind.value} ${input.value}`;
                })
                """)
            #expect(
                followed == [
                    "page /pricing.html", "page /pricing.html", "page /docs/", "page /docs/intro", "page /", "page /docs*", "event signup",
                    "event user.created", "page /x", "page /x",
                ])
            let stored = try await evaluates(
                """
                const said = question => { try { return kit.stored(...question); } catch ({ message }) { return message; } };
                return [['country', 'Germany'], ['country', 'fr'], ['country', 'Germania'], ['country', 'Germ', true], ['exit_page', 'a.html'], ['os', 'a/b']]
                    .map(said).concat(kit.written('country', 'DE'), kit.written('city', 'DE'))
                """)
            #expect(
                stored.filter { !$0.hasPrefix("No country is called “Germania”") } == [
                    "DE", "FR", "Germ", "/a.html", "a/b", "Germany", "DE",
                ])

            // In Los Angeles, clocks show 01:00 twice on November 1st; in March they skip 02:00.
            let paired = try await evaluates(
                """
                const hours = (day, ...rest) => rest.map(([hour, value]) => ({ date: `${day}T${hour}`, value }));
                const told = (now, then) => timeline({ data: now, previous: { data: then } }, 'hour', point => point.value)
                    .map(({ value, before }) => `${value}/${before ?? '–'}`).join(' ');
                const twice = hours('2026-11-01', ['00:00', 1], ['01:00-07:00', 2], ['01:00-08:00', 3], ['02:00', 4], ['14:00', 7]);
                const plain = day => hours(day, ['00:00', 10], ['01:00', 20], ['02:00', 40], ['14:00', 70]);
                const skipped = hours('2026-03-08', ['00:00', 1], ['01:00', 2], ['14:00', 7]);
                return [
                    told(plain('2026-11-02'), twice), told(twice, plain('2026-10-31')), told(twice, twice), told(plain('2026-03-09'), skipped),
                    told(skipped, plain('2026-03-07')), told(plain('2026-03-07'), []),
                ]
                """)
            #expect(
                paired == [
                    "10/1 20/5 40/4 70/7", "1/10 2/20 3/– 4/40 7/70", "1/1 2/2 3/3 4/4 7/7", "10/1 20/2 40/– 70/7", "1/10 2/20 7/70",
                    "10/– 20/– 40/– 70/–",
                ])
            // A file for spreadsheets begins with the UTF-8 byte order mark; the reason for missing locations depends on the database.
            let rest = try await evaluates(
                """
                let kept;
                URL.createObjectURL = blob => { kept = blob; return '#'; };
                kit.saveRows('a.csv', ['ä'], [['ö']]);
                const bytes = new Uint8Array(await kept.arrayBuffer());
                const why = (geography, level) => kit.noPlaces({ session: { geography } }, level);
                return [[...bytes.slice(0, 3)].join(), new TextDecoder().decode(bytes), why(undefined, 'city'), why('country', 'city'), why('city', 'city'), why('country')]
                    .map(text => text.slice(0, 33))
                """)
            #expect(
                rest == [
                    "239,187,191", "ä\r\nö\r\n", "No locations are known. They requ", "Only countries are known. Regions",
                    "These visitors have no known loca",
                    "These visitors have no known loca",
                ])
        }
    }

    @Test("a chart fits its space, also after that changes, and keeps focus and position")
    func fits() async throws {
        try await Dashboard.opened { _, browser in
            func drawn() async throws -> String? {
                try await browser.run("return document.querySelector('svg.lines').getAttribute('viewBox')").string
            }
            try await Dashboard.settles(browser, where: "document.querySelector('svg.lines')")
            #expect(try await drawn() == "0 0 860 250")
            #expect(try await Dashboard.texts(".legend span", browser) == ["Visitors", "Previous period"])
            // Move the pointer out of the chart.
            try await browser.press(x: 640, y: 5)
            try await browser.type(Browser.Key.right, selector: "svg.lines")
            for (width, box) in [(390, "0 0 380 250"), (1_920, "0 0 860 250"), (640, "0 0 560 250")] {
                try await browser.viewport(width: width)
                try await browser.wait(for: "return document.querySelector('svg.lines').getAttribute('viewBox') === '\(box)'")
                #expect(try await browser.run("return document.activeElement.matches('svg.lines')").boolean == true, "\(width)")
                #expect(try await browser.run("return document.querySelector('.tip').checkVisibility()").boolean == true, "\(width)")
            }
            #expect(try await browser.complaints() == [])
        }
    }

    @Test("every page can count people instead of visitors, and the URL says so")
    func people() async throws {
        try await Dashboard.opened { app, browser in
            // ada and bob log in as one user.
            for visitor in ["ada", "bob"] {
                try await app.collect(#"{"type":"identify","user_id":"u-1","visitor_id":"\#(visitor)"}"#)
            }
            try await Dashboard.choose("people", in: "#count-by", browser)
            try await browser.wait(for: "return location.search.includes('count=people')")
            #expect(try await Dashboard.figure("Visitors", browser) == "2")
            #expect(try await Dashboard.figure("Pageviews", browser) == "6")
            try await Dashboard.isClean(browser)
            try await Dashboard.go(to: "goals", browser)
            #expect(
                try await browser.run("return location.search.includes('count=people') && document.querySelector('#count-by').value").string
                    == "people")
            try await Dashboard.choose("", in: "#count-by", browser)
            try await Dashboard.go(to: "overview", browser)
            #expect(try await Dashboard.figure("Visitors", browser) == "3")
        }
    }
}
