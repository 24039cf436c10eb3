import AllModules
import Core
import Testing
@testable import TestSupport

/// Compares `data-vitals` with the browser's own entries, and with results calculated by hand from given entries.
@Suite("Web vitals in a browser", .modules(.all), .serialized, .enabled(if: Chromium.isInstalled, "\(Chromium.missing)"))
struct VitalsInBrowserTests {
    private static func vitals(_ recorder: Recorder, _ count: Int) async throws -> [String: Double] {
        _ = try await recorder.wait(for: count, "web_vital")
        return Dictionary(recorder.payloads("web_vital").map { ($0["name"]?.string ?? "", $0["value"]?.number ?? -1) }) { $1 }
    }

    @Test("each value matches the browser's own entries")
    func real() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-vitals="true""#) { site in
                try await it.browser.open(site.address + "/cases/vitals.html")
                try await it.wait(forFile: "vitals")
                try await it.browser.wait(
                    for:
                        "return entries.some(e => e.entryType == 'layout-shift') && entries.some(e => e.entryType == 'largest-contentful-paint')"
                )
                try await it.browser.click("fast")
                try await it.browser.click("slow")
                try await it.browser.wait(for: "return entries.some(e => e.interactionId && e.duration > 200)")
                let expected = try await it.browser.run(
                    """
                    const of = (type) => entries.filter(e => e.entryType == type);
                    return {
                        TTFB: performance.getEntriesByType('navigation')[0].responseStart,
                        FCP: of('paint').find(e => e.name == 'first-contentful-paint').startTime,
                        LCP: of('largest-contentful-paint').pop().startTime,
                        CLS: of('layout-shift').filter(e => !e.hadRecentInput).reduce((sum, e) => sum + e.value, 0),
                        INP: Math.max(...of('event').filter(e => e.interactionId).map(e => e.duration)),
                    }
                    """)
                try await it.browser.click("leave")
                let values = try await Self.vitals(recorder, 5)
                #expect(values.count == 5)
                for (name, value) in values {
                    let own = try #require(expected[name]?.number)
                    #expect(abs(value - own) <= 0.000_051, "\(name): sent \(value), the browser has \(own)")
                }
                #expect(values["CLS"] ?? 0 > 0.01)
                #expect(values["INP"] ?? 0 >= 248)
                #expect(recorder.payloads("web_vital").allSatisfy { $0["path"]?.string == "/cases/vitals.html" })
                let rating = recorder.payloads("web_vital").first { $0["name"]?.string == "INP" }?["rating"]?.string
                #expect(rating == (values["INP"] ?? 0 <= 500 ? "needs-improvement" : "poor"))
            }
        }
    }

    /// Layout shifts by time in ms. A window ends after a second without a shift, and after five seconds:
    ///
    ///     100: 0.05   900: 0.05   1,899: 0.01                    0.11
    ///     2,899: 0.02 (exactly one second later: a new window)   0.02
    ///     10,000 to 15,500 every 500: 0.01 each                  the first ten in 5 s: 0.1, then a new window
    ///     20,000: 0.9 with recent input                          not counted
    ///
    /// The worst window has 0.11.
    @Test("CLS is the worst window of at most five seconds, with shifts less than a second apart")
    func layoutShifts() async throws {
        try await Self.withGivenEntries { it in
            try await it.browser.run(
                """
                const shift = (startTime, value, hadRecentInput = false) => ({ entryType: 'layout-shift', startTime, value, hadRecentInput });
                tell('paint', { name: 'first-contentful-paint', startTime: 1900 });
                tell('layout-shift', shift(100, 0.05), shift(900, 0.05), shift(1899, 0.01), shift(2899, 0.02));
                tell('layout-shift', ...Array.from({ length: 12 }, (_, i) => shift(10000 + i * 500, 0.01)), shift(20000, 0.9, true));
                tell('largest-contentful-paint', { startTime: 2000 }, { startTime: 4001 });
                """)
        } expect: { payloads in
            #expect(
                payloads.sorted().filter { !$0.contains("TTFB") } == [
                    #"{"path":"/cases/vitals-told.html","name":"CLS","value":0.11,"rating":"needs-improvement"}"#,
                    #"{"path":"/cases/vitals-told.html","name":"FCP","value":1900,"rating":"needs-improvement"}"#,
                    #"{"path":"/cases/vitals-told.html","name":"LCP","value":4001,"rating":"poor"}"#,
                ])
        }
    }

    /// 120 interactions, so the two longest are left out (one per 50): 900, 800, *700*, 600 ... The longest has two events, of which
    /// the longer counts.
    @Test("INP leaves out one of the longest interactions per fifty; LCP ends with the first input")
    func interactions() async throws {
        try await Self.withGivenEntries { it in
            try await it.browser.run(
                """
                const interaction = (interactionId, duration) => ({ entryType: 'event', interactionId, duration });
                tell('event', interaction(1, 40), interaction(2, 850), interaction(2, 900), interaction(3, 800), interaction(0, 5000));
                tell('event', ...[700, 600, 500, 400, 300, 200, 100, 90, 80, 70, 60].map((duration, i) => interaction(i + 4, duration)));
                tell('first-input', interaction(1, 40));
                count = 120;
                tell('largest-contentful-paint', { startTime: 1000 });
                """)
            try await it.browser.click("stay")
            try await it.browser.run("tell('largest-contentful-paint', { startTime: 3000 })")
        } expect: { payloads in
            #expect(
                payloads.sorted().filter { !$0.contains("TTFB") } == [
                    #"{"path":"/cases/vitals-told.html","name":"INP","value":700,"rating":"poor"}"#,
                    #"{"path":"/cases/vitals-told.html","name":"LCP","value":1000,"rating":"good"}"#,
                ])
        }
    }

    private static func withGivenEntries(
        _ body: @escaping @Sendable (FeatureSite) async throws -> Void, expect: @escaping @Sendable ([String]) -> Void
    ) async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-vitals="true""#) { site in
                try await it.browser.open(site.address + "/cases/vitals-told.html")
                try await it.browser.wait(for: "return 'first-input' in observers")
                try await body(it)
                try await it.browser.click("leave")
                // TTFB is the browser's own.
                _ = try await recorder.wait(for: 3, "web_vital")
                try await it.browser.open(site.address + "/")
                _ = try await recorder.wait(for: 2, "pageview")
                expect(recorder.received("web_vital"))
            }
        }
    }

    @Test("a page restored from the back/forward cache is a new view with new measurements")
    func backForwardCache() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-vitals="true" data-scroll="true""#) { site in
                try await it.browser.open(site.address + "/cases/vitals.html")
                try await it.wait(forFile: "vitals")
                try await it.browser.run("window.kept = true")
                try await it.browser.click("leave")
                _ = try await recorder.wait(for: 1, "scroll_depth")
                try await it.browser.wait(for: "return document.title == 'Another site'")
                let first = recorder.payloads("web_vital").count
                try await it.browser.goBack()
                _ = try await recorder.wait(for: 2, "pageview")
                try #require(try await it.browser.run("return window.kept === true").boolean == true, "the browser has not kept the page")
                try await it.browser.run(
                    "return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 100))))")
                try await it.browser.click("leave")
                _ = try await recorder.wait(for: 2, "scroll_depth")
                let second = recorder.payloads("web_vital").dropFirst(first)
                let values = Dictionary(second.map { ($0["name"]?.string ?? "", $0["value"]?.number ?? -1) }) { $1 }
                #expect(values.keys.sorted() == ["CLS", "FCP", "LCP", "TTFB"])
                #expect(values["TTFB"] == 0)
                #expect(values["CLS"] == 0)
                #expect(values["LCP"] == values["FCP"])
                #expect((0...5_000).contains(values["LCP"] ?? -1))
                #expect(recorder.types.filter { $0 == "pageview" }.count == 2)
            }
        }
    }
}
