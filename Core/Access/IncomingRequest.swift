import Common
import HTTPTypes
import Logging
import NIOCore

extension HTTPFields {
    /// Like `self[name]`, but doesn't copy the value if the field was sent only once, as nearly all fields are.
    public func value(_ name: HTTPField.Name) -> String? {
        var first: String?
        for field in self where field.name == name {
            guard first == nil else { return self[name] }
            first = field.value
        }
        return first
    }
}

/// A request as received, before any checks. The host creates it from its server's request type.
public struct IncomingRequest: Sendable {
    /// The HTTP method.
    public let method: HTTPRequest.Method
    /// The path without the query.
    public let path: String
    /// The query. Empty if there is none.
    public internal(set) var query: Query
    /// The header fields, as received.
    public let headers: HTTPFields
    /// The values for the `{name}` parts of the route's path, percent-decoded.
    public let pathParameters: [String: String]
    /// The client's IP address: the peer's, or the address that a trusted proxy reported.
    public let clientAddress: String
    /// The request's id, which log messages include.
    public let id: String
    /// The session whose cookie brought the credentials; nil if the request brought them itself.
    @_spi(Host) public let session: Session?
    private let hostLogger: Logger
    private let module: String?
    /// Reads the decompressed body, up to `maximumBytes`.
    let collectBody: @Sendable (_ maximumBytes: Int) async throws -> ByteBuffer

    public init(
        method: HTTPRequest.Method, path: String, query: Query, headers: HTTPFields, pathParameters: [String: String],
        clientAddress: String, id: String, session: Session? = nil, logger: Logger, module: String? = nil,
        collectBody: @escaping @Sendable (_ maximumBytes: Int) async throws -> ByteBuffer
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.pathParameters = pathParameters
        self.clientAddress = clientAddress
        self.id = id
        self.session = session
        hostLogger = logger
        self.module = module
        self.collectBody = collectBody
    }

    /// A session of the dashboard.
    public struct Session: Sendable {
        let id: String
        let expiresAt: Instant

        public init(id: String, expiresAt: Instant) {
            self.id = id
            self.expiresAt = expiresAt
        }
    }

    /// A logger with the request's id and module. It is created on demand, because most requests log nothing.
    public var logger: Logger {
        var logger = hostLogger
        logger[metadataKey: "request.id"] = "\(id)"
        if let module { logger[metadataKey: "module"] = "\(module)" }
        return logger
    }

    /// The names and values after the `?`, decoded on each access.
    public struct Query: Sendable {
        /// The query as it was sent, without the `?`.
        public let text: String

        public init(_ text: String) { self.text = text }

        /// The query reduced to the parameters with these names.
        func keeping(_ names: [String]) -> Query {
            guard !names.isEmpty else { return Query("") }
            return Query(pairs.filter { names.contains(exactly: $0.name) }.map(\.text).joined(separator: "&"))
        }

        /// The decoded names, in order. A name that was sent more than once is listed more than once.
        var names: [String] {
            text.split(separator: "&").map { Self.decoded($0.prefix { $0 != "=" }) }.filter { !$0.isEmpty }
        }

        /// The last value of `name`; nil if there is none. A `+` is a space, as in HTML forms.
        public subscript(_ name: String) -> String? { values(name).last }

        /// All values of `name`, in order.
        public func values(_ name: String) -> [String] {
            guard !text.isEmpty else { return [] }
            return pairs.filter { $0.name.isExactly(name) }.map(\.value)
        }

        /// The names and values. The query is split by bytes, not characters: clients may send raw Unicode, and a combining mark after `&`
        /// or `=` must not hide the separator.
        private var pairs: [(text: Substring, name: String, value: String)] {
            text.utf8.split(separator: UInt8(ascii: "&")).map { pair in
                let end = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.endIndex
                return (Substring(pair), Self.decoded(Substring(pair[..<end])), Self.decoded(Substring(pair[end...].dropFirst())))
            }
        }

        /// Percent-decodes `text`, with `+` as a space. Invalid UTF-8 becomes U+FFFD.
        static func decoded(_ text: Substring) -> String {
            let bytes = Array(text.utf8)
            guard bytes.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else { return String(text) }
            var decoded: [UInt8] = []
            var at = 0
            while at < bytes.count {
                if bytes[at] == UInt8(ascii: "%"), at + 2 < bytes.count, let high = hex(bytes[at + 1]), let low = hex(bytes[at + 2]) {
                    decoded.append(high << 4 | low)
                    at += 3
                } else {
                    decoded.append(bytes[at] == UInt8(ascii: "+") ? UInt8(ascii: " ") : bytes[at])
                    at += 1
                }
            }
            return String(decoding: decoded, as: UTF8.self)
        }

        private static func hex(_ byte: UInt8) -> UInt8? {
            switch byte {
            case 48...57: byte - 48
            case 65...70: byte - 55
            case 97...102: byte - 87
            default: nil
            }
        }
    }
}
