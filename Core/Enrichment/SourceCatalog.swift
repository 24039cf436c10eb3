/// What kind of site sends a visitor.
public enum SourceKind: String, Sendable, Hashable {
    case search, social, video, shopping, assistant
    /// Mail that is read in a browser.
    case mail
    /// A server that delivers advertisements.
    case ads
    /// Where buyers pay: they come back from there, and began elsewhere.
    case payment
    /// Any other site.
    case site
}

/// The kinds of sites by host: `SourceAdditions` before `SourceList`.
public enum SourceCatalog {
    /// An AI assistant under the host that reports show, with all its hosts and the words that campaigns write for it.
    public struct Assistant: Sendable {
        public let host: String
        public var names: [String]
    }

    /// The kind of a host, as `ReferrerSource` makes it, or of a word such as `newsletter` that a campaign wrote; `site` for all that
    /// is not known.
    ///
    /// What is known of a host holds for those below it: `old.reddit.com` is `reddit.com`. Under a search engine live other
    /// services too, so there it holds only for another dress of the search: `images.`, `m.`, `de.`.
    public static func kind(of name: String) -> SourceKind {
        if let known = kinds[name] { return known }
        let labels = name.utf8.split(separator: dot, omittingEmptySubsequences: false)
        guard labels.count > 1 else { return .site }
        for first in 0..<labels.count - 1 {
            guard let found = kind(below: labels[first...], of: name) else { continue }
            let isWhole = first == 0 || !isPortal(found, labels.count - first) || labels[..<first].allSatisfy(isDress)
            if isWhole { return found }
            break
        }
        return labels.count > 2 && webmail.contains(labels[0]) ? .mail : .site
    }

    /// All that are known, in the order in which they are written down.
    public static let assistants: [Assistant] = {
        var found: [Assistant] = [], places: [String: Int] = [:]
        for line in lines where line.kind == .assistant {
            for part in line.name == "Others" ? line.hosts.map({ [$0] }) : [line.hosts] {
                let place = part.lazy.compactMap { places[$0] }.first ?? found.count
                if place == found.count { found.append(Assistant(host: part[0], names: [])) }
                for name in part where places[name] == nil {
                    places[name] = place
                    found[place].names.append(name)
                }
            }
        }
        return found
    }()

    /// Hosts where buyers pay.
    static var payments: [String] { lines.filter { $0.kind == .payment }.flatMap(\.hosts) }

    // MARK: The lists

    private typealias Label = Substring.UTF8View

    private static let dot = UInt8(ascii: ".")

    private static let lines: [(kind: SourceKind, name: String, hosts: [String])] = (SourceAdditions.text + "\n" + SourceList.text)
        .split(separator: "\n").compactMap { line in
            let fields = line.split(separator: "\t").map { $0.drop { $0 == " " } }
            guard fields.count == 3, let kind = SourceKind(rawValue: String(fields[0])) else { return nil }
            return (kind, String(fields[1]), fields[2].split(separator: " ").map(String.init))
        }

    /// By host, or by `name.*` for a name under any country's domain.
    private static let kinds: [String: SourceKind] = {
        var kinds: [String: SourceKind] = [:]
        for line in lines { for host in line.hosts where kinds[host] == nil { kinds[host] = line.kind } }
        return kinds
    }()

    private static func kind(below labels: ArraySlice<Label>, of name: String) -> SourceKind? {
        let host = name[labels[labels.startIndex].startIndex...]
        if let known = kinds[String(host)] { return known }
        // `yandex.com.tr` is of `yandex.*`: a domain of a country is its two letters, or those behind `com`, `co` and the like.
        for count in [1, 2] where labels.count > count && (count == 1 ? labels.last!.count <= 3 : isSecondLevel(labels)) {
            let end = labels[labels.endIndex - count - 1].endIndex
            if let known = kinds[name[host.startIndex..<end] + ".*"] { return known }
        }
        return nil
    }

    private static func isSecondLevel(_ labels: ArraySlice<Label>) -> Bool {
        labels.last!.count == 2 && ["com", "co", "org", "net", "edu", "it"].contains(Substring(labels[labels.endIndex - 2]))
    }

    /// Whether other services of the company may live below a host of this kind, with so many labels.
    private static func isPortal(_ kind: SourceKind, _ labels: Int) -> Bool { kind == .shopping || kind == .search && labels < 3 }

    private static func isDress(_ label: Label) -> Bool {
        label.count == 2 || dresses.contains(Substring(label)) || label.starts(with: "www".utf8)
    }

    private static let dresses: Set<Substring> = [
        "m", "mobile", "wap", "amp", "touch", "lite", "html", "search", "image", "images", "img", "video", "videos", "news", "web", "safe", "r", "cn",
        "encrypted", "ipv4", "ipv6", "start",
    ]

    private static let webmail: Set<Substring> = ["mail", "email", "webmail", "owa", "roundcube", "zimbra", "horde", "outlook"]
}

extension Set<Substring> {
    fileprivate func contains(_ label: Substring.UTF8View) -> Bool { contains(Substring(label)) }
}
