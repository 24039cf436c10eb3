import Core

/// A site that sends visitors, with its kind from `SourceCatalog`.
struct WebSource: Sendable {
    /// The host or word that determines the kind.
    let name: String
    let kind: SourceKind

    /// - Parameter source: a host as `ReferrerSource` returns it, or a `utm_source` in lower case.
    init(_ source: String) {
        // Normalize a campaign's host like a referrer's: google.de becomes google.com.
        name = source.contains(".") ? Self.host(source) : source
        kind = SourceCatalog.kind(of: name)
    }

    private static func host(_ text: String) -> String {
        let host = ReferrerSource.source(of: "https://\(text)", siteHost: "")
        return host == ReferrerSource.direct ? text : host
    }
}
