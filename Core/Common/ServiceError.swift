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
    /// What is wrong, as data; nil if only the sentence says it.
    public let evidence: Evidence?

    public init(status: Int, code: String, message: String, retryAfterSeconds: Int? = nil) {
        self.status = status
        self.code = code
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
        evidence = nil
    }

    /// An error that the evidence describes completely. `message` is a sentence that fits every surface; each surface may write its own.
    public init(_ evidence: Evidence) {
        status = evidence.status
        code = evidence.code
        message = evidence.sentence
        retryAfterSeconds = if case .rateLimited(let seconds) = evidence { seconds } else { nil }
        self.evidence = evidence
    }

    public var description: String { "\(code): \(message)" }

    /// 400: the request was understood but is invalid.
    public static func invalid(_ code: String, _ message: String) -> ServiceError {
        ServiceError(status: 400, code: code, message: message)
    }

    /// 400 for an invalid request body; `what` completes the sentence `Invalid request body: `.
    public static func body(_ what: String) -> ServiceError { ServiceError(.body(field: nil, constraint: what)) }

    /// 400 for an invalid field of the request body: `Invalid request body: field 'steps[0].name' must be ...`
    /// - Parameters:
    ///   - field: the field's path.
    ///   - constraint: what is accepted and what came, such as `must be true or false; got 3.`
    public static func body(field: String, _ constraint: String) -> ServiceError {
        ServiceError(.body(field: field, constraint: constraint))
    }

    /// 400 for a field of the request body whose content is wrong: `Invalid request body: field 'goal_id': Goal 'g1' not found.`
    /// - Parameters:
    ///   - field: the field's path.
    ///   - place: the place in the field's text, such as `line 2, column 7`.
    ///   - reason: a sentence.
    public static func body(field: String, at place: String? = nil, because reason: String) -> ServiceError {
        ServiceError(.content(field: field, place: place, reason: reason))
    }

    /// 400 for an invalid query parameter; `what` completes the sentence `Invalid query parameter 'name': `.
    public static func parameter(_ name: String, _ what: String) -> ServiceError {
        ServiceError(.parameter(name, constraint: what))
    }

    /// 404: `Funnel 'f1' not found.`
    public static func notFound(_ kind: String, _ id: String) -> ServiceError {
        ServiceError(.notFound(resource: kind, id: id.excerpt()))
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
