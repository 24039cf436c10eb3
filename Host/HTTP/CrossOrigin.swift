import Access
import HTTPTypes
import Hummingbird
import Settings
import Synchronization

/// Which browser origins may read answers. Collection is open to any origin unless configured otherwise; reports
/// to the configured origins alone. No answer allows credentials: keys are sent explicitly.
final class CrossOrigin: Sendable {
    /// Origins such as `https://app.example.com`; `*` for all.
    private struct Origins {
        var reports: [String]
        var collection: [String]
    }

    private let allowed: Mutex<Origins>

    init(_ settings: ServerSettings) {
        allowed = Mutex(Origins(reports: settings.allowedOrigins, collection: settings.collectionOrigins))
    }

    func set(_ settings: ServerSettings) {
        allowed.withLock { $0 = Origins(reports: settings.allowedOrigins, collection: settings.collectionOrigins) }
    }

    func label(_ response: inout Response, for request: Request, isCollection: Bool) {
        // A route that knows its origins has said so.
        guard let origin = request.headers.value(.origin), response.headers[.accessControlAllowOrigin] == nil else { return }
        let origins = allowed.withLock { isCollection ? $0.collection : $0.reports }
        if origins.contains("*") {
            response.headers[.accessControlAllowOrigin] = "*"
        } else {
            response.headers[.vary] = [response.headers[.vary], "Origin"].compactMap(\.self).joined(separator: ", ")
            guard origins.contains(origin) else { return }
            response.headers[.accessControlAllowOrigin] = origin
        }
        response.headers[.accessControlExposeHeaders] =
            "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, X-Request-ID"
        guard request.method == .options else { return }
        response.headers[.accessControlAllowMethods] = "GET, POST, PUT, DELETE, OPTIONS"
        response.headers[.accessControlAllowHeaders] = "X-Pulse-Key, Content-Type, Content-Encoding, Authorization, traceparent, tracestate"
        response.headers[.accessControlMaxAge] = "86400"
    }
}

enum SecurityHeaders {
    private static let contentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
    private static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    private static let frameOptions = HTTPField.Name("X-Frame-Options")!
    private static let crossOriginResourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")!

    /// What a page may load and do; routes that serve pages set their own.
    static let policy = "default-src 'none'; frame-ancestors 'none'"

    static func label(_ response: inout Response) {
        for field in always { response.headers.append(field) }
        // A page that says who may frame it has said more than `X-Frame-Options` can.
        let saysWhoFrames = response.headers[.contentSecurityPolicy]?.contains("frame-ancestors") == true
        for field in unlessThere where !response.headers.contains(field.name) && !(saysWhoFrames && field.name == frameOptions) {
            response.headers.append(field)
        }
    }

    private static let always = [
        HTTPField(name: contentTypeOptions, value: "nosniff"), HTTPField(name: referrerPolicy, value: "no-referrer"),
        // The script and collection are for other origins' pages.
        HTTPField(name: crossOriginResourcePolicy, value: "cross-origin"),
    ]
    private static let unlessThere = [
        HTTPField(name: .contentSecurityPolicy, value: policy), HTTPField(name: frameOptions, value: "DENY"),
    ]
}
