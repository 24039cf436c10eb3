import Common
import Core
import Testing

extension TestApp {
    /// A Pulse that has collected `events`, JSON objects in this order, all of which it accepted.
    public static func run(
        _ profile: Profile, collecting events: [String], as caller: Caller = .ingest, modules: [any AnalyticsModule]? = nil, now: String = noon,
        yaml: String = "", _ body: @escaping @Sendable (TestApp) async throws -> Void
    ) async throws {
        try await run(profile, modules: modules, now: now, yaml: yaml) { app in
            let answer = try await app.collect("[\(events.joined(separator: ","))]", as: caller)
            #expect(answer.body == #"{"accepted":\#(events.count),"ok":true}"#)
            try await body(app)
        }
    }

    /// That `GET` of the path answers exactly this.
    public func expect(_ path: String, answers body: String, as caller: Caller = .query, at place: SourceLocation = #_sourceLocation) async throws {
        let answer = try await get(path, as: caller)
        #expect(ExactText(answer.body) == ExactText(body), sourceLocation: place)
    }
}

extension ConfidenceInterval {
    /// As answers have it: numbers without needless decimals.
    public var json: String {
        func text(_ value: Double) -> String { value == value.rounded() ? "\(Int(value))" : "\(value)" }
        return #"{"high":\#(text(high)),"low":\#(text(low))}"#
    }
}

extension Instant {
    /// An instant of a test's own, as `2026-03-01T10:00:00Z`; one that is none ends the test run.
    public init(iso text: String) {
        guard case .instant(let instant)? = ISO8601.parse(text) else { preconditionFailure("no instant: \(text)") }
        self = instant
    }
}
