import AllModules
import Common
import HTTPTypes
import Logging
import NIOCore
import Testing
import TestSupport

@_spi(Host) @testable import Access

@Suite("Query parameters", .modules(.all))
struct ParameterTests {
    private static func sentence(_ parameter: Parameter, _ query: String) -> String? {
        do {
            try parameter.check(.init(query))
            return nil
        } catch { return (error as? ServiceError)?.message }
    }

    private static let limit = Parameter("limit", .integer(1...10, default: 5), "")
    private static let path = Parameter("path", .text(maximum: 3), required: true, "")
    private static let level = Parameter("level", .choice(["city", "country"], default: nil), "")
    private static let from = Parameter("from", .timestamp, "")
    private static let flag = Parameter("flag", .boolean(default: false), "")

    @Test(
        "accept valid values and explain what is wrong with invalid ones",
        arguments: [
            (limit, "", nil), (limit, "limit=", nil), (limit, "limit=1", nil), (limit, "limit=10", nil), (limit, "limit=%31", nil),
            (limit, "other=x", nil),
            (limit, "limit=0", "must be a whole number from 1 to 10; got '0'."),
            (limit, "limit=1e1", "must be a whole number from 1 to 10; got '1e1'."),
            (limit, "limit=+1", "must be a whole number from 1 to 10; got ' 1'."),
            (limit, "limit=0x5", "must be a whole number from 1 to 10; got '0x5'."),
            (limit, "limit=0&limit=3", nil), (limit, "limit=3&limit=0", "must be a whole number from 1 to 10; got '0'."),
            (path, "path=abc", nil), (path, "path=%C3%A9%C3%A9%C3%A9", nil), (path, "path=%2F", nil),
            (path, "", "it is required, and must be at most 3 characters of text."),
            (path, "path", "it is required, and must be at most 3 characters of text."),
            (path, "path=", "it is required, and must be at most 3 characters of text."),
            (path, "path=abcd", "must be at most 3 characters of text; got 'abcd'."),
            (path, "path=a%00", "must be at most 3 characters of text; got 'a\0'."),
            (level, "level=city", nil), (level, "level=", nil), (level, "level=City", "must be one of 'city', 'country'; got 'City'."),
            (from, "from=2026-03-01", nil), (from, "from=2026-03-01T00:00:00%2B02:00", nil),
            (from, "from=March", "must be an ISO 8601 date or timestamp such as 2026-03-01 or 2026-03-01T00:00:00Z; got 'March'."),
            (flag, "flag=true", nil), (flag, "flag=false", nil), (flag, "flag=1", "must be 'true' or 'false'; got '1'."),
        ] as [(Parameter, String, String?)])
    func checks(parameter: Parameter, query: String, sentence: String?) {
        #expect(Self.sentence(parameter, query) == sentence.map { "Invalid query parameter '\(parameter.name)': \($0)" })
    }

    @Test(
        "a query string is decoded like form data",
        arguments: [
            ("a=1&b=2", "a", ["1"]), ("a=1&a=2", "a", ["1", "2"]), ("a", "a", [""]), ("a=", "a", [""]), ("", "a", []), ("b=1", "a", []),
            ("&&a=1&", "a", ["1"]),
            ("a=b=c", "a", ["b=c"]), ("a=x+y", "a", ["x y"]), ("a=x%2By", "a", ["x+y"]), ("a=%E2%82%AC", "a", ["€"]),
            ("a=%e2%82%ac", "a", ["€"]),
            ("%61=1", "a", ["1"]), ("a=%", "a", ["%"]), ("a=%4", "a", ["%4"]), ("a=%zz", "a", ["%zz"]), ("a=%FF", "a", ["\u{FFFD}"]),
            ("a=%00", "a", ["\0"]),
            ("=1", "", ["1"]), ("a=1;b=2", "a", ["1;b=2"]), ("a=%26", "a", ["&"]),
        ])
    func decodes(query: String, name: String, values: [String]) {
        let query = IncomingRequest.Query(query)
        #expect(query.values(name) == values)
        #expect(query[name] == values.last)
    }
}

@Suite("Credentials of the Pulse API", .modules(.all))
struct PulseSurfaceTests {
    private static func request(_ headers: HTTPFields, _ query: String = "") -> IncomingRequest {
        IncomingRequest(
            method: .get, path: "/", query: .init(query), headers: headers, pathParameters: [:], clientAddress: "", id: "",
            logger: .init(label: "test"),
            collectBody: { _ in .init() })
    }

    @Test(
        "the key is in the header or, if that is empty, in the query string",
        arguments: [
            (nil, "", nil), ("k", "", "k"), (nil, "key=k", "k"), ("h", "key=q", "h"), ("", "key=q", "q"), ("", "key=", nil),
            (nil, "Key=k", nil), (nil, "key=a&key=b", "b"),
        ] as [(String?, String, String?)])
    func keys(header: String?, query: String, key: String?) {
        #expect(PulseSurface().apiKey(of: Self.request(header.map { [PulseSurface.keyHeader: $0] } ?? [:], query)) == key)
    }

    @Test(
        "a bearer token is the second of two words, after 'bearer'",
        arguments: [
            (nil, nil), ("Bearer t", "t"), ("bearer t", "t"), ("BEARER  t ", "t"), ("Bearer", nil), ("Bearer a b", nil), ("t", nil),
            ("Basic t", nil), ("", nil),
        ] as [(String?, String?)])
    func bearers(header: String?, token: String?) {
        #expect(PulseSurface().bearer(of: Self.request(header.map { [.authorization: $0] } ?? [:])) == token)
    }

    @Test("an error is one sentence in JSON, with Retry-After if the caller should wait")
    func errors() throws {
        let plain = PulseSurface().answer(to: .invalid("x", "Say \"please\"."))
        guard case .bytes(let body) = plain.body else { return }
        #expect(plain.status == 400)
        #expect(String(buffer: body) == #"{"error":"Say \"please\"."}"#)
        #expect(plain.headers[.retryAfter] == nil)
        #expect(PulseSurface().answer(to: .unavailable("x", "Later.", retryAfterSeconds: 7)).headers[.retryAfter] == "7")
    }
}
