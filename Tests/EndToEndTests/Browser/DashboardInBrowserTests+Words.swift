@_spi(Host) import Access
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
@_spi(Host) import Platform
@_spi(Host) import Questions
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing
@testable import TestSupport

/// Every page is drawn in both languages and themes, and no text is missing.
extension DashboardInBrowserTests {
    @Test("every page draws without errors, light and dark, wide and narrow, in English and German", arguments: ["en", "de"])
    func everyPage(language: String) async throws {
        try await Dashboard.run { app, browser in
            try await Dashboard.traffic(of: app)
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            try await browser.wait(for: "return !!document.querySelector('nav a')")
            try await browser.run("localStorage['pulse.language'] = '\(language)'")
            let folder = try await browser.run("return document.documentElement.dataset.files").string ?? ""
            let catalogues = try await browser.texts(
                """
                const names = ({ default: catalogue }) => Object.keys(catalogue).sort().join(' ');
                return Promise.all(['en', 'de'].map(language => import(`\(folder)/${language}.js`))).then(all => all.map(names))
                """)
            #expect(catalogues.count == 2 && catalogues[0] == catalogues[1] && catalogues[0].count > 1_000)
            let shared = ["app", "charts", "conditions", "kit", "ledger", "login", "map", "offers", "start", "tables", "toolbar"]
            for (files, owner) in [(shared, nil), (["admin"], "admin")] as [([String], String?)] {
                let faults = try await Self.textFaults(folder, files, of: owner, browser)
                #expect(faults == [])
            }
            let modules = app.installation.registry.modules.filter { !$0.pages.isEmpty }
            for module in modules {
                let pages = module.pages.map { "page-\($0.id)" }
                let faults = try await Self.textFaults(folder, pages, of: module.name, browser)
                #expect(faults == [], "\(module.name)")
                #expect(
                    catalogues[0].split(separator: " ").filter { $0.hasPrefix(module.name + ".") } == [],
                    "these belong in \(module.name).en.js")
            }
            for page in modules.flatMap(\.pages) {
                for (theme, width) in [("light", 1_280), ("dark", 420)] {
                    try await browser.run("localStorage['pulse.theme'] = '\(theme)'")
                    try await browser.resize(width: width, height: 900)
                    try await browser.open("\(app.address)/dashboard/\(page.id)")
                    try await Dashboard.settles(browser, where: "document.querySelector('h1')?.textContent === '\(page.titles[language]!)'")
                    let barriers = try await browser.barriers(), complaints = try await browser.complaints(),
                        hosts = try await browser.otherHosts()
                    #expect(barriers == [] && complaints == [] && hosts == [], "\(page.id) \(theme)")
                    // A field that is missing in the API's response shows up like this.
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

    @Test("texts have a singular form, strong growth is shown as a factor, and CSV cells that look like formulas are text")
    func words() async throws {
        try await Dashboard.run { app, browser in
            try await browser.open(app.address + "/dashboard")
            for (language, visitors, sessions, changes) in [
                ("en", ["0 visitors", "1 visitor"], ["1 session", "1,200 sessions"], ["-50%", "+26%", "+999%", "×11", "×1,436"]),
                (
                    "de", ["0 Besucher", "1 Besucher"], ["1 Sitzung", "1.200 Sitzungen"],
                    ["-50\u{a0}%", "+26\u{a0}%", "+999\u{a0}%", "×11", "×1.436"]
                ),
            ] {
                try await browser.run("localStorage['pulse.language'] = '\(language)'")
                try await browser.open(app.address + "/dashboard")
                let shown = try await browser.texts(
                    """
                    return import(`${document.documentElement.dataset.files}/text.js`).then(async ({ t, change, loadLanguage }) => {
                        await loadLanguage();
                        const counts = { visitors: [0, 1], sessions: [1, 1200] };
                        const said = Object.entries(counts).flatMap(([what, numbers]) => numbers.map(count => t(`count.${what}`, { count })));
                        return [...said, ...[-0.5, 0.256, 9.99, 10, 1435].map(change)];
                    });
                    """)
                #expect(shown == visitors + sessions + changes)
            }
            let file = try await browser.run(
                """
                return import(`${document.documentElement.dataset.files}/api.js`)
                    .then(({ csv }) => csv(['a', 'b'], [['=1+1', '\\t=1+1'], ['\\r=1+1', '@x'], [-5, 'x,"y"'], ['/a=b', null]]));
                """
            ).string
            #expect(file == "a,b\r\n\"'=1+1\",\"'\t'=1+1\"\r\n\"'\r'=1+1\",\"'@x\"\r\n-5,\"x,\"\"y\"\"\"\r\n/a=b,\r\n")
        }
    }

    /// Faults in the texts of scripts: missing, unused, or with other keys or placeholders in German.
    /// - Parameter owner: the module that has the scripts, which prefix its texts with its name and a dot; nil for shared texts only.
    private static func textFaults(_ folder: String, _ files: [String], of owner: String?, _ browser: Browser) async throws -> [String] {
        let own = owner.map { $0 + "." } ?? ""
        return try await browser.texts(
            """
            const own = '\(own)', load = async name => (await import(`\(folder)/${name}.js`)).default;
            const [shared, en, de] = await Promise.all(['en', `${own}en`, `${own}de`].map(load));
            const sources = await Promise.all(\(files).map(async name => (await fetch(`\(folder)/${name}.js`)).text()));
            const source = sources.join('\\n'), faults = [];

            const isOwn = name => own && name.startsWith(own), quoted = [...source.matchAll(/'([^'\\n]*)'/g)].map(match => match[1]);
            const asked = [...source.matchAll(/\\bt\\('([^']+)'/g)].map(match => match[1]);
            for (const name of new Set([...asked, ...quoted.filter(isOwn)])) {
                if (!(isOwn(name) ? name.slice(own.length) in en : name in shared)) faults.push(`${name} is missing`);
            }
            // A key built at run time, such as `bi.no-${name}`, uses every text that matches it.
            const built = [...source.matchAll(/`([\\w.-]+)\\$\\{[\\w.]+\\}([\\w.?-]*)`/g)].map(([, start, end]) => ({ start, end }));
            const isUsed = name => quoted.includes(name) || built.some(({ start, end }) => name.startsWith(start) && name.endsWith(end));
            if (own) for (const key of Object.keys(en)) if (!isUsed(own + key)) faults.push(`${own}${key} is unused`);

            const holders = text => [...new Set(JSON.stringify(text).match(/\\{\\w+\\}/g) ?? [])].sort().join();
            if (Object.keys(en).join() !== Object.keys(de).join()) faults.push(`${own}en.js and ${own}de.js have different keys`);
            for (const key in en) if (!de[key] || holders(en[key]) !== holders(de[key])) faults.push(`${own}${key} differs in German`);
            return faults;
            """)
    }
}
