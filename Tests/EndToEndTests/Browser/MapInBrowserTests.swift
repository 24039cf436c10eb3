import AllModules
@_spi(Host) import Common
import Core
import Foundation
@testable import Host
import Testing
@testable import TestSupport

/// The world map, in Debian's Chromium.
@Suite("Map in a browser", .modules(.all), .serialized, .enabled(if: Chromium.isInstalled, "\(Chromium.missing)"))
struct MapInBrowserTests {
    /// Ada and ann are in the USA, bob is in Germany, cy in Singapore, which is too small to be drawn.
    private static func run(_ body: @escaping @Sendable (TestApp, Browser) async throws -> Void) async throws {
        func country(_ code: String) -> DatabaseWriter.Value { .map([("country", .map([("iso_code", .text(code))]))]) }
        let writer = DatabaseWriter(
            databaseType: "DBIP-Country-Lite",
            networks: [
                ("192.0.2.0/24", country("US")), ("198.51.100.0/24", country("DE")), ("203.0.113.0/24", country("SG")),
            ])
        let path = NSTemporaryDirectory() + "pulse-map-\(UUID().uuidString).mmdb"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(writer.file()).write(to: URL(fileURLWithPath: path))
        try await Dashboard.run(yaml: "privacy: {geoip_database: \(path)}") { app, browser in
            for (visitor, address) in [("ada", "192.0.2.1"), ("ann", "192.0.2.9"), ("bob", "198.51.100.1"), ("cy", "203.0.113.1")] {
                try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"\#(visitor)","ip":"\#(address)"}"#, as: .server)
            }
            try await Dashboard.logIn(app, browser, app.keys[.query]!)
            #expect(try await Dashboard.figure("Visitors", browser) == "4")
            try await body(app, browser)
        }
    }

    private static func isFetched(_ browser: Browser) async throws -> Bool? {
        try await browser.run("return performance.getEntriesByType('resource').some(e => e.name.endsWith('/world.js'))").boolean
    }

    /// Countries that have a colour of their own.
    private static func coloured(_ browser: Browser) async throws -> [String] {
        try await browser.texts(
            """
            const fill = code => getComputedStyle(document.querySelector(`.world [data-country=${code}]`)).fill;
            const land = fill('FR');
            return [...document.querySelectorAll('.world [data-country]')].map(p => p.dataset.country).filter(code => fill(code) !== land).sort();
            """)
    }

    private static func filters(_ browser: Browser, by selector: String) async throws -> String? {
        try await browser.click(selector: selector)
        try await Dashboard.settles(browser, where: "location.search.includes('filter=')")
        #expect(try await Dashboard.figure("Visitors", browser) == "1")
        return try await browser.run("return location.search").string
    }

    @Test("the overview's map loads when it is about to be seen, colours countries with visitors, and filters by a click like the list")
    func overview() async throws {
        try await Self.run { app, browser in
            try await browser.resize(width: 1_280, height: 400)
            try await browser.open(app.address + "/dashboard/overview")
            #expect(try await Dashboard.figure("Visitors", browser) == "4")
            #expect(try await Self.isFetched(browser) == false)
            // The attribution that the database's licence requires.
            #expect(
                try await browser.run("return document.querySelector('a[href=\"https://db-ip.com\"]').textContent").string
                    == "IP Geolocation by DB-IP")
            func shows(_ count: Int) async throws {
                let picks = "document.querySelectorAll('.world .pick').length"
                try await browser.wait(for: "document.querySelector('.map')?.scrollIntoView(); return \(picks) === \(count)")
            }
            try await shows(2)
            #expect(try await Self.isFetched(browser) == true)
            #expect(try await Self.coloured(browser) == ["DE", "US"])
            let titles = try await browser.texts(
                """
                return ['US', 'DE', 'FR'].map(code => document.querySelector(`.world [data-country=${code}] title`).textContent)
                """)
            #expect(titles == ["United States: 2 visitors (50%)", "Germany: 1 visitor (25%)", "France: 0 visitors"])
            #expect(try await Dashboard.rows("Locations", browser) == ["United States 2", "Germany 1", "Singapore 1"])
            let description =
                try await browser.run("return document.querySelector('.world svg[role=img]').getAttribute('aria-label')").string ?? ""
            #expect(
                description.contains(
                    "Top countries: United States: 2 visitors (50%); Germany: 1 visitor (25%); Singapore: 1 visitor (25%)."))
            #expect(try await Dashboard.texts(".steps li", browser) == ["no visitors", "< 2%", "2–5%", "5–10%", "10–20%", "≥ 20%"])
            for theme in ["light", "dark"] {
                try await browser.run("document.documentElement.dataset.theme = '\(theme)'")
                let colours = try await browser.texts(
                    """
                    return [...document.querySelectorAll('.steps i')].map(step => getComputedStyle(step).backgroundColor)
                    """)
                #expect(Set(colours).count == 6, "\(theme)")
                try await Dashboard.isClean(browser)
            }
            let byMap = try await Self.filters(browser, by: ".world [data-country=DE]")
            #expect(byMap?.contains("filter=country%3ADE") == true)
            try await shows(1)
            #expect(try await Self.coloured(browser) == ["DE"])
            try await browser.click(selector: ".chips button")
            try await Dashboard.settles(browser, where: "!location.search.includes('filter=')")
            let byList = try await Self.filters(browser, by: "button[title='Filter by Germany']")
            #expect(byList == byMap)
            #expect(try await browser.complaints() == [])
        }
    }

    @Test("realtime's map shows the visitors of the last half hour, also on a phone")
    func realtime() async throws {
        try await Self.run { app, browser in
            let earlier = SystemTime().now.adding(seconds: -3_600).iso8601
            try await app.collect(
                #"{"type":"pageview","path":"/","visitor_id":"dee","ip":"198.51.100.7","timestamp":"\#(earlier)"}"#, as: .server)
            try await browser.resize(width: 420, height: 900)
            try await browser.open(app.address + "/dashboard/realtime")
            try await browser.wait(for: "return !!document.querySelector('.world')")
            #expect(try await Self.coloured(browser) == ["DE", "US"])
            #expect(try await Dashboard.rows("Locations", browser) == ["United States 2", "Germany 1", "Singapore 1"])
            #expect(try await browser.run("return document.documentElement.scrollWidth > innerWidth + 1").boolean == false)
            try await Dashboard.isClean(browser)
        }
    }
}
