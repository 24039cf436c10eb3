@testable import Host
import Core
import NIOCore
import TestSupport
import Testing

/// Every route and payload type with texts that have the same letters and are different bytes, in path, query and body: whatever a module keeps
/// by such a text, no request ends the process, and none is answered with 5xx.
@Suite("Every route, names with the same letters")
struct SameLettersTests {
    // Composed, decomposed.
    static let pair = ["caf\u{E9}", "cafe\u{301}"]

    @Test("no request ends the process, and none is a fault of ours", arguments: Profile.available)
    func walk(profile: Profile) async throws {
        try await House.open(profile) { house in
            let pair = Self.pair, accepted = try await Self.collect(pair, house)
            #expect(accepted > 8, "most payload types take any text")
            // What makes things comes first, so that what reads them finds them; what deletes them is last.
            let order: [HTTPRequest.Method] = [.post, .put, .get, .delete]
            var asked = 0, made = 0
            for endpoint in house.endpoints.sorted(by: { order.firstIndex(of: $0.route.method)! < order.firstIndex(of: $1.route.method)! })
            where endpoint.kind != .anonymous && !endpoint.isStream && !Self.endsIt(endpoint) {
                for text in pair {
                    for request in Self.requests(endpoint, text, pair, house) {
                        let answer = try await house.ask(endpoint, as: house.owner(of: endpoint), path: request.path, body: request.body)
                        #expect(answer.status < 500, "\(endpoint) \(request.path) answered \(answer.status) \(answer.body)")
                        asked += 1
                        if answer.status == 201 { made += 1 }
                    }
                }
            }
            #expect(asked > 500 && made > 15, "\(asked) requests, \(made) things made")
        }
    }

    /// Whether it deletes the project that all the others ask.
    private static func endsIt(_ endpoint: Endpoint) -> Bool { endpoint.route.method == .delete && endpoint.names.isEmpty }

    // MARK: What is sent

    /// An event of each type with every text of it, for both visitors. Answers how many payloads were accepted.
    private static func collect(_ pair: [String], _ house: House) async throws -> Int {
        var accepted = 0
        for module in house.app.installation.registry.modules {
            for collector in module.collectors {
                for text in pair {
                    let fields = Schema.object(collector.fields).filled(with: text, pair).dropFirst().dropLast()
                    let body = #"{"type":"\#(collector.type)","visitor_id":"\#(text)","session_id":"\#(text)","event_id":"\#(text)\#(collector.type)",\#(fields)}"#
                    let answer = try await house.app.collect(body)
                    #expect(answer.status < 500, "\(body) answered \(answer.status) \(answer.body)")
                    if answer.status == 200 { accepted += 1 }
                }
            }
        }
        return accepted
    }

    private struct Request { let path: String, body: String? }

    /// With the text as each name of the path; as each parameter of the query by itself; in each field of the body that takes any text.
    private static func requests(_ endpoint: Endpoint, _ text: String, _ pair: [String], _ house: House) -> [Request] {
        let encoded = encoded(text), names = Dictionary(endpoint.names.map { ($0, encoded) }) { $1 }
        let path = endpoint.path(in: house.project, names), required = SampleBodies.queries[endpoint.description]
        func query(_ part: String) -> String { path + "?" + [required, part].compactMap(\.self).joined(separator: "&") }
        guard endpoint.route.body == nil else {
            let bodies = [endpoint.route.body?.filled(with: text, pair), endpoint.body.flatMap { renamed($0, text) }]
            return bodies.compactMap(\.self).map { Request(path: path, body: $0) }
        }
        var requests = [Request(path: required == nil ? path : query(""), body: nil)]
        for parameter in endpoint.route.parameters {
            guard case .text = parameter.kind else { continue }
            let values: [String] = switch parameter.name {
            case "filter": ["path~:*\(text)*;event!:\(text);data.\(text)!:\(text)"]
            case "timezone", "currency", "segment_id": []
            case "property": ["trait:\(text)"]
            case "breakdown": ["data.\(text)"]
            default: [text]
            }
            requests += values.map { Request(path: query("\(parameter.name)=\(Self.encoded($0))"), body: nil) }
        }
        return requests
    }

    /// The body with the text in its members that name something.
    private static func renamed(_ body: String, _ text: String) -> String? {
        guard let json = try? JSON.parse(body) else { return nil }
        let named = ["name", "user_id", "user_name", "label", "description", "version"].filter { json[$0]?.string != nil }
        guard !named.isEmpty else { return nil }
        return named.reduce(body) { body, name in (try? JSON.parse(body))?.text(setting: name, to: "\"\(text)\"") ?? body }
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { "%" + Digest.hex(CollectionOfOne($0)).uppercased() }.joined()
    }
}

extension Schema {
    /// JSON text with the text wherever the schema takes it, optional members too; both texts where there may be several.
    fileprivate func filled(with text: String, _ pair: [String]) -> String {
        switch self {
        case .any: "{\(pair.map { "\"\($0)\":\"\($0)\"" }.joined(separator: ","))}"
        case .map(.any, _): Schema.any.filled(with: text, pair)
        case .map(let element, _): "{\(pair.map { "\"\($0)\":\(element.filled(with: text, pair))" }.joined(separator: ","))}"
        case .array(let element, let count):
            "[" + (0..<min(max(count.lowerBound, 2), count.upperBound)).map { element.filled(with: pair[$0 % 2], pair) }.joined(separator: ",") + "]"
        case .object(let fields, _):
            "{" + fields.compactMap { field in
                // Without those that no text can be: a time of our own choosing would be refused.
                if case .any = field.schema, !field.isRequired { return nil }
                return "\"\(field.name)\":\(field.schema.filled(with: text, pair))"
            }.joined(separator: ",") + "}"
        case .nullable(let inner), .named(_, let inner): inner.filled(with: text, pair)
        case .string(let length, .plain), .string(let length, .oneOf): length.contains(text.unicodeScalars.count) ? "\"\(text)\"" : sample
        default: sample
        }
    }
}
