/// Default privacy rules for new projects, and settings that apply to all projects.
@_spi(Host) public struct PrivacySettings: Sendable, Equatable {
    /// Whether IP addresses are truncated before they are looked up or hashed.
    public var anonymizeIP: Bool
    /// Whether events from browsers that send `DNT: 1` or `Sec-GPC: 1` are dropped.
    public var respectDNT: Bool
    /// Whether events from bots are dropped.
    public var botFiltering: Bool
    /// Whether events without consent are dropped.
    public var consentRequired: Bool
    /// Consent modes that count as consent; empty to accept any mode.
    public var allowedConsentModes: [String]
    /// Events are dropped if their user agent contains one of these strings, ignoring case.
    public var blockedUserAgents: [String]
    /// Path of a GeoIP database in MaxMind's format, or `none` to leave locations unknown. If nil, Pulse uses the database that `make`
    /// fetched, if there is one.
    public var geoipDatabase: String?
    /// A session ends after this many minutes without an event.
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
