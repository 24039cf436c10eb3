@_spi(Host) import Access
import AllModules
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
import NIOCore
@_spi(Host) import Platform
@_spi(Host) import Questions
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing
import TestSupport

/// Sends strings that Swift considers equal although their bytes differ to every route and in every payload type: in path, query and body.
/// Even if a module uses them as keys, no request may crash the process or get a 5xx.
@Suite("Every route, with equal strings that differ in bytes", .modules(.all))
struct EquivalentTextTests {
    // The same word with a composed and with a decomposed letter.
    static let pair = ["caf\u{E9}", "cafe\u{301}"]

    @Test("no request crashes the process or gets a 5xx", arguments: Profile.available)
    func walk(profile: Profile) async throws {
        try await AccessFixture.open(profile) { fixture in
            let pair = Self.pair, accepted = try await Self.collect(pair, fixture)
            #expect(accepted > 8, "most payload types take any text")
            // Creates first, so that reads find something, and deletes last.
            let order: [HTTPRequest.Method] = [.post, .put, .get, .delete]
            var asked = 0, made = 0
            for endpoint in fixture.endpoints.sorted(by: { order.firstIndex(of: $0.route.method)! < order.firstIndex(of: $1.route.method)! }
            )
            where endpoint.kind != .anonymous && !endpoint.isStream && !Self.endsIt(endpoint) {
                for text in pair {
                    for request in Self.requests(endpoint, text, pair, fixture) {
                        let answer = try await fixture.ask(
                            endpoint, as: fixture.owner(of: endpoint), path: request.path, body: request.body)
                        #expect(answer.status < 500, "\(endpoint) \(request.path) answered \(answer.status) \(answer.body)")
                        asked += 1
                        if answer.status == 201 { made += 1 }
                    }
                }
            }
            #expect(asked > 500 && made > 15, "\(asked) requests, \(made) resources created")
        }
    }

    /// Whether the route deletes the project, which all other requests need.
    private static func endsIt(_ endpoint: Endpoint) -> Bool { endpoint.route.method == .delete && endpoint.names.isEmpty }

    // MARK: Payloads and requests

    /// Sends a payload of every type with each of the two strings. Returns how many payloads were accepted.
    private static func collect(_ pair: [String], _ fixture: AccessFixture) async throws -> Int {
        var accepted = 0
        for module in fixture.app.installation.registry.modules {
            for collector in module.collectors {
                for text in pair {
                    let fields = Schema.object(collector.fields).filled(with: text, pair).dropFirst().dropLast()
                    let body =
                        #"{"type":"\#(collector.type)","visitor_id":"\#(text)","session_id":"\#(text)","event_id":"\#(text)\#(collector.type)",\#(fields)}"#
                    let answer = try await fixture.app.collect(body)
                    #expect(answer.status < 500, "\(body) answered \(answer.status) \(answer.body)")
                    if answer.status == 200 { accepted += 1 }
                }
            }
        }
        return accepted
    }

    private struct Request { let path: String, body: String? }

    /// Requests with the text as every id in the path. Routes with a body get it in every field that accepts text, other routes in each
    /// query parameter in turn.
    private static func requests(_ endpoint: Endpoint, _ text: String, _ pair: [String], _ fixture: AccessFixture) -> [Request] {
        let encoded = encoded(text), names = Dictionary(endpoint.names.map { ($0, encoded) }) { $1 }
        let path = endpoint.path(in: fixture.project, names), required = ModuleSamples.all.requests[endpoint.description]?.query
        func query(_ part: String) -> String { path + "?" + [required, part].compactMap(\.self).joined(separator: "&") }
        guard endpoint.route.body == nil else {
            let bodies = [endpoint.route.body?.filled(with: text, pair), endpoint.body.flatMap { renamed($0, text) }]
            return bodies.compactMap(\.self).map { Request(path: path, body: $0) }
        }
        var requests = [Request(path: required == nil ? path : query(""), body: nil)]
        for parameter in endpoint.route.parameters {
            guard case .text = parameter.kind else { continue }
            let values: [String] =
                switch parameter.name {
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

    /// The body with the text in fields such as `name` and `label`; nil if it has no such field.
    private static func renamed(_ body: String, _ text: String) -> String? {
        guard let json = try? JSON.parse(body) else { return nil }
        let named = ["name", "user_id", "user_name", "label", "description", "version"].filter { json[$0]?.string != nil }
        guard !named.isEmpty else { return nil }
        return named.reduce(body) { body, name in (try? JSON.parse(body).setting(name) { $0.append(raw: "\"\(text)\"") })?.text ?? body }
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { "%" + Digest.hex(CollectionOfOne($0)).uppercased() }.joined()
    }
}

extension Schema {
    /// A JSON value with the text wherever the schema accepts it, including in optional members. Lists and maps get both strings.
    fileprivate func filled(with text: String, _ pair: [String]) -> String {
        switch self {
        case .any: "{\(pair.map { "\"\($0)\":\"\($0)\"" }.joined(separator: ","))}"
        case .map(.any, _): Schema.any.filled(with: text, pair)
        case .map(let element, _): "{\(pair.map { "\"\($0)\":\(element.filled(with: text, pair))" }.joined(separator: ","))}"
        case .array(let element, let count):
            "["
                + (0..<min(max(count.lowerBound, 2), count.upperBound)).map { element.filled(with: pair[$0 % 2], pair) }.joined(
                    separator: ",") + "]"
        case .object(let fields, _):
            "{"
                + fields.compactMap { field in
                    // Leaves out optional fields of any type, because some of them, such as timestamps, would reject the sample.
                    if case .any = field.schema, !field.isRequired { return nil }
                    return "\"\(field.name)\":\(field.schema.filled(with: text, pair))"
                }.joined(separator: ",") + "}"
        case .nullable(let inner), .named(_, let inner): inner.filled(with: text, pair)
        case .string(let length, .plain), .string(let length, .oneOf): length.contains(text.unicodeScalars.count) ? "\"\(text)\"" : sample
        default: sample
        }
    }
}
