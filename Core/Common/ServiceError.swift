/// Explains why a request can't be served, in words that help the caller fix it.
///
/// Every error that a caller sees has this type. It has a status, a stable code for programs, and a sentence for people that says what is
/// wrong, what was sent and what is accepted. Each API surface writes it in its own format.
public struct ServiceError: Error, Sendable, Equatable, CustomStringConvertible {
    /// HTTP status, 400...599.
    public let status: Int
    /// A stable `snake_case` code that programs and tests may rely on.
    public let code: String
    /// One or a few sentences for people.
    public let message: String
    /// After how many seconds a retry may succeed, sent as `Retry-After`; nil to omit the header.
    public let retryAfterSeconds: Int?

    public init(status: Int, code: String, message: String, retryAfterSeconds: Int? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }

    public var description: String { "\(code): \(message)" }

    /// 400: the request was understood but is invalid.
    public static func invalid(_ code: String, _ message: String) -> ServiceError {
        ServiceError(status: 400, code: code, message: message)
    }

    /// 400 for an invalid request body; `what` completes the sentence `Invalid request body: `.
    public static func body(_ what: String) -> ServiceError {
        invalid("invalid_body", "Invalid request body: \(what)")
    }

    /// 400 for an invalid query parameter; `what` completes the sentence `Invalid query parameter 'name': `.
    public static func parameter(_ name: String, _ what: String) -> ServiceError {
        invalid("invalid_parameter", "Invalid query parameter '\(name)': \(what)")
    }

    /// 404: `Funnel 'f1' not found.`
    public static func notFound(_ kind: String, _ id: String) -> ServiceError {
        ServiceError(status: 404, code: "not_found", message: "\(kind) '\(id.excerpt())' not found.")
    }

    /// 503: this host, or a service that it depends on, can't handle the request at the moment.
    public static func unavailable(_ code: String, _ message: String, retryAfterSeconds: Int = 1) -> ServiceError {
        ServiceError(status: 503, code: code, message: message, retryAfterSeconds: retryAfterSeconds)
    }
}

extension String {
    /// The text truncated to `limit` characters, so a response never echoes a megabyte of input.
    public func excerpt(_ limit: Int = 100) -> String {
        utf8.count <= limit ? self : String(prefix(limit)) + "..."
    }
}

extension Int {
    /// The number with its noun, such as `1 column` or `2 columns`. The plural must be the noun with an s.
    public func counting(_ noun: String) -> String { self == 1 ? "1 \(noun)" : "\(self) \(noun)s" }
}
