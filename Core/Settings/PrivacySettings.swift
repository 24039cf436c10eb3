/// Privacy defaults for new projects, and privacy settings that apply to all projects.
@_spi(Host) public struct PrivacySettings: Sendable, Equatable {
    /// Whether IP addresses are truncated before they are used for anything.
    public var anonymizeIP: Bool
    /// Whether events sent with `DNT` or `Sec-GPC` are dropped.
    public var respectDNT: Bool
    /// Whether events of bots are dropped.
    public var botFiltering: Bool
    /// Whether events without consent are dropped.
    public var consentRequired: Bool
    /// Consent modes that count as consent; empty to accept any mode.
    public var allowedConsentModes: [String]
    /// Events are dropped if their user agent contains one of these strings.
    public var blockedUserAgents: [String]
    /// Path of a GeoIP database in MaxMind's format. If nil, uses the one that `make` fetched, if it exists. `none` leaves locations
    /// unknown.
    public var geoipDatabase: String?
    /// How long a visitor may send no event before the session ends.
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
