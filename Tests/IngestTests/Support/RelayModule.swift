import Core
import TestSupport

/// A module that hands in events from a route, as the adapter of an API surface does.
struct RelayModule: AnalyticsModule {
    static let manifest = ModuleManifest(name: "relay", category: .platform, summaries: ["en": "Hands in events in tests."])

    init(_ setup: ModuleSetup = ModuleSetup()) {}

    static func withCore() throws -> [any AnalyticsModule] { try ProbeModule.withCore() + [RelayModule()] }

    var routes: [Route] {
        [
            Route(
                .post, "/api/v1/relay", "Collects an array of payloads.", scope: .ingest, access: .write,
                parameters: [Parameter("options", .anyText, "all or stored")], body: .any,
                answer: Shape<[String]>([.required("outcomes", { $0 }, .list(.text(1_000)))])
            ) { call in
                let events = try await call.body().elements.map(IncomingEvent.init)
                let options: CollectOptions =
                    switch call.text("options") {
                    case "all"?: .allOrNothing
                    case "stored"?: .untilStored
                    default: []
                    }
                let outcomes = try await call.services.intake.collect(events, for: EventSender(call), options)
                return outcomes.map(\.words)
            }
        ]
    }
}

extension IncomingEvent {
    /// Reads a payload as an adapter would: what has a property goes there, the rest is in `fields`.
    init(_ json: JSON) {
        self.init(
            json["type"]?.string ?? "", visitor: json["visitor_id"]?.string, session: json["session_id"]?.string,
            id: json["event_id"]?.string, time: json["timestamp"]?.string.flatMap { ISO8601.parse($0) }?.utc,
            path: json["path"]?.string, isConsentGranted: json["consent_granted"]?.boolean, consentMode: json["consent_mode"]?.string,
            address: json["ip"]?.string, userAgent: json["user_agent"]?.string, fields: json)
    }
}

extension EventOutcome {
    /// The outcome as a line: `stored`, `dropped bot`, `refused invalid_event name: the sentence`.
    var words: String {
        switch self {
        case .accepted: "accepted"
        case .stored: "stored"
        case .duplicate: "duplicate"
        case .dropped(let reason): "dropped \(reason)"
        case .refused(let refusal): "refused \(refusal.reason) \(refusal.field ?? "-"): \(refusal.error.message)"
        case .withheld: "withheld"
        }
    }
}
