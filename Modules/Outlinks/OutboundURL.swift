import Core

/// The URL of a link as it is stored: normalized, and without credentials.
struct OutboundURL {
    let text: String
    /// The host in lower case, with the port if there is one; "" for `mailto` and `tel`.
    let host: String
    /// The file extension of the path, such as `pdf` or `tar.gz`; "" if there is none.
    let fileType: String

    static let schemes = ["http", "https", "mailto", "tel"]

    /// Query parameters that may grant access, such as tokens, signatures and session ids. They are not stored.
    static let secretParameters: Set<String> = [
        "access_token", "api_key", "apikey", "auth", "client_secret", "code", "id_token", "jwt", "key", "passwd", "password", "pwd",
        "refresh_token", "secret", "session", "session_id", "sessionid", "sid", "sig", "signature", "token",
        "x-amz-credential", "x-amz-security-token", "x-amz-signature", "x-goog-credential", "x-goog-signature",
    ]

    /// File extensions by which a link counts as a download if the event has no `link_type`.
    static let downloadTypes: Set<String> = [
        "7z", "apk", "appimage", "bz2", "csv", "deb", "dmg", "doc", "docx", "epub", "exe", "gz", "iso", "jar", "key", "mobi", "mp3", "mp4",
        "msi", "odp", "ods", "odt", "pages", "pdf", "pkg", "ppt", "pptx", "rar", "rpm", "rtf", "tar", "tgz", "txt", "wav", "xls", "xlsx",
        "xz",
        "zip", "zst",
    ]

    /// - Throws: A 400 that never repeats the URL, which may contain a password.
    init(_ sent: String) throws {
        guard !sent.unicodeScalars.contains(where: { $0.properties.isWhitespace || $0.properties.generalCategory == .control }) else {
            throw Self.refusal("one with a space or control character in it")
        }
        let scheme = sent.firstIndex(of: ":").map { sent[..<$0].lowercased() }
        guard let scheme, Self.schemes.contains(scheme) else {
            throw Self.refusal(scheme.map { "the scheme '\($0.excerpt(20))'" } ?? "one without a scheme")
        }
        let rest = sent.dropFirst(scheme.count + 1)
        if scheme == "http" || scheme == "https" {
            // `clean` validates the URL and removes user, password, query and fragment.
            let base = rest.hasPrefix("//") ? ReferrerSource.clean(sent) : ""
            let authority = base.dropFirst(scheme.count + 3).prefix { $0 != "/" }
            guard !authority.isEmpty else { throw Self.refusal("one without a valid host") }
            host = String(authority)
            let path = base.dropFirst(scheme.count + 3 + authority.count)
            text = "\(scheme)://\(host)\(path.isEmpty ? "/" : path)\(Self.query(rest))"
            fileType = Self.fileExtension(path)
        } else {
            // Keep only the recipient. The rest is a subject and a message, which the visitor may have written.
            let recipient = rest.prefix { $0 != "?" && $0 != "#" }
            guard !recipient.isEmpty else { throw Self.refusal("one without a recipient") }
            text = "\(scheme):\(recipient)"
            host = ""
            fileType = ""
        }
    }

    var isDownload: Bool { Self.downloadTypes.contains(fileType.split(separator: ".").last.map(String.init) ?? "") }

    private static func refusal(_ received: String) -> ServiceError {
        .body(field: "url", "must be an absolute URL with one of the schemes \(schemes.joined(separator: ", ")); got \(received).")
    }

    /// Returns the query with its question mark, without `secretParameters`; "" if nothing is left.
    private static func query(_ url: Substring) -> String {
        let query = url.prefix { $0 != "#" }.drop { $0 != "?" }.dropFirst()
        let kept = query.split(separator: "&").filter { !secretParameters.contains($0.prefix { $0 != "=" }.lowercased()) }
        return kept.isEmpty ? "" : "?" + kept.joined(separator: "&")
    }

    private static func fileExtension(_ path: Substring) -> String {
        let parts = (path.split(separator: "/", omittingEmptySubsequences: false).last ?? "").lowercased().split(separator: ".")
        guard parts.count > 1, let last = parts.last, (1...10).contains(last.count), last.utf8.allSatisfy(isWord) else { return "" }
        return parts.count > 2 && parts[parts.count - 2] == "tar" ? "tar.\(last)" : String(last)
    }

    private static func isWord(_ byte: UInt8) -> Bool { (48...57).contains(byte) || (97...122).contains(byte) }
}
