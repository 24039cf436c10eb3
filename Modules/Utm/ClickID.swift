import Core

/// A parameter that a service adds to the links it sends visitors by, under the name that it has in the address. The name is kept,
/// as it says where the click was; never the value, which names the one click.
///
/// - Source: the services' documentation of auto-tagging; where an address has several, the first here counts.
enum ClickID: String, Sendable, CaseIterable {
    case gclid, wbraid, gbraid, msclkid, yclid, ttclid, twclid
    case linkedIn = "li_fat_id", snapchat = "ScCid", reddit = "rdt_cid"
    case dclid, fbclid

    static let column = "click_id"

    static let fields: [Schema.Field] = allCases.map {
        .optional($0.rawValue, .any, "Click identifier that \($0.site) adds to links. Only its presence is stored, never its value.")
    }

    /// The first that the payload has with a value.
    init?(_ payload: Payload) {
        guard let found = Self.allCases.first(where: { !payload.text($0.rawValue).isEmpty }) else { return nil }
        self = found
    }

    /// The source that it speaks for, as `ReferrerSource` names it.
    var site: String {
        switch self {
        case .gclid, .wbraid, .gbraid: "google.com"
        case .msclkid: "bing.com"
        case .yclid: "yandex.ru"
        case .ttclid: "tiktok.com"
        case .twclid: "twitter.com"
        case .linkedIn: "linkedin.com"
        case .snapchat: "snapchat.com"
        case .reddit: "reddit.com"
        case .dclid: "doubleclick.net"
        case .fbclid: "facebook.com"
        }
    }

    var isPaid: Bool { medium != "referral" }

    /// What a campaign would write as its medium. Facebook marks every link that leaves it, advertisement or not, so its mark says
    /// no more than where the visitor came from.
    var medium: String {
        switch self {
        case .dclid: "display"
        case .fbclid: "referral"
        default: "cpc"
        }
    }
}
