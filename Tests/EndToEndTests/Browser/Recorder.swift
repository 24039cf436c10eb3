import Core
import Synchronization
import TrafficModule

/// Records what a page sends, as received by the server. Replaces the core module, accepts every payload type that the
/// script sends, in the documented shape, and keeps the payloads.
final class Recorder: AnalyticsModule {
    static let manifest = ModuleManifest(name: "core", category: .core, summaries: ["en": "Payloads as received."])

    private let core: TrafficModule
    private let payloads = Mutex<[JSON]>([])

    init(_ setup: ModuleSetup = ModuleSetup()) throws { core = try TrafficModule(setup) }

    /// The script is served as usual.
    var routes: [Route] { core.routes.filter { $0.path.hasPrefix("/api/script") } }

    /// Payloads of `type` in the order of arrival, as JSON text, without the fields that every payload has.
    func received(_ type: String) -> [String] {
        payloads.withLock { $0 }.filter { $0["type"]?.string == type }.map { payload in
            let fields = payload.members.filter { !["type", "event_id", "consent_mode", "consent_granted"].contains($0.name) }
            var text = JSONText()
            for (name, value) in fields {
                text.append(raw: text.bytes.isEmpty ? "{" : ",")
                text.append(string: name)
                text.append(raw: ":")
                text.append(value)
            }
            return text.string + "}"
        }
    }

    func payloads(_ type: String) -> [JSON] { payloads.withLock { $0 }.filter { $0["type"]?.string == type } }
    var types: [String] { payloads.withLock { $0 }.compactMap { $0["type"]?.string } }

    /// Waits until `count` payloads of `type` have arrived.
    func wait(for count: Int, _ type: String) async throws -> [String] {
        try await Patience.until("\(count) of \(type)", state: { "There are \(types)" }) { received(type).count >= count ? () : nil }
        return received(type)
    }

    var collectors: [Collector] {
        let path = Schema.Field.required("path", .text(2_048)),
            origin: [Schema.Field] = [
                path, .optional("release", .text(200)), .required("environment", .text(200)),
            ]
        let text = { (name: String) in Schema.Field.optional(name, .optionalText(500)) }
        return [
            keeping(
                "pageview",
                [path]
                    + ["title", "referrer", "screen", "language", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"]
                    .map(text)),
            keeping(
                "event",
                [
                    path, .required("name", .text(200)), .optional("data", .map(.any)), .optional("revenue_amount", .number(-1e9...1e9)),
                    text("revenue_currency"),
                ]),
            keeping("identify", [path, text("user_id")], isNested: true),
            keeping(
                "web_vital",
                [
                    path, .required("name", .choice(["LCP", "FCP", "CLS", "INP", "TTFB"])), .required("value", .number(0...1e7)),
                    .required("rating", .choice(["good", "needs-improvement", "poor"])),
                ]),
            keeping("scroll_depth", [path, .required("max_depth", .integer(0...100))]),
            keeping("search_query", [path, .required("query", .text(200)), .optional("results_count", .count)]),
            keeping("outlink", [path, .required("url", .text(2_048)), .required("link_type", .choice(["external", "download"]))]),
            keeping(
                "js_error",
                origin + [
                    .required("message", .text(1_000)), .optional("stack", .text(16_000)), .optional("filename", .text(2_000)),
                    .optional("lineno", .integer(1...10_000_000)), .optional("colno", .integer(1...10_000_000)),
                ], isNested: true),
            keeping(
                "log",
                origin + [
                    .required("level", .choice(["debug", "info", "warn", "error", "fatal"])), .required("message", .text(5_000)),
                    .optional("body", .map(.any)),
                ], isNested: true),
            keeping(
                "click_event",
                [
                    path, .required("x", .count), .required("y", .count), .required("element_selector", .text(500)),
                    .required("viewport_width", .count), .required("viewport_height", .count),
                ]),
            keeping(
                "survey_response",
                [
                    path, .required("survey_id", .uuid), .required("completed", .boolean),
                    .required("answers", .list(.object([.required("question_id", .text(100)), .required("value", .any)]))),
                ], isNested: true),
            keeping(
                "replay",
                [
                    .required("session_id", .text(100)),
                    .required("events", .list(.object([.required("type", .text(20)), .required("at", .count)]))),
                    .required("entry_page", .text(2_048)), .required("duration_ms", .count), .required("is_complete", .boolean),
                ], isNested: true),
        ]
    }

    private func keeping(_ type: String, _ fields: [Schema.Field], isNested: Bool = false) -> Collector {
        Collector(type, "What the script sends.", fields: fields) { payload in
            guard (payload.nested != nil) == isNested else {
                throw ServiceError.body(field: "payload", "is \(isNested ? "missing" : "not expected").")
            }
            self.payloads.withLock { $0.append(payload.flat) }
            return Draft(activity: ActivityDraft(kind: .event, path: payload.text("path"), name: type))
        }
    }
}
