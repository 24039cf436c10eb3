import Core
@testable import Host
@testable import TestSupport
import Testing

/// That every page is drawn, in both languages and themes, and what its words say.
extension DashboardInBrowserTests {
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
            #expect(try await Self.missingWords(folder, ["app", "charts", "conditions", "kit", "login", "map", "offers", "start", "tables", "toolbar"], browser) == [])
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
            #expect(file == "a,b\r\n\"'=1+1\",\"'\t'=1+1\"\r\n\"'\r'=1+1\",\"'@x\"\r\n-5,\"x,\"\"y\"\"\"\r\n/a=b,\r\n")
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
