@_spi(Host) import Access
import AllModules
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
@_spi(Host) import Settings
import Testing
import TestSupport

/// Events from code are treated like those of `/api/collect`.
@Suite("Events from code", .modules(.all))
struct EventIntakeTests {
    private static func run(
        _ profile: Profile, yaml: String = "", _ body: @escaping @Sendable (TestApp) async throws -> Void
    ) async throws {
        try await TestApp.run(profile, modules: try RelayModule.withCore(), yaml: yaml) { app in
            for module in ["probe", "relay"] { try await app.setModule(module, isEnabled: true, access: .all) }
            try await body(app)
        }
    }

    private static func outcomes(
        _ app: TestApp, _ events: [String], _ options: String = "", as caller: TestApp.Caller = .ingest, headers: HTTPFields = [:]
    ) async throws -> [String] {
        let answer = try await app.post(
            "/api/v1/relay?options=\(options)", "[\(events.joined(separator: ","))]", as: caller, headers: headers)
        #expect(answer.status == 200, "\(answer.body)")
        return try answer.json()["outcomes"]?.elements.compactMap(\.string) ?? []
    }

    // MARK: The same as HTTP

    /// A request: when it is sent, its headers, what the project's privacy rules become before it, and its events.
    private struct Request: Sendable {
        var at: String
        var headers: [String: String] = [:]
        var privacy: (@Sendable (inout PrivacyRules) -> Void)?
        var isProbeOn = true
        let events: [String]
    }

    private static let long = String(repeating: "t", count: 600)

    private static let requests = [
        Request(
            at: "12:00",
            events: [
                #"{"type":"pageview","visitor_id":"ada","path":"/a?x=1","title":"\#(long)","referrer":"https://news.example/","event_id":"1"}"#,
                #"{"type":"event","visitor_id":"ada","name":"signup","data":{"plan":"pro","n":[1,2.5,null]},"screen":"wide"}"#,
                #"{"type":"probe","visitor_id":"ada","label":"seven","amount":1.5}"#,
                #"{"type":"pageview","visitor_id":"bob","path":"/b","session_id":"s1"}"#, #"{"type":"pageview","path":"/nobody"}"#,
            ]),
        // Duplicates, times, and what is refused.
        Request(
            at: "12:10",
            events: [
                #"{"type":"pageview","visitor_id":"ada","path":"/c","event_id":"1"}"#,
                #"{"type":"pageview","visitor_id":"ada","path":"/d","event_id":"2"}"#,
                #"{"type":"pageview","visitor_id":"ada","path":"/e","event_id":"2"}"#,
                #"{"type":"pageview","visitor_id":"bob","path":"/late","timestamp":"2026-03-01T10:00:00Z"}"#,
                #"{"type":"pageview","visitor_id":"bob","path":"/soon","timestamp":"2026-03-02T12:15:00Z"}"#,
                #"{"type":"pageview","visitor_id":"bob","path":"/future","timestamp":"2026-03-02T15:00:00Z"}"#,
                #"{"type":"poem","visitor_id":"bob"}"#, #"{"type":"event","visitor_id":"bob"}"#,
                #"{"type":"pageview","path":"/nobody/2","visitor_id":"undefined"}"#,
            ]),
        Request(at: "12:11", isProbeOn: false, events: [#"{"type":"probe","visitor_id":"ada","label":"off"}"#]),
        Request(at: "12:12", headers: ["User-Agent": Agent.googlebot], events: [#"{"type":"pageview","path":"/bot"}"#]),
        Request(at: "12:13", headers: ["DNT": "1"], events: [#"{"type":"pageview","visitor_id":"ada","path":"/dnt"}"#]),
        Request(
            at: "12:14", privacy: { $0.consentRequired = true },
            events: [
                #"{"type":"pageview","visitor_id":"ada","path":"/no"}"#,
                #"{"type":"pageview","visitor_id":"ada","path":"/yes","consent_granted":true,"consent_mode":"all"}"#,
                #"{"type":"pageview","visitor_id":"ada","path":"/denied","consent_granted":false}"#,
            ]),
        // Sessions go on.
        Request(
            at: "12:39", headers: ["User-Agent": Agent.firefox, "Accept-Language": "de-AT,de"], privacy: { _ in },
            events: [
                #"{"type":"pageview","visitor_id":"ada","path":"/f"}"#,
                #"{"type":"pageview","visitor_id":"bob","path":"/g","session_id":"s1"}"#,
                #"{"type":"event","visitor_id":"cy","name":"first","path":"/h"}"#,
            ]),
    ]

    private static let ledger = [
        "12:00 received 23 = stored 13 + duplicate 2 + waiting 0 + bot 1 + consent 2 + do_not_track 1 + invalid_event 1 + invalid_timestamp 1"
            + " + module_disabled 1 + unknown_type 1, adjusted: left_out 1 screen 1 too_long 1"
    ]

    /// What is stored after all requests: the exports of the visitors, all activity without visitor keys, and the ledger.
    /// - Parameter isFromCode: whether a request's events are handed in by code, by the request's index.
    private static func stored(_ profile: Profile, isFromCode: @escaping @Sendable (Int) -> Bool) async throws -> [String] {
        let stored = Locked<[String]>([])
        try await run(profile) { app in
            for (index, request) in requests.enumerated() {
                app.time.set(Instant(iso: "2026-03-02T\(request.at):00Z"))
                if let privacy = request.privacy { try await app.setPrivacy(privacy) }
                try await app.setModule("probe", isEnabled: request.isProbeOn)
                if isFromCode(index) {
                    _ = try await outcomes(app, request.events, headers: .named(request.headers))
                } else {
                    try await app.collect("[\(request.events.joined(separator: ","))]", headers: .named(request.headers))
                }
            }
            var all: [String] = []
            for visitor in ["ada", "bob", "cy"] {
                let path = "/api/admin/projects/\(app.project.id)/visitors/\(visitor)/export"
                all.append(try await app.get(path, as: .token).body.replacing(app.project.id, with: "project"))
            }
            all += try await app.lines(
                "SELECT occurred_at, kind, session_at, seq, gap, path, name, session_id FROM core_activity ORDER BY occurred_at, path, kind, seq"
            )
            all += try await app.ledger()
            stored.withLock { [all] in $0 = all }
        }
        return stored.withLock { $0 }
    }

    @Test("are stored exactly like those of requests, also when one visitor's events come both ways", arguments: Profile.available)
    func same(profile: Profile) async throws {
        let byHTTP = try await Self.stored(profile) { _ in false }
        #expect(byHTTP.suffix(1) == Self.ledger)
        #expect(byHTTP.count > 15)
        #expect(try await Self.stored(profile) { _ in true } == byHTTP)
        #expect(try await Self.stored(profile) { $0 % 2 == 0 } == byHTTP)
        #expect(try await Self.stored(profile) { $0 % 2 == 1 } == byHTTP)
    }

    @Test("have an outcome each, with reason and field")
    func outcomes() async throws {
        try await Self.run(.embedded) { app in
            try await app.setPrivacy { $0.blockedUserAgents = ["Firefox"] }
            let events = [
                #"{"type":"pageview","path":"/"}"#, #"{"type":"pageview"}"#, #"{"type":"event","name":7}"#,
                #"{"type":"probe","label":"cursed"}"#, #"{"type":"poem"}"#,
                #"{"type":"pageview","path":"/","timestamp":"1990-01-01"}"#,
                #"{"type":"pageview","path":"/","consent_granted":false}"#,
            ]
            #expect(
                try await Self.outcomes(app, events) == [
                    "accepted", "refused invalid_event path: Invalid request body: missing required field 'path'.",
                    "refused invalid_event name: Invalid request body: field 'name' must be a string of 1 to 200 characters; got 7.",
                    "refused invalid_event label: Invalid request body: field 'label' must not be 'cursed'.",
                    "refused unknown_type type: Invalid request body: field 'type' must be one of 'event', 'pageview', 'probe'; got 'poem'.",
                    "refused invalid_timestamp timestamp: Invalid request body: field 'timestamp' must be ISO 8601 or epoch milliseconds, at most 10 years in the past or 10 minutes in the future; got 631152000000.",
                    "dropped consent",
                ])
            #expect(
                try await Self.outcomes(app, [events[0]], headers: [.userAgent: Agent.firefox]) == ["dropped blocked_user_agent"])
            let limited = try await app.key([.ingest], modules: ["relay"])
            #expect(
                try await Self.outcomes(app, [events[0]], as: limited)
                    == ["refused key_modules -: The credentials are not allowed to use module 'core'."])
            #expect(
                try await app.ledger() == [
                    "12:00 received 9 = stored 1 + duplicate 0 + waiting 0 + blocked_user_agent 1 + consent 1 + invalid_event 3"
                        + " + invalid_timestamp 1 + key_modules 1 + unknown_type 1"
                ])
        }
    }

    @Test("which of them are duplicates is known once they are stored", arguments: Profile.available)
    func duplicates(profile: Profile) async throws {
        try await Self.run(profile) { app in
            func view(_ id: String?) -> String {
                #"{"type":"pageview","visitor_id":"ada","path":"/"\#(id.map { #","event_id":"\#($0)""# } ?? "")}"#
            }
            try await app.collect(view("1"))
            let first = try await Self.outcomes(app, [view("1"), view("2"), view(nil), view("2"), #"{"type":"poem"}"#], "stored")
            #expect(first.prefix(4) == ["duplicate", "stored", "stored", "duplicate"])
            #expect(first.last?.hasPrefix("refused unknown_type") == true)
            #expect(try await Self.outcomes(app, [view("2"), view("3")], "stored") == ["duplicate", "stored"])
            #expect(try await app.ledger() == ["12:00 received 8 = stored 4 + duplicate 3 + waiting 0 + unknown_type 1"])
        }
    }

    // MARK: All or nothing

    @Test("all or nothing: one invalid event among a thousand keeps all out, and extends no session", arguments: Profile.available)
    func allOrNothing(profile: Profile) async throws {
        try await Self.run(profile) { app in
            var events = (0..<1_000).map { #"{"type":"pageview","visitor_id":"v\#($0 % 50)","path":"/\#($0)"}"# }
            let good = events[700]
            events[700] = #"{"type":"event","visitor_id":"v0"}"#
            events[800] = #"{"type":"pageview","visitor_id":"v1","path":"/","consent_granted":false}"#
            let outcomes = try await Self.outcomes(app, events, "all")
            #expect(outcomes[700] == "refused invalid_event name: Invalid request body: missing required field 'name'.")
            #expect(outcomes[800] == "dropped consent")
            #expect(outcomes.count { $0 == "withheld" } == 998)
            let refused = "12:00 received 1000 = stored 0 + duplicate 0 + waiting 0 + batch_refused 998 + consent 1 + invalid_event 1"
            #expect(try await app.ledger() == [refused])
            #expect(try await app.activity("path") == [])
            #expect(
                try await app.metric("ingest_dropped_events_total").filter { $0.value > 0 } == [
                    "batch_refused": 998, "consent": 1, "invalid_event": 1,
                ])
            // A dropped event is no reason to refuse the others.
            app.time.advance(seconds: 1_200)
            events[700] = good
            let second = try await Self.outcomes(app, events, "all")
            #expect(second.count { $0 == "accepted" } == 999 && second[800] == "dropped consent")
            #expect(
                try await app.ledger() == [
                    "12:00 received 2000 = stored 999 + duplicate 0 + waiting 0 + batch_refused 998 + consent 2 + invalid_event 1"
                ])
            #expect(try await app.stats("sessions") == 50)
            let first = try await app.activity("path, seq, gap, session_at - occurred_at", where: "path = '/0'")
            #expect(first == ["/0 1 - 0"])
        }
    }

    @Test("of one call are at most as many as of one request")
    func limits() async throws {
        try await Self.run(.embedded, yaml: "limits: {batch_events: 3}") { app in
            let intake = app.installation.gate.services.intake, event = IncomingEvent("pageview", path: "/")
            let sender = EventSender(.module("relay"), for: app.project)
            let none = try await intake.collect([], for: sender)
            #expect(none.isEmpty)
            let error = await #expect(throws: ServiceError.self) {
                _ = try await intake.collect([event, event, event, event], for: sender)
            }
            #expect(
                error == .invalid("too_many_events", "Invalid request body: 4 events in one request; at most 3 are accepted."))
            #expect(try await app.ledger() == ["12:00 received 1 = stored 0 + duplicate 0 + waiting 0 + too_many_events 1"])
        }
    }

    // MARK: Senders that are no request

    @Test("of a module's own work: address and user agent come with the event, and each call counts against the project's rate")
    func service() async throws {
        try await Self.run(.embedded) { app in
            app.installation.pulse.set(.init(ingestPerSecond: 2))
            let intake = app.installation.gate.services.intake
            let project = try #require(app.installation.directory.project(app.project.id))
            let sender = EventSender(.module("relay"), for: project)
            let events = [
                IncomingEvent("pageview", visitor: "ada", path: "/a", userAgent: Agent.firefox, fields: try JSON.parse(#"{"path":"/x"}"#)),
                IncomingEvent("pageview", visitor: "bob", path: "/b"),
                IncomingEvent("pageview", visitor: "bot", path: "/c", userAgent: Agent.googlebot),
            ]
            let outcomes = try await intake.collect(events, for: sender, .untilStored)
            #expect(outcomes == [.stored, .stored, .dropped(reason: "bot")])
            #expect(try await app.activity("path, browser") == ["/a Firefox", "/b "])
            var isRefused = false
            for _ in 0..<20 where !isRefused {
                do { _ = try await intake.collect([events[1]], for: sender) } catch let error as ServiceError {
                    #expect(error.status == 429 && error.code == "rate_limited")
                    isRefused = true
                }
            }
            #expect(isRefused)
            let ledger = try await app.get("/api/v1/ingest/ledger").json()["data"]?.elements.first?["refused"]
            #expect(ledger?["rate_limited"]?.integer == 1)
        }
    }

    // MARK: Facts without an event

    @Test("facts count as one event, once for each id, and need their module", arguments: Profile.available)
    func facts(profile: Profile) async throws {
        try await Self.run(profile) { app in
            let intake = app.installation.gate.services.intake
            let fact: Fact = (ProbeModule.facts, [.text("told"), .double(2), .bool(false), .int(0), .null])
            func record(_ id: String?) async throws {
                let project = try #require(app.installation.directory.project(app.project.id))
                try await intake.record(
                    [fact, fact], about: "ada", at: app.time.now.adding(days: -1), id: id, for: EventSender(.surface("test"), for: project))
            }
            // Privacy rules are about browsers.
            try await app.setPrivacy { $0.consentRequired = true }
            for id in ["1", "1", nil, "2"] { try await record(id) }
            #expect(
                try await app.lines("SELECT label, count(*) AS n, min(occurred_at) AS at FROM probe_facts GROUP BY label")
                    == ["told 6 \(app.time.now.adding(days: -1).milliseconds)"])
            #expect(try await app.ledger() == ["12:00 received 4 = stored 3 + duplicate 1 + waiting 0"])
            try await app.setModule("probe", isEnabled: false)
            await #expect(throws: ServiceError.self) { try await record("3") }
            #expect(try await app.ledger() == ["12:00 received 5 = stored 3 + duplicate 1 + waiting 0 + module_disabled 1"])
        }
    }
}
