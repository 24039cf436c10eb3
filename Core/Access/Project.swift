import Common

/// One site or app, whose facts and definitions nobody else sees.
public struct Project: Sendable, Equatable {
    public let id: String
    /// The small number by which facts know the project.
    public let number: Int32
    public let name: String
    public let domain: String
    public let createdAt: Instant
    public let privacy: PrivacyRules
    /// Switches that were set; modules without one have the installation's default.
    public let modules: [String: ModuleState]
}

/// A project's rules for what is kept about a visitor.
public struct PrivacyRules: Sendable, Equatable, Codable {
    /// Cut IP addresses before anything is looked up or hashed.
    public var anonymizeIP = true
    /// Store nothing of browsers that send `DNT: 1` or `Sec-GPC: 1`.
    public var respectDNT = true
    /// Store nothing of crawlers and monitors.
    public var botFiltering = true
    /// Store nothing without a granted consent.
    public var consentRequired = false
    /// Consent modes that count; empty for any.
    public var allowedConsentModes: [String] = []
    /// Parts of user agents whose requests are not stored, without regard to case.
    public var blockedUserAgents: [String] = []

    public init() {}

    enum CodingKeys: String, CodingKey {
        case anonymizeIP = "anonymize_ip", respectDNT = "respect_dnt", botFiltering = "bot_filtering"
        case consentRequired = "consent_required", allowedConsentModes = "allowed_consent_modes"
        case blockedUserAgents = "blocked_user_agents"
    }
}

/// An API key, without the secret, which is never kept.
public struct APIKey: Sendable, Equatable {
    public let id: String
    public let projectID: String
    public let name: String
    /// What may be shown: `pa_live_xK9m...`.
    public let prefix: String
    public let scopes: Set<KeyScope>
    /// Nil for every enabled module.
    public let allowedModules: [String]?
    /// Whether payloads may carry `ip` and `user_agent` of the visitor: for keys that never leave a server.
    public let isServer: Bool
    public let createdAt: Instant
    public let expiresAt: Instant?
    public let lastUsedAt: Instant?

    public func has(_ scope: KeyScope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }
    public func mayUse(_ module: String) -> Bool { allowedModules?.contains(module) ?? true }
}
