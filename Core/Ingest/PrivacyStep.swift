import Access
import Common
@_spi(Host) import Enrichment

/// A rule of the project's privacy settings that keeps events out. Every event passes these before any module sees it, in the order of
/// `all`. The response doesn't reveal that an event was dropped.
struct PrivacyStep: Sendable {
    /// The reason for which the step drops events, whose name is also the step's.
    let reason: DropReason
    let drops: @Sendable (Payload, EventPipeline.Sender, EventPipeline.Browser) -> Bool

    /// What the sender is told, if anything.
    var refusal: Refusal { Refusal(reason: reason, error: .body("not kept.")) }

    static let all = [
        PrivacyStep(reason: .doNotTrack) { _, sender, _ in
            sender.given.asksNotToTrack && sender.given.project.privacy.respectDNT
        },
        PrivacyStep(reason: .consent) { payload, sender, _ in lacksConsent(payload, sender.given.project.privacy) },
        PrivacyStep(reason: .bot) { _, sender, browser in browser.userAgent.isBot && sender.given.project.privacy.botFiltering },
        PrivacyStep(reason: .blockedUserAgent) { _, sender, browser in
            guard !sender.given.project.privacy.blockedUserAgents.isEmpty else { return false }
            let header = browser.header.lowercased()
            return sender.given.project.privacy.blockedUserAgents.contains { header.contains($0.lowercased()) }
        },
    ]

    private static func lacksConsent(_ payload: Payload, _ rules: PrivacyRules) -> Bool {
        let isGranted = payload["consent_granted"]?.boolean
        // Denied consent counts even when the project doesn't require consent.
        if isGranted == false || rules.consentRequired && isGranted != true { return true }
        guard !rules.allowedConsentModes.isEmpty else { return false }
        guard let mode = payload["consent_mode"]?.string else { return rules.consentRequired }
        return !rules.allowedConsentModes.contains(exactly: mode)
    }
}
