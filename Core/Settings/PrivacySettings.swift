/// What new projects start with, and what holds for all of them.
public struct PrivacySettings: Sendable, Equatable {
    public var anonymizeIP: Bool
    /// `DNT` and `Sec-GPC`.
    public var respectDNT: Bool
    public var botFiltering: Bool
    public var consentRequired: Bool
    /// Consent modes that count as consent; empty for any.
    public var allowedConsentModes: [String]
    /// Parts of user agents whose events are not kept.
    public var blockedUserAgents: [String]
    /// A GeoIP database in MaxMind's format; nil for the one that `make` fetched, if it is there. `none` leaves places unknown.
    public var geoipDatabase: String?
    /// A session ends after this long without an event.
    public var sessionTimeoutMinutes: Int

    init(_ section: Section) {
        anonymizeIP = section.value("anonymize_ip", .boolean, default: true)
        respectDNT = section.value("respect_dnt", .boolean, default: true)
        botFiltering = section.value("bot_filtering", .boolean, default: true)
        consentRequired = section.value("consent_required", .boolean, default: false)
        allowedConsentModes = section.value("allowed_consent_modes", .list(of: .text(1...50)), default: [])
        blockedUserAgents = section.value("blocked_user_agents", .list(of: .text(1...200)), default: [])
        geoipDatabase = section.optional("geoip_database", .path, variable: "PULSE_GEOIP_DATABASE")
        sessionTimeoutMinutes = section.value("session_timeout_minutes", .integer(1...1_440), default: 30, unit: "minutes")
    }
}
