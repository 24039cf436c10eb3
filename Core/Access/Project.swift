import Common

/// One site or app. No other project sees its facts and definitions.
public struct Project: Sendable, Equatable {
    /// Its id, a UUID.
    public let id: String
    /// The small number that identifies the project in facts.
    public let number: Int32
    /// Its name for people.
    public let name: String
    /// The domain of its site.
    public let domain: String
    /// When it was created.
    public let createdAt: Instant
    /// What may be stored about its visitors.
    public let privacy: PrivacyRules
    /// The module switches that were set; other modules have the installation's default.
    public let modules: [String: ModuleState]
}

/// A project's rules for what is kept about a visitor.
public struct PrivacyRules: Sendable, Equatable, Codable {
    /// Shorten IP addresses before anything is looked up or hashed.
    public var anonymizeIP = true
    /// Store nothing from browsers that send `DNT: 1` or `Sec-GPC: 1`.
    public var respectDNT = true
    /// Store nothing from crawlers and monitors.
    public var botFiltering = true
    /// Store nothing without granted consent.
    public var consentRequired = false
    /// The consent modes that are accepted; empty for any.
    public var allowedConsentModes: [String] = []
    /// Store nothing from user agents that contain one of these texts, ignoring case.
    public var blockedUserAgents: [String] = []

    public init() {}

    enum CodingKeys: String, CodingKey {
        case anonymizeIP = "anonymize_ip", respectDNT = "respect_dnt", botFiltering = "bot_filtering"
        case consentRequired = "consent_required", allowedConsentModes = "allowed_consent_modes"
        case blockedUserAgents = "blocked_user_agents"
    }
}

/// An API key without the secret, which is never stored.
public struct APIKey: Sendable, Equatable {
    /// Its id, a UUID.
    public let id: String
    /// Id of the project that it belongs to.
    public let projectID: String
    /// Its name for people.
    public let name: String
    /// The part of the secret that may be shown: `pa_live_xK9m...`.
    public let prefix: String
    /// What it may be used for.
    public let scopes: Set<KeyScope>
    /// The modules that it may use; nil for every enabled module.
    public let allowedModules: [String]?
    /// Whether payloads may have the visitor's `ip` and `user_agent`: for keys that never leave a server.
    public let isServer: Bool
    /// When it was created.
    public let createdAt: Instant
    /// When it expires; nil for never.
    public let expiresAt: Instant?
    /// When it was last used, to about a minute; nil for never.
    public let lastUsedAt: Instant?

    /// Whether it has `scope`, which `admin` includes.
    public func has(_ scope: KeyScope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }
    /// Whether it may use `module`, if that is enabled.
    public func mayUse(_ module: String) -> Bool { allowedModules?.contains(module) ?? true }
}
