import AllModules
import Core
import Testing
import TestSupport

/// What `data-replay` records of a page, and what it must not record.
@Suite("Replay in a browser", .modules(.all), .serialized, .enabled(if: Chromium.isInstalled, "\(Chromium.missing)"))
struct ReplayInBrowserTests {
    private static let page = "/cases/features.html"

    /// The events of all pieces, sorted by time, since pieces sent while a page is left may overtake each other.
    private static func events(_ recorder: Recorder) -> [JSON] {
        let pieces = recorder.payloads("replay").map { $0["payload"]?["events"]?.elements ?? [] }
        return pieces.sorted { $0.first?["at"]?.integer ?? 0 < $1.first?["at"]?.integer ?? 0 }.flatMap(\.self)
    }

    private static func text(_ recorder: Recorder) -> String {
        recorder.received("replay").joined()
    }

    @Test("data-replay: the page and what happens on it, with typed text masked")
    func replay() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-replay="true""#) { site in
                try await it.browser.open(site.address + Self.page)
                try await it.wait(forFile: "replay")
                try await it.browser.type("Ada Lovelace", into: "name")
                try await it.browser.type("hunter2", into: "password")
                try await it.browser.click("deep")
                try await it.browser.run("document.getElementById('bottom').textContent = 'changed'")
                try await it.browser.open(site.elsewhere)
                try await Patience.until("the last piece") {
                    recorder.payloads("replay").contains { $0["payload"]?["is_complete"]?.boolean == true } ? () : nil
                }
                let text = Self.text(recorder), events = Self.events(recorder)
                for secret in ["Ada", "Lovelace", "hunter2", "IBAN", "1234", "was there", "never told", "failures.thrown"] {
                    #expect(!text.contains(secret), "\(secret)")
                }
                for shown in [
                    #""value":"*** ********""#, #""value":"*******""#, #""text":"**** ****""#, #""text":"buy""#, #""text":"changed""#,
                    "cta-primary",
                ] {
                    #expect(text.contains(shown), "\(shown)")
                }
                let types = Set(events.compactMap { $0["type"]?.string })
                #expect(types.isSuperset(of: ["page", "add", "input", "click", "scroll"]))
                #expect(events.first?["type"]?.string == "page")
                // In order, from one session, starting with the page on which it began.
                let times = events.compactMap { $0["at"]?.integer }
                #expect(times == times.sorted())
                let payloads = recorder.payloads("replay").compactMap { $0["payload"] }
                #expect(Set(payloads.map { $0["session_id"]?.string ?? "" }).count == 1)
                #expect(payloads.allSatisfy { $0["entry_page"]?.string == Self.page })
                // Each node is added to a node that was sent before.
                var known: Set<Int64> = [1]
                for node in events.filter({ $0["type"]?.string == "add" }).flatMap({ $0["nodes"]?.elements ?? [] }) {
                    #expect(known.contains(node["parent"]?.integer ?? -1))
                    #expect(node["before"]?.integer == 0 || known.contains(node["before"]?.integer ?? -1))
                    known.insert(node["id"]?.integer ?? -1)
                }
                #expect(known.count > 30)
            }
        }
    }

    @Test("data-replay-mask=\"false\" records typed text except passwords; data-replay-sample=\"0\" records nothing")
    func replayOptions() async throws {
        try await FeatureSite.record { it, recorder in
            try await it.site(#"data-replay="true" data-replay-sample="0""#) { site in
                try await it.browser.open(site.address + Self.page)
                try await it.wait(forFile: "replay")
                try await it.browser.open(site.elsewhere)
                #expect(recorder.received("replay").isEmpty)
            }
            try await it.site(#"data-replay="true" data-replay-mask="false" data-consent-granted="true""#) { site in
                try await it.browser.open(site.address + Self.page)
                try await it.wait(forFile: "replay")
                try await it.browser.type("Ada", into: "name")
                try await it.browser.type("hunter2", into: "password")
                #expect(try await it.browser.run("return Object.keys(sessionStorage)").elements.compactMap(\.string) == ["pulse_replay"])
                // With consent, the next page in the tab belongs to the same session.
                try await it.browser.open(site.address + Self.page + "?second")
                try await it.wait(forFile: "replay")
                try await it.browser.open(site.elsewhere)
                try await Patience.until("both pages") {
                    recorder.payloads("replay").filter { $0["payload"]?["is_complete"]?.boolean == true }.count >= 2 ? () : nil
                }
                #expect(Self.text(recorder).contains(#""value":"Ada""#))
                #expect(!Self.text(recorder).contains("hunter2"))
                #expect(Set(recorder.payloads("replay").map { $0["payload"]?["session_id"]?.string ?? "" }).count == 1)
            }
        }
    }
}
