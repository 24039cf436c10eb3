import Common
import Core
import Testing

extension TestApp {
    /// Collects `events` (JSON objects) in this order, and then runs `body`.
    package static func run(
        _ profile: Profile, collecting events: [String], as caller: Caller = .ingest, modules: [any AnalyticsModule]? = nil,
        now: String = noon,
        yaml: String = "", _ body: @escaping @Sendable (TestApp) async throws -> Void
    ) async throws {
        try await run(profile, modules: modules, now: now, yaml: yaml) { app in
            let answer = try await app.collect("[\(events.joined(separator: ","))]", as: caller)
            #expect(answer.body == #"{"accepted":\#(events.count),"ok":true}"#)
            try await body(app)
        }
    }

    /// Expects `GET` of the path to return exactly `body`.
    package func expect(_ path: String, answers body: String, as caller: Caller = .query, at place: SourceLocation = #_sourceLocation)
        async throws
    {
        let answer = try await get(path, as: caller)
        #expect(ExactText(answer.body) == ExactText(body), sourceLocation: place)
    }
}

extension ConfidenceInterval {
    /// The interval as responses write it: whole numbers without decimals.
    package var json: String {
        func text(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
        return #"{"high":\#(text(high)),"low":\#(text(low))}"#
    }
}

extension Instant {
    /// Parses a timestamp such as `2026-03-01T10:00:00Z`. An invalid one ends the test run.
    package init(iso text: String) {
        guard case .instant(let instant)? = ISO8601.parse(text) else { preconditionFailure("not a timestamp: \(text)") }
        self = instant
    }
}
