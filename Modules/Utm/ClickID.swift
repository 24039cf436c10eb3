import Core

/// A click id: a parameter that a service adds to its outgoing links. The raw value is the parameter's name in the URL. Only the name is
/// stored, because it says where the visitor clicked. The value is never stored, because it identifies the single click. If a URL has
/// several click ids, the first in this list counts.
///
/// - Source: the services' documentation on auto-tagging.
enum ClickID: String, Sendable, CaseIterable {
    case gclid, wbraid, gbraid, msclkid, yclid, ttclid, twclid
    case linkedIn = "li_fat_id", snapchat = "ScCid", reddit = "rdt_cid"
    case dclid, fbclid

    static let column = "click_id"

    static let fields: [Schema.Field] = allCases.map {
        .optional($0.rawValue, .any, "Click identifier that \($0.site) adds to links. Only its presence is stored, never its value.")
    }

    /// The first click id that has a value in the payload; nil if there is none.
    init?(_ payload: Payload) {
        guard let first = Self.allCases.first(where: { !payload.text($0.rawValue).isEmpty }) else { return nil }
        self = first
    }

    /// The source that the click id identifies, named as in `ReferrerSource`.
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

    /// The value that a campaign would use as its `utm_medium`. Facebook adds its click id to every outgoing link, whether or not the link
    /// is an ad, so that click id says no more than where the visitor came from.
    var medium: String {
        switch self {
        case .dclid: "display"
        case .fbclid: "referral"
        default: "cpc"
        }
    }
}
