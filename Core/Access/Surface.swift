import Common
import HTTPTypes
import NIOCore

/// One of the APIs that the host serves. All surfaces work on the same events, but differ in how requests carry credentials and in the
/// format of responses and errors. Modules don't know which surface a request came through.
@_spi(Host) public protocol Surface: Sendable {
    /// A short, unique name, such as `pulse`.
    var name: String { get }

    /// Whether `path` belongs to this surface. The host checks this first, so even an unknown path or a malformed body gets an error in the
    /// surface's own format.
    func owns(_ path: String) -> Bool

    /// The API key that the request carries, if any.
    func apiKey(of request: IncomingRequest) -> String?
    /// The bearer token that the request carries, if any.
    func bearer(of request: IncomingRequest) -> String?

    /// The response for `error`, in the surface's format.
    func answer(to error: ServiceError) -> Answer
}

/// Pulse's own surface: `X-Pulse-Key` or `?key=`, `Authorization: Bearer` for administration, `{"error": "..."}`.
@_spi(Host) public struct PulseSurface: Surface {
    public let name = "pulse"

    public init() {}

    /// Always true: this surface handles every path that no other surface owns.
    public func owns(_ path: String) -> Bool { true }

    public func apiKey(of request: IncomingRequest) -> String? {
        if let header = request.headers.value(Self.keyHeader), !header.isEmpty { return header }
        return request.query["key"].flatMap { $0.isEmpty ? nil : $0 }
    }

    public func bearer(of request: IncomingRequest) -> String? {
        guard let header = request.headers[.authorization] else { return nil }
        let parts = header.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else { return nil }
        return String(parts[1])
    }

    public func answer(to error: ServiceError) -> Answer {
        var text = JSONText()
        text.append(raw: #"{"error":"#)
        text.append(string: error.message)
        text.append(raw: "}")
        var answer = Answer.json(bytes: ByteBuffer(bytes: text.bytes), status: error.status)
        if let seconds = error.retryAfterSeconds { answer.headers[.retryAfter] = String(seconds) }
        return answer
    }

    /// The header that carries an API key.
    public static let keyHeader = HTTPField.Name("X-Pulse-Key")!
}
