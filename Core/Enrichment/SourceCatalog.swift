/// The kind of site that a visitor comes from.
public enum SourceKind: String, Sendable, Hashable {
    case search, social, video, shopping, assistant
    /// Webmail.
    case mail
    /// An ad server.
    case ads
    /// A payment provider. Buyers return from it to a visit that began elsewhere.
    case payment
    /// Any other site.
    case site
}

/// Looks up the kind of a site by host, in `SourceAdditions` first and then in `SourceList`.
public enum SourceCatalog {
    /// An AI assistant.
    public struct Assistant: Sendable {
        /// The host that reports show.
        public let host: String
        /// All hosts of the assistant, and the words that campaigns use for it.
        public var names: [String]
    }

    /// The kind of a source. `name` is a host, as returned by `ReferrerSource`, or a word that a campaign uses, such as `newsletter`.
    /// Returns `site` if the name is unknown.
    ///
    /// The subdomains of a host have the kind of that host: `old.reddit.com` is like `reddit.com`. Search engines and shops also have other
    /// services on subdomains, so only subdomains that are variants of the same service (`images.`, `m.`, `de.`) have their kind.
    public static func kind(of name: String) -> SourceKind {
        if let kind = kinds[name] { return kind }
        let labels = name.utf8.split(separator: dot, omittingEmptySubsequences: false)
        guard labels.count > 1 else { return .site }
        for first in 0..<labels.count - 1 {
            guard let parentKind = kind(below: labels[first...], of: name) else { continue }
            let isInherited = first == 0 || !isPortal(parentKind, labels.count - first) || labels[..<first].allSatisfy(isVariant)
            if isInherited { return parentKind }
            break
        }
        return labels.count > 2 && webmail.contains(labels[0]) ? .mail : .site
    }

    /// All known assistants, in the order in which the lists name them.
    public static let assistants: [Assistant] = {
        var assistants: [Assistant] = [], positions: [String: Int] = [:]
        for line in lines where line.kind == .assistant {
            for part in line.name == "Others" ? line.hosts.map({ [$0] }) : [line.hosts] {
                let position = part.lazy.compactMap { positions[$0] }.first ?? assistants.count
                if position == assistants.count { assistants.append(Assistant(host: part[0], names: [])) }
                for name in part where positions[name] == nil {
                    positions[name] = position
                    assistants[position].names.append(name)
                }
            }
        }
        return assistants
    }()

    /// Hosts of payment providers.
    static var payments: [String] { lines.filter { $0.kind == .payment }.flatMap(\.hosts) }

    // MARK: Lists

    private typealias Label = Substring.UTF8View

    private static let dot = UInt8(ascii: ".")

    private static let lines: [(kind: SourceKind, name: String, hosts: [String])] = (SourceAdditions.text + "\n" + SourceList.text)
        .split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\t").map { $0.drop { $0 == " " } }
            guard fields.count == 3, let kind = SourceKind(rawValue: String(fields[0])) else { return nil }
            return (kind, String(fields[1]), fields[2].split(separator: " ").map(String.init))
        }

    /// Kinds by host. A key `name.*` matches the name below any top-level domain of at most three letters, and below domains such as
    /// `co.uk`.
    private static let kinds: [String: SourceKind] = {
        var kinds: [String: SourceKind] = [:]
        for line in lines { for host in line.hosts where kinds[host] == nil { kinds[host] = line.kind } }
        return kinds
    }()

    private static func kind(below labels: ArraySlice<Label>, of name: String) -> SourceKind? {
        let host = name[labels[labels.startIndex].startIndex...]
        if let kind = kinds[String(host)] { return kind }
        // `yandex.com.tr` matches `yandex.*`. The `*` matches a top-level domain of at most three letters, or a second-level domain such as
        // `com.tr`.
        for count in [1, 2] where labels.count > count && (count == 1 ? labels.last!.count <= 3 : isSecondLevel(labels)) {
            let end = labels[labels.endIndex - count - 1].endIndex
            if let kind = kinds[name[host.startIndex..<end] + ".*"] { return kind }
        }
        return nil
    }

    private static func isSecondLevel(_ labels: ArraySlice<Label>) -> Bool {
        labels.last!.count == 2 && ["com", "co", "org", "net", "edu", "it"].contains(Substring(labels[labels.endIndex - 2]))
    }

    /// Whether a host of this kind, with this number of labels, may have the company's other services on its subdomains.
    private static func isPortal(_ kind: SourceKind, _ labels: Int) -> Bool { kind == .shopping || kind == .search && labels < 3 }

    /// Whether a subdomain is a variant of the same service.
    private static func isVariant(_ label: Label) -> Bool {
        label.count == 2 || variants.contains(Substring(label)) || label.starts(with: "www".utf8)
    }

    private static let variants: Set<Substring> = [
        "m", "mobile", "wap", "amp", "touch", "lite", "html", "search", "image", "images", "img", "video", "videos", "news", "web", "safe",
        "r", "cn",
        "encrypted", "ipv4", "ipv6", "start",
    ]

    private static let webmail: Set<Substring> = ["mail", "email", "webmail", "owa", "roundcube", "zimbra", "horde", "outlook"]
}

extension Set<Substring> {
    fileprivate func contains(_ label: Substring.UTF8View) -> Bool { contains(Substring(label)) }
}
