import HTTPTypes

/// A response that is about to be sent: what a surface may need to know to choose its headers.
public struct ResponseContext: Sendable {
    /// The request.
    public let request: HTTPRequest
    /// The pages that may use the path.
    public let audience: Audience
    private let hasSecureURL: Bool?

    /// - Parameter hasSecureURL: whether the installation's public URL begins with `https:`; nil if none is configured.
    @_spi(Host) public init(request: HTTPRequest, audience: Audience, hasSecureURL: Bool?) {
        self.request = request
        self.audience = audience
        self.hasSecureURL = hasSecureURL
    }

    /// Whether the client's connection is encrypted, as far as the configuration or a proxy says.
    public var isEncrypted: Bool { hasSecureURL ?? (request.headerFields[Self.forwardedProtocol] == "https") }

    private static let forwardedProtocol = HTTPField.Name("X-Forwarded-Proto")!
}

/// Security headers, which every response has.
public enum SecurityHeaders {
    private static let contentTypeOptions = HTTPField.Name("X-Content-Type-Options")!
    private static let referrerPolicy = HTTPField.Name("Referrer-Policy")!
    private static let frameOptions = HTTPField.Name("X-Frame-Options")!
    private static let crossOriginResourcePolicy = HTTPField.Name("Cross-Origin-Resource-Policy")!

    /// The default content security policy, which allows nothing; routes that serve pages set their own.
    static let policy = "default-src 'none'; frame-ancestors 'none'"

    /// Adds the headers, except for those that the response has already.
    public static func label(_ fields: inout HTTPFields, for audience: Audience) {
        for field in always { fields.append(field) }
        fields.append(audience == .own ? loadedByOwn : loadedByAll)
        // A `frame-ancestors` policy is more precise than `X-Frame-Options`.
        let hasFramePolicy = fields[.contentSecurityPolicy]?.contains("frame-ancestors") == true
        for field in unlessThere where !fields.contains(field.name) && !(hasFramePolicy && field.name == frameOptions) {
            fields.append(field)
        }
    }

    private static let always = [
        HTTPField(name: contentTypeOptions, value: "nosniff"), HTTPField(name: referrerPolicy, value: "no-referrer"),
    ]
    /// Pages of other sites may load the response as a resource, as they do with the script.
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
public enum PrivateAnswer {
    /// - Parameter carriers: the request headers that may carry credentials, separated by commas.
    public static func label(_ fields: inout HTTPFields, in context: ResponseContext, carriers: String) {
        guard !(context.audience == .sites && context.request.method == .post) else { return }
        guard !fields.contains(.cacheControl) else { return }
        fields.append(caching)
        fields.vary(by: carriers)
    }

    private static let caching = HTTPField(name: .cacheControl, value: "private, no-store")
}

extension HTTPFields {
    /// Adds field names to `Vary`.
    @_spi(Host) public mutating func vary(by names: String) {
        if contains(.vary) {
            self[.vary] = [self[.vary], names].compactMap(\.self).joined(separator: ", ")
        } else {
            append(HTTPField(name: .vary, value: names))
        }
    }
}
