import Core

/// A site that sends visitors, as far as its kind is known: see `SourceCatalog`.
struct WebSource: Sendable {
    /// The host, or the word, that the kind follows from.
    let name: String
    let kind: SourceKind

    /// - Parameter source: a host as `ReferrerSource` makes it, or a `utm_source` in lower case.
    init(_ source: String) {
        // A campaign may call google.de what a referrer calls google.com.
        name = source.contains(".") ? Self.host(source) : source
        kind = SourceCatalog.kind(of: name)
    }

    private static func host(_ text: String) -> String {
        let host = ReferrerSource.source(of: "https://\(text)", siteHost: "")
        return host == ReferrerSource.direct ? text : host
    }
}
