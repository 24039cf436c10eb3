/// What a person or a program did that can't be served, said so that they can mend it.
///
/// One error type for the whole project: a status, a stable code for programs, and a sentence for people that names
/// what is wrong, what came and what is accepted. Each surface writes it in its own shape.
public struct ServiceError: Error, Sendable, Equatable, CustomStringConvertible {
    /// HTTP status, 400...599.
    public let status: Int
    /// Stable, `snake_case`; programs and tests may rely on it.
    public let code: String
    /// One sentence, or a few.
    public let message: String
    /// Seconds after which a repeat may succeed; sent as `Retry-After`.
    public let retryAfterSeconds: Int?

    public init(status: Int, code: String, message: String, retryAfterSeconds: Int? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }

    public var description: String { "\(code): \(message)" }

    /// 400: the request is understood and wrong.
    public static func invalid(_ code: String, _ message: String) -> ServiceError {
        ServiceError(status: 400, code: code, message: message)
    }

    /// 400 with the document's own opening words.
    public static func body(_ what: String) -> ServiceError {
        invalid("invalid_body", "Invalid request body: \(what)")
    }

    /// 400 for a query parameter.
    public static func parameter(_ name: String, _ what: String) -> ServiceError {
        invalid("invalid_parameter", "Invalid query parameter '\(name)': \(what)")
    }

    /// 404: `Funnel 'f1' not found.`
    public static func notFound(_ kind: String, _ id: String) -> ServiceError {
        ServiceError(status: 404, code: "not_found", message: "\(kind) '\(id.excerpt())' not found.")
    }

    /// 503: this host or something behind it can't do it at the moment.
    public static func unavailable(_ code: String, _ message: String, retryAfterSeconds: Int = 1) -> ServiceError {
        ServiceError(status: 503, code: code, message: message, retryAfterSeconds: retryAfterSeconds)
    }
}

extension String {
    /// The text, shortened to `limit` characters, so that an answer never echoes a megabyte.
    public func excerpt(_ limit: Int = 100) -> String {
        utf8.count <= limit ? self : String(prefix(limit)) + "..."
    }
}
