import Core
@_spi(Host) @testable import Host
import Testing
@testable import TestSupport

/// Consent, the browser's own signals, and unusual pages.
extension FeaturesInBrowserTests {
    @Test("consent: features start when it is given and stop when it is withdrawn; unsent data is dropped")
    func consent() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-consent-granted="false" data-clicks="true" data-replay="true" data-errors="true" data-search="true""#)
            { site in
                try await it.browser.open(site.address + Self.page + "?q=tea")
                try await it.browser.click("throws")
                try await it.browser.run("pulse('log', 'info', 'before')")
                #expect(try await it.fetched() == [])
                #expect(try await it.browser.requestsToCollect() == 0)
                try await it.browser.click("grant")
                for name in ["clicks", "errors", "replay"] { try await it.wait(forFile: name) }
                _ = try await recorder.wait(for: 1, "search_query")
                try await it.browser.click("deep")
                _ = try await recorder.wait(for: 1, "click_event")
                #expect(try await it.browser.run("return sessionStorage.length").integer == 1)

                try await it.browser.click("withdraw")
                let before = recorder.types.count
                try await it.browser.type("hidden words", into: "name")
                for id in ["deep", "rejects", "route"] { try await it.browser.click(id) }
                try await it.browser.run("pulse('log', 'info', 'between'); document.getElementById('bottom').textContent = 'between'")
                #expect(try await it.browser.run("return sessionStorage.length").integer == 0)
                try await it.browser.click("grant")
                _ = try await recorder.wait(for: 2, "pageview")
                try await it.browser.open(site.elsewhere)
                try await Patience.until("the end of the second session") {
                    recorder.payloads("replay").contains { $0["payload"]?["is_complete"]?.boolean == true } ? () : nil
                }
                // Consent to the first session was withdrawn before its first piece was due; the second began with the page shown then.
                let pieces = recorder.payloads("replay").compactMap { $0["payload"] }
                #expect(Set(pieces.map { $0["session_id"]?.string ?? "" }).count == 1)
                #expect(pieces.allSatisfy { $0["entry_page"]?.string == "/cases/next" })
                // Nothing was sent about the time in between: no clicks, errors or logs.
                let after = recorder.types.dropFirst(before).filter { $0 != "replay" }
                #expect(!after.contains("js_error") && !after.contains("log"), "\(after)")
                #expect(recorder.received("js_error").isEmpty)
                let clicked = recorder.payloads("click_event").compactMap { $0["element_selector"]?.string }
                #expect(clicked.filter { $0 == "button#deep" }.count == 1, "\(clicked)")
            }
        }
    }

    @Test("Global Privacy Control: nothing is sent or fetched unless the tag says otherwise")
    func globalPrivacyControl() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-clicks="true" data-vitals="true""#) { site in
                try await it.browser.open(site.address + "/cases/gpc.html")
                try await it.browser.run("pulse('event', { name: 'asked' }); pulse('log', 'info', 'asked')")
                #expect(try await it.browser.requestsToCollect() == 0)
                #expect(try await it.fetched() == [])
            }
            try await it.site(#"data-dnt="false""#) { site in
                try await it.browser.open(site.address + "/cases/gpc.html")
                _ = try await recorder.wait(for: 1, "pageview")
            }
        }
    }

    @Test("features work under a strict content security policy with a nonce")
    func contentSecurityPolicy() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(
                #"data-clicks="true" data-errors="true" data-outlinks="true" data-replay="true" data-scroll="true" data-vitals="true""#
            ) { site in
                try await it.browser.open(site.address + "/cases/csp.html")
                try await it.wait(forFile: "clicks")
                try await it.browser.click("pro")
                #expect(try await recorder.wait(for: 1, "click_event")[0].contains(#""element_selector":"button#pro""#))
                #expect(try await it.fetched().count == 7)
                #expect(try await it.browser.run("return violations").elements.isEmpty)
            }
        }
    }

    @Test("a page without scripts is counted by an image")
    func noScript() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site { site in
                try await it.browser.open(site.address + "/cases/noscript.html?token=1")
                #expect(
                    try await recorder.wait(for: 1, "pageview") == [
                        #"{"path":"/cases/noscript.html?token=1","title":"No script","utm_source":"mail"}"#
                    ])
                #expect(try await it.browser.run("return document.getElementById('pixel').naturalWidth").integer == 1)
            }
        }
    }

    @Test("an error in a feature breaks nothing, and is counted")
    func blocked() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-clicks="true""#) { site in
                try await it.browser.open(site.address + Self.page)
                try await it.wait(forFile: "clicks")
                try await it.browser.run(
                    """
                    CSS.escape = () => { throw new Error('broken page') };
                    document.querySelector('.cta-primary').addEventListener('click', () => window.reached = true)
                    """)
                try await it.browser.click("deep")
                try await it.browser.run("pulse('event', { name: 'still' })")
                _ = try await recorder.wait(for: 1, "event")
                #expect(try await it.browser.run("return pulse.errors").integer == 1)
                #expect(try await it.browser.run("return seen.length").integer == 0)
            }
        }
    }
}
