@_spi(Host) import Access
import HTTPTypes
@_spi(Host) import Settings

/// Adds the CORS headers that a surface's policy calls for. No response allows credentials, because clients send keys explicitly.
enum CrossOrigin {
    /// - Parameter policy: computed only for requests that have an origin.
    static func label(_ fields: inout HTTPFields, for request: HTTPRequest, _ policy: () -> CrossOriginPolicy) {
        // If the header is set, the route has checked the origin itself.
        guard let origin = request.headerFields.value(.origin), fields[.accessControlAllowOrigin] == nil else { return }
        let policy = policy()
        if policy.origins.contains("*") {
            fields[.accessControlAllowOrigin] = "*"
        } else {
            fields.vary(by: "Origin")
            guard policy.origins.contains(origin) else { return }
            fields[.accessControlAllowOrigin] = origin
        }
        fields[.accessControlExposeHeaders] = policy.responseHeaders
        guard request.method == .options else { return }
        fields[.accessControlAllowMethods] = fields[.allow] ?? ""
        fields[.accessControlAllowHeaders] = policy.requestHeaders
        fields[.accessControlMaxAge] = "86400"
    }
}

extension PulseOrigins {
    convenience init(_ settings: ServerSettings) {
        self.init(own: settings.publicURL, reports: settings.allowedOrigins, collection: settings.collectionOrigins)
    }

    /// Applies a changed configuration.
    func set(_ settings: ServerSettings) { set(reports: settings.allowedOrigins, collection: settings.collectionOrigins) }
}
