@_spi(Host) import Access
import Common
import NIOCore
import NIOHTTP1

/// A request that is rejected before it reaches the rest of the server. Its connection is closed after the response.
struct BadRequest {
    let error: ServiceError
    let reason: OpenConnections.Reason
    /// Whether the client has disconnected. If so, no response is sent.
    var isHangUp = false

    private init(_ status: Int, _ code: String, _ message: String, _ reason: OpenConnections.Reason) {
        error = ServiceError(status: status, code: code, message: message)
        self.reason = reason
    }

    static let late = BadRequest(408, "request_timeout", "The request did not arrive in time.", .late)
    static let unanswered: BadRequest = {
        let error = ServiceError.unavailable("timeout", "The request took too long.")
        return BadRequest(error.status, error.code, error.message, .unanswered)
    }()

    /// Rejects a request head without a Host header, or with several. HTTP/1.0 may omit it. Returns nil if the head is valid.
    /// - Source: RFC 9112, 3.2.
    init?(_ head: HTTPRequestHead, _ fields: FramingFields) {
        switch fields.hosts {
        case 1: return nil
        case 0 where head.version == .http1_0: return nil
        case 0: self.init(400, "missing_host", "The request has no Host header, which HTTP/1.1 requires.", .malformed)
        default: self.init(400, "several_hosts", "The request has \(fields.hosts) Host headers; only one is allowed.", .malformed)
        }
    }

    /// Creates the rejection of bytes that the HTTP parser refused.
    init(_ error: HTTPParserError) {
        switch error {
        case .headerOverflow:
            self.init(
                431, "head_too_large",
                "The request line or headers are too large; the limits are \(GuardedChannel.maximumHeadBytes / 1_024) KB and "
                    + "\(GuardedChannel.maximumFields) headers.",
                .malformed)
        default:
            // The parser has no words for these.
            let reason = error == .unknown || error == .paused ? "" : ": \(error.debugDescription)"
            self.init(400, "malformed_request", "This is not an HTTP/1.1 request\(reason).", .malformed)
            isHangUp = error == .invalidEOFState || error == .closedConnection
        }
    }

    /// Bytes that are no request belong to no surface, so the response has Pulse's format.
    private static let surface = PulseSurface()

    /// The response to send, as JSON in Pulse's format.
    var response: (HTTPResponseHead, ByteBuffer) {
        let answer = Self.surface.answer(to: error)
        guard case .bytes(let body) = answer.body else { preconditionFailure("errors are short") }
        let headers: HTTPHeaders = [
            "Content-Type": "application/json; charset=utf-8", "Content-Length": String(body.readableBytes), "Connection": "close",
            "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
        ]
        return (HTTPResponseHead(version: .http1_1, status: .init(statusCode: error.status), headers: headers), body)
    }
}
