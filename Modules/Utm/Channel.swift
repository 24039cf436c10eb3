import Core

/// The marketing channel that brought a session.
///
/// - Source: Google Analytics 4, "Default channel group" (support.google.com/analytics/answer/9756891). Its rules apply here in
///   the same order, mapped to the channels of Pulse's API: Cross-network, Paid Shopping and Paid Video are Paid Other; Organic
///   Video is Organic Social; SMS, push and audio are Other. Organic Shopping has no channel here, and so no rule: the later
///   rules decide, mostly Referral. AI assistants are a channel of their own; webmail is Email, and ad servers are Display.
enum Channel: String, Sendable, CaseIterable {
    case direct = "Direct", organicSearch = "Organic Search", paidSearch = "Paid Search", organicSocial = "Organic Social", paidSocial =
        "Paid Social"
    case email = "Email", display = "Display", affiliate = "Affiliate", aiReferrals = "AI Referrals", referral = "Referral"
    case paidOther = "Paid Other", other = "Other"

    init(_ origin: Origin) {
        let source = WebSource(origin.source), medium = origin.medium, campaign = origin.campaign.lowercased()
        let isPaid = medium.contains("cp") || medium == "ppc" || medium == "retargeting" || medium.hasPrefix("paid")
        let isShopping = source.kind == .shopping || Self.namesShop(campaign)
        self =
            if origin.isDirect { .direct } else if campaign.contains("cross-network") { .paidOther } else if isPaid, isShopping {
                .paidOther
            } else if isPaid, source.kind == .search { .paidSearch } else if isPaid, source.kind == .social {
                .paidSocial
            } else if isPaid, source.kind == .video {
                .paidOther
            } else if ["display", "banner", "expandable", "interstitial", "cpm"].contains(medium) { .display } else if isPaid {
                .paidOther
            } else if source.kind == .assistant { .aiReferrals } else if source.kind == .social || Self.socialMediums.contains(medium) {
                .organicSocial
            } else if source.kind == .video || medium.contains("video") {
                .organicSocial
            } else if source.kind == .search || medium == "organic" { .organicSearch } else if source.kind == .mail {
                .email
            } else if source.kind == .ads { .display } else if ["referral", "app", "link"].contains(medium) {
                .referral
            } else if Self.emails.contains(source.name) || Self.emails.contains(medium) {
                .email
            } else if ["affiliate", "affiliates"].contains(medium) { .affiliate } else { .other }
    }

    private static let socialMediums: Set<String> = ["social", "social-network", "social-media", "sm", "social network", "social media"]
    private static let emails: Set<String> = ["email", "e-mail", "e_mail", "e mail"]

    /// Whether the name contains "shop" at the beginning of a word or after an e, or "shopping" anywhere. GA4's pattern is
    /// `^(.*(([^a-df-z]|^)shop|shopping).*)$`.
    static func namesShop(_ campaign: String) -> Bool {
        let bytes = Array(campaign.utf8), shop = Array("shop".utf8)
        guard bytes.count >= shop.count else { return false }
        return (0...bytes.count - shop.count).contains { start in
            guard bytes[start..<start + shop.count].elementsEqual(shop) else { return false }
            guard start > 0, bytes[start - 1] != UInt8(ascii: "e"), (97...122).contains(bytes[start - 1]) else { return true }
            return bytes[(start + shop.count)...].starts(with: "ping".utf8)
        }
    }
}

/// Where a session came from: its campaign parameters if it has any, else the service that added the click id, else its referrer. A click
/// id that doesn't prove a paid click is considered only after the referrer.
struct Origin: Sendable {
    /// The source in lower case; `(direct)` if there is none.
    let source: String
    /// The medium in lower case; "" if there is none.
    let medium: String
    let campaign: String

    /// Determines the origin from what was stored. A session without a campaign gets the medium `referral` if it has a referrer.
    init(referrer: String, source utmSource: String = "", medium utmMedium: String = "", campaign: String = "", clickID: ClickID? = nil) {
        let hasCampaign = !utmSource.isEmpty || !utmMedium.isEmpty || !campaign.isEmpty
        // A click id that doesn't prove a paid click says less than a known referrer.
        let clickSite = clickID.flatMap { $0.isPaid || referrer == ReferrerSource.direct ? $0.site : nil }
        source = utmSource.isEmpty ? clickSite ?? referrer : utmSource.lowercased()
        self.campaign = campaign
        if !utmMedium.isEmpty {
            medium = utmMedium.lowercased()
        } else if let clickID, clickID.isPaid || !hasCampaign {
            medium = clickID.medium
        } else {
            medium = hasCampaign || referrer == ReferrerSource.direct ? "" : "referral"
        }
    }

    var isDirect: Bool { source == ReferrerSource.direct && ["", "(none)", "(not set)"].contains(medium) && campaign.isEmpty }
}
