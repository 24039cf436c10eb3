import AllModules
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Platform
import Testing
import TestSupport

@Suite("Steps of modules in collection", .modules(.all))
struct IngestStepTests {
    private static let events = [
        #"{"type":"event","visitor_id":"ada","name":"signup","data":{"plan":"pro","mail":"ada@example.com","n":1},"title":"x","path":"/a"}"#,
        #"{"type":"event","payload":{"name":"signup","data":{"plan":"pro","mail":"bob@example.com"}},"visitor_id":"bob","path":"/b"}"#,
        #"{"type":"pageview","visitor_id":"cy","path":"/test/1"}"#,
        #"{"type":"event","visitor_id":"cy","name":"signup","data":{"mail":"c@d"}}"#,
        #"{"type":"pageview","visitor_id":"cy","path":"/c","title":"mail me: cy@example.com"}"#,
        #"{"type":"pageview","visitor_id":"cy","path":"/plain","title":"plain"}"#,
    ]
    private static let columns = "path, name, title, language, screen, data"

    @Test("change events and drop them for reasons of their own, in projects where the module is on", arguments: Profile.available)
    func whole(profile: Profile) async throws {
        try await TestApp.run(profile, modules: try ProbeModule.withCore() + [SteppingModule()]) { app in
            try await app.setModule("stepping", isEnabled: true)
            let body = "[\(Self.events.joined(separator: ","))]"
            let answer = try await app.collect(body)
            // A reason that isn't told looks accepted.
            let told =
                #"{"accepted":5,"errors":[{"error":"Invalid request body: field 'data.plan' must be a string.","index":3}],"ok":false}"#
            #expect(answer.body == told)
            let changed = try await app.activity(Self.columns).sorted()
            #expect(
                changed == [
                    #"/a signup  de  {"plan":"pro","n":1,"mail":"***"}"#, #"/b signup  de  {"plan":"pro","mail":"***"}"#,
                    "/c  ***   -", "/plain  plain   -",
                ])
            #expect(
                try await app.ledger() == [
                    "12:00 received 6 = stored 4 + duplicate 0 + waiting 0 + stepping_no_plan 1 + stepping_test_page 1, adjusted: screen 2"
                ])
            let dropped = try await app.metric("ingest_dropped_events_total").filter { $0.value > 0 }
            #expect(dropped == ["stepping_no_plan": 1, "stepping_test_page": 1])
            let single = try await app.collect(Self.events[3])
            #expect(single.status == 400 && single.body == #"{"error":"Invalid request body: field 'data.plan' must be a string."}"#)
            // The module is off here, and a key that may not use the module doesn't get around its steps.
            let other = try await app.otherProject()
            try await app.installation.directory.setModules(
                [.init(module: "stepping", isEnabled: false, access: nil)], in: other.project, by: "test")
            #expect(try await app.collect(body, as: .key(other.keys[.ingest]!)).body == #"{"accepted":6,"ok":true}"#)
            let stored = try await app.lines(
                "SELECT data FROM core_activity WHERE project = \(Int64(other.project.number)) AND path = '/a'")
            #expect(stored == [#"{"plan":"pro","mail":"ada@example.com","n":1}"#])
            let limited = try await app.key([.ingest], modules: ["core"])
            #expect(try await app.collect(Self.events[3], as: limited).status == 400)
        }
    }

    @Test("that fail cost neither the event nor the batch, unless they mask, and are counted")
    func failures() async throws {
        try await TestApp.run(modules: try ProbeModule.withCore() + [SteppingModule()]) { app in
            try await app.setModule("stepping", isEnabled: true)
            let paths = ["/throws", "/undeclared", "/invalid", "/type", "/fine", "/unmaskable", "/test/x"]
            let events = paths.map { #"{"type":"pageview","visitor_id":"ada","path":"\#($0)","title":"a@b"}"# }
            let answer = try await app.collect("[\(events.joined(separator: ","))]")
            #expect(answer.body == #"{"accepted":7,"ok":true}"#)
            // The other steps still run. What couldn't be masked is not stored.
            #expect(try await app.activity("path, title").sorted() == paths.dropLast(2).map { "\($0) ***" }.sorted())
            let metrics = try await app.get("/metrics", as: .nobody).body.split(separator: "\n").filter {
                $0.hasPrefix("ingest_step_events_total") && !$0.hasSuffix(" 0")
            }
            func line(_ step: String, _ outcome: String, _ count: Int) -> Substring {
                "ingest_step_events_total{module=\"stepping\",outcome=\"\(outcome)\",step=\"\(step)\"} \(count)"
            }
            #expect(
                Set(metrics) == [
                    line("mistakes", "failed", 4), line("mistakes", "kept", 2), line("pages", "dropped", 1), line("pages", "kept", 6),
                    line("schema", "kept", 6), line("mask", "changed", 5), line("mask", "failed", 1),
                ])
            let times = try await app.get("/metrics", as: .nobody).body
            #expect(times.contains("ingest_step_seconds_count{module=\"stepping\",step=\"mask\"} 6\n"))
        }
    }

    @Test("Core's own are timed in the first of 64 requests")
    func timed() async throws {
        try await TestApp.run { app in
            func counts() async throws -> [String] {
                try await app.get("/metrics", as: .nobody).body.split(separator: "\n").compactMap { line in
                    guard line.hasPrefix(#"ingest_step_seconds_count{module="ingest""#) else { return nil }
                    return line.split(separator: "\"").dropFirst(3).joined().replacing("}", with: "")
                }
            }
            let view = #"{"type":"pageview","visitor_id":"ada","path":"/"}"#
            let denied = #"{"type":"pageview","visitor_id":"ada","path":"/","consent_granted":false}"#
            try await app.collect("[\(view),\(denied),\(view)]")
            #expect(try await counts() == ["blocked_user_agent 2", "bot 2", "consent 3", "do_not_track 3"])
            for _ in 0..<63 { try await app.collect(view) }
            #expect(try await counts() == ["blocked_user_agent 2", "bot 2", "consent 3", "do_not_track 3"])
            try await app.collect(view)
            #expect(try await counts() == ["blocked_user_agent 3", "bot 3", "consent 4", "do_not_track 4"])
        }
    }

    @Test("their reasons have words in the dashboard and in the API's description")
    func words() async throws {
        try await TestApp.run(modules: try ProbeModule.withCore() + [SteppingModule()]) { app in
            let login = try await app.post(
                "/dashboard/login", #"{"key":"\#(app.keys[.query]!)"}"#, as: .nobody, headers: .named(["X-Pulse-Dashboard": "1"]))
            let reasons = try login.json()["reasons"]?.elements ?? []
            #expect(
                try reasons.map { try Shape.any.text($0).string } == [
                    #"{"name":"stepping_no_plan","told":true,"words":{"de":"der Tarif fehlt","en":"the plan is missing"}}"#,
                    #"{"name":"stepping_test_page","told":false,"words":{"de":"von einer Testseite gesendet","en":"sent by a test page"}}"#,
                ])
            let description = try await app.get("/openapi.json", as: .nobody).body
            #expect(description.contains("`stepping_test_page`: sent by a test page"))
            #expect(description.contains("`bot`: sent by a crawler, a monitoring service or an automated browser"))
            let page = ModulePage(module: SteppingModule()).text(keeping: nil)
            #expect(page.contains("- `pages` (filter) drops events for `stepping_test_page`: sent by a test page\n- `mistakes` (filter)\n"))
        }
    }

    // MARK: What the registry refuses

    private struct Careless: AnalyticsModule {
        static let manifest = ModuleManifest(name: "careless", category: .platform, summaries: ["en": "Tests.", "de": "Prüft."])
        var ingestSteps: [IngestStep] = []

        init(_ setup: ModuleSetup) {}
        init(_ names: [String], _ reasons: [DropReason]) {
            ingestSteps = names.map { IngestStep($0, at: .filter, dropping: reasons) { _ in .keep } }
        }
    }

    @Test(
        "need names and reasons that can't be mistaken for others",
        arguments: [
            (["a", "a"], [DropReason](), "Module 'careless' has two ingest steps called 'a'."),
            (["A b"], [], "Ingest step 'A b' of module 'careless' must have a name of 1 to 64 lowercase letters, digits and underscores."),
            (
                ["a"], [DropReason("bot", words: ["en": "-", "de": "-"])],
                "Drop reason 'bot' is claimed by Core and careless.\nDrop reason 'bot' of module 'careless' must be called 'careless_...'."
            ),
            (["a"], [DropReason("careless_x", words: ["en": "-"])], "Drop reason 'careless_x' of module 'careless' lacks words in: de."),
            (["a", "b"], [DropReason("careless_x", words: ["en": "-", "de": "-"])], ""),
        ])
    func names(names: [String], reasons: [DropReason], problem: String) throws {
        let modules = try ProbeModule.withCore() + [Careless(names, reasons)]
        var found = ""
        do { _ = try ModuleRegistry(modules: modules, hostRoutes: []) } catch let errors as RegistryErrors { found = errors.description }
        #expect(found == problem)
    }
}
