import Core
import Foundation

extension Schema {
    /// The smallest JSON text that the schema accepts.
    var sample: String {
        switch self {
        case .any: "{}"
        case .boolean: "true"
        case .integer(let range): "\(min(max(0, range.lowerBound), range.upperBound))"
        case .number(let range): "\(min(max(0, range.lowerBound), range.upperBound))"
        case .choice(let choices): "\"\(choices[0])\""
        case .array(let element, let count): "[" + Array(repeating: element.sample, count: count.lowerBound).joined(separator: ",") + "]"
        case .object(let fields, _):
            "{" + fields.filter(\.isRequired).map { "\"\($0.name)\":\($0.schema.sample)" }.joined(separator: ",") + "}"
        case .map: "{}"
        case .nullable: "null"
        case .named(_, let inner): inner.sample
        case .string(_, .timestamp): "\"2026-03-02T12:00:00Z\""
        case .string(_, .uuid): "\"00000000-0000-4000-8000-000000000000\""
        case .string(_, .uri): "\"https://example.com\""
        case .string(let length, .plain), .string(let length, .oneOf): "\"" + String(repeating: "a", count: length.lowerBound) + "\""
        }
    }
}

/// Sample requests and payloads. Tests that go over all routes and payload types make samples from the schemas. For routes and types whose
/// schema doesn't say enough, they use these samples, which are in `samples.json` in each module's folder:
///
///     {
///       "routes": {"POST /api/v1/goals": {"body": {...}, "query": "a=b", "modules": ["core"], "needsServer": false}},
///       "payloads": {"outlink": {"type": "outlink", ...}}
///     }
///
/// `modules` names other modules whose facts the body uses, besides the route's own module. With `needsServer`, even an authorized caller
/// may get a 400, because the route needs a server outside Pulse.
struct ModuleSamples {
    struct Request {
        var body: String?
        /// The query string with the required parameters.
        var query: String?
        var modules: [String] = []
        var needsServer = false
    }

    static let all = try! ModuleSamples()

    /// Sample requests by method and path, such as `POST /api/v1/goals`.
    private(set) var requests: [String: Request] = ["POST /api/collect": Request(body: #"{"type":"pageview","path":"/"}"#)]
    /// Sample payloads by payload type.
    private(set) var payloads: [String: String] = [:]

    private init() throws {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let modules = root.appendingPathComponent("Modules").path
        for module in try FileManager.default.contentsOfDirectory(atPath: modules) {
            guard let text = FileManager.default.contents(atPath: "\(modules)/\(module)/samples.json") else { continue }
            let samples = try JSON.parse(String(decoding: text, as: UTF8.self))
            for (route, request) in samples["routes"]?.members ?? [] {
                requests[route] = Request(
                    body: request["body"].map(Self.text), query: request["query"]?.string,
                    modules: request["modules"]?.elements.compactMap(\.string) ?? [], needsServer: request["needsServer"]?.boolean ?? false)
            }
            for (type, payload) in samples["payloads"]?.members ?? [] { payloads[type] = Self.text(payload) }
        }
    }

    private static func text(_ json: JSON) -> String {
        var text = JSONText()
        text.append(json)
        return text.string
    }
}
