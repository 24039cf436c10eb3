import Common

/// One site or app. Its facts and definitions are invisible to other projects.
public struct Project: Sendable, Equatable {
    /// The project's id, a UUID.
    public let id: String
    /// The small number that identifies the project in facts.
    public let number: Int32
    /// The display name.
    public let name: String
    /// The domain of the project's site.
    public let domain: String
    /// When the project was created.
    public let createdAt: Instant
    /// The rules for what may be stored about the project's visitors.
    public let privacy: PrivacyRules
    /// The settings of modules that were changed for this project, by module name. All other modules have the installation's defaults.
    public let modules: [String: ModuleState]
}

/// A project's rules for what is stored about its visitors.
public struct PrivacyRules: Sendable, Equatable, Codable {
    /// Truncate IP addresses before they are looked up or hashed.
    public var anonymizeIP = true
    /// Store nothing from browsers that send `DNT: 1` or `Sec-GPC: 1`.
    public var respectDNT = true
    /// Store nothing from crawlers, monitors and other bots.
    public var botFiltering = true
    /// Store only events that were sent with consent.
    public var consentRequired = false
    /// The consent modes that are accepted; empty for any.
    public var allowedConsentModes: [String] = []
    /// Store nothing from user agents that contain one of these strings, ignoring case.
    public var blockedUserAgents: [String] = []

    public init() {}

    enum CodingKeys: String, CodingKey {
        case anonymizeIP = "anonymize_ip", respectDNT = "respect_dnt", botFiltering = "bot_filtering"
        case consentRequired = "consent_required", allowedConsentModes = "allowed_consent_modes"
        case blockedUserAgents = "blocked_user_agents"
    }
}

/// An API key, without its secret, which is never stored.
public struct APIKey: Sendable, Equatable {
    /// The key's id, a UUID.
    public let id: String
    /// The id of the project that the key belongs to.
    public let projectID: String
    /// The display name.
    public let name: String
    /// The part of the secret that may be displayed, such as `pa_live_xK9m...`.
    public let prefix: String
    /// The scopes that the key has.
    public let scopes: Set<KeyScope>
    /// The modules that the key may use; nil for every enabled module.
    public let allowedModules: [String]?
    /// Whether payloads sent with the key may contain the visitor's `ip` and `user_agent`. Only for keys that never leave a server.
    public let isServer: Bool
    /// When the key was created.
    public let createdAt: Instant
    /// When the key expires; nil for never.
    public let expiresAt: Instant?
    /// When the key was last used, accurate to about a minute; nil for never.
    public let lastUsedAt: Instant?

    /// Whether the key has `scope`. The `admin` scope includes all others.
    public func has(_ scope: KeyScope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }
    /// Whether the key may use `module`. Doesn't check that the module is enabled.
    public func mayUse(_ module: String) -> Bool { allowedModules?.contains(module) ?? true }
}
