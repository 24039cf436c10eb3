import Access
import HTTPTypes
@_spi(Host) import Settings
import Synchronization

/// Decides which browser origins may send events and read responses. Unless configured otherwise, any origin may send events.
/// Everything else is open only to the configured origins. No response allows credentials, because clients send keys explicitly.
final class CrossOrigin: Sendable {
    /// Allowed origins, such as `https://app.example.com`; `*` for all.
    private struct Origins {
        var reports: [String]
        var collection: [String]
    }

    private let allowed: Mutex<Origins>
    /// Pulse's own origin, if configured.
    private let own: String?

    init(_ settings: ServerSettings) {
        own = settings.publicURL?.lowercased()
        allowed = Mutex(Origins(reports: settings.allowedOrigins, collection: settings.collectionOrigins))
    }

    /// Applies a changed configuration.
    func set(_ settings: ServerSettings) {
        allowed.withLock { $0 = Origins(reports: settings.allowedOrigins, collection: settings.collectionOrigins) }
    }

    /// Whether collection accepts a request. CORS keeps a page from reading a response, but not from sending a request. This
    /// function therefore rejects requests from pages of origins that are not allowed. Programs send no origin and are accepted.
    func admits(_ request: IncomingRequest) -> Bool {
        guard let origin = Self.origin(of: request) else { return true }
        return allowed.withLock { $0.collection.contains("*") || $0.collection.contains(origin) } || origin == own
    }

    /// The request's `Origin`. A request for an image has none, so the origin of the page in `Referer` is used instead.
    private static func origin(of request: IncomingRequest) -> String? {
        if let origin = request.headers.value(.origin) { return origin.lowercased() }
        guard request.method == .get, let page = request.headers.value(referer) else { return nil }
        let parts = page.lowercased().split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        return parts.count > 2 && parts[0].hasSuffix(":") ? parts[0...2].joined(separator: "/") : nil
    }

    private static let referer = HTTPField.Name("Referer")!

    /// Adds the CORS headers to a response's header fields.
    func label(_ fields: inout HTTPFields, for request: HTTPRequest, isForSites: Bool) {
        // If the header is set, the route has checked the origin itself.
        guard let origin = request.headerFields.value(.origin), fields[.accessControlAllowOrigin] == nil else { return }
        let origins = allowed.withLock { isForSites ? $0.collection : $0.reports }
        if origins.contains("*") {
            fields[.accessControlAllowOrigin] = "*"
        } else {
            fields.vary(by: "Origin")
            guard origins.contains(origin) else { return }
            fields[.accessControlAllowOrigin] = origin
        }
        fields[.accessControlExposeHeaders] =
            "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, X-Request-ID, X-Pulse-As-Of"
        guard request.method == .options else { return }
        fields[.accessControlAllowMethods] = fields[.allow] ?? ""
        fields[.accessControlAllowHeaders] = "X-Pulse-Key, Content-Type, Content-Encoding, Authorization, traceparent, tracestate"
        fields[.accessControlMaxAge] = "86400"
    }
}

/// Adds security headers to every response.
enum SecurityHeaders {
    private static let contentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
    private static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    private static let frameOptions = HTTPField.Name("X-Frame-Options")!
    private static let crossOriginResourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")!

    /// The default content security policy, which allows nothing; routes that serve pages set their own.
    static let policy = "default-src 'none'; frame-ancestors 'none'"

    /// - Parameter isForOthers: whether pages of other sites may load the response as a resource, as they do with the script.
    static func label(_ fields: inout HTTPFields, isForOthers: Bool) {
        for field in always { fields.append(field) }
        fields.append(isForOthers ? loadedByAll : loadedByOwn)
        // A `frame-ancestors` policy is more precise than `X-Frame-Options`.
        let hasFramePolicy = fields[.contentSecurityPolicy]?.contains("frame-ancestors") == true
        for field in unlessThere where !fields.contains(field.name) && !(hasFramePolicy && field.name == frameOptions) {
            fields.append(field)
        }
    }

    private static let always = [
        HTTPField(name: contentTypeOptions, value: "nosniff"), HTTPField(name: referrerPolicy, value: "no-referrer"),
    ]
    private static let loadedByAll = HTTPField(name: crossOriginResourcePolicy, value: "cross-origin")
    private static let loadedByOwn = HTTPField(name: crossOriginResourcePolicy, value: "same-origin")
    private static let unlessThere = [
        HTTPField(name: .contentSecurityPolicy, value: policy), HTTPField(name: frameOptions, value: "DENY"),
    ]
}

/// Adds `Cache-Control: private, no-store` and `Vary` to responses without a caching header, so neither shared caches nor browsers
/// store them. Responses to POST requests that pages of other sites may send are left unchanged, because caches don't store them
/// anyway.
///
/// - Source: RFC 9110, 9.3.3.
enum PrivateAnswer {
    static func label(_ fields: inout HTTPFields, for request: HTTPRequest, isForSites: Bool) {
        guard !(isForSites && request.method == .post) else { return }
        guard !fields.contains(.cacheControl) else { return }
        fields.append(caching)
        if fields.contains(.vary) { fields.vary(by: varying.value) } else { fields.append(varying) }
    }

    private static let caching = HTTPField(name: .cacheControl, value: "private, no-store")
    private static let varying = HTTPField(name: .vary, value: "X-Pulse-Key, Authorization, Cookie")
}

extension HTTPFields {
    /// Adds field names to `Vary`.
    fileprivate mutating func vary(by names: String) {
        self[.vary] = [self[.vary], names].compactMap(\.self).joined(separator: ", ")
    }
}
