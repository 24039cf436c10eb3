import Common
import Synchronization

/// One site or app. Its facts and definitions are invisible to other projects.
///
/// A class, because the directory holds many and every request passes one on several times.
public final class Project: Sendable, Equatable {
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

    init(
        id: String, number: Int32, name: String, domain: String, createdAt: Instant, privacy: PrivacyRules, modules: [String: ModuleState]
    ) {
        self.id = id
        self.number = number
        self.name = name
        self.domain = domain
        self.createdAt = createdAt
        self.privacy = privacy
        self.modules = modules
    }

    public static func == (left: Project, right: Project) -> Bool {
        left === right
            || left.id.isExactly(right.id) && left.number == right.number && left.name.isExactly(right.name)
                && left.domain.isExactly(right.domain) && left.createdAt == right.createdAt && left.privacy == right.privacy
                && left.modules == right.modules
    }
}

/// A project's rules for what is stored about its visitors.
public struct PrivacyRules: Sendable, Equatable {
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

    /// The rules as JSON, as responses show them and the control store keeps them.
    public static let shape: Shape<PrivacyRules> = {
        let flags = PrivacyRules.switches.map { rule -> Shape<PrivacyRules>.Field in
            .required(rule.name, { $0[keyPath: rule.path] }, .boolean, rule.summary)
        }
        let texts = PrivacyRules.lists.map { rule -> Shape<PrivacyRules>.Field in
            .required(rule.name, { $0[keyPath: rule.path] }, .list(.text(rule.length), count: 0...rule.count), rule.summary)
        }
        return Shape(flags + texts)
    }()

    /// Takes over the members that `json` has, which must have been checked against `shape`.
    public mutating func apply(_ json: JSON) {
        for rule in Self.switches { if let value = json[rule.name]?.boolean { self[keyPath: rule.path] = value } }
        for rule in Self.lists where json[rule.name]?.kind == .array {
            self[keyPath: rule.path] = (json[rule.name]?.elements ?? []).compactMap(\.string)
        }
    }

    private typealias Path<Rule> = WritableKeyPath<PrivacyRules, Rule> & Sendable

    private static let switches: [(name: String, path: Path<Bool>, summary: String)] = [
        ("anonymize_ip", \.anonymizeIP, "Truncate IP addresses before they are looked up or hashed."),
        ("respect_dnt", \.respectDNT, "Store nothing from browsers that send DNT or Sec-GPC."),
        ("bot_filtering", \.botFiltering, "Store nothing from crawlers and monitoring services."),
        ("consent_required", \.consentRequired, "Store nothing without consent."),
    ]

    private static let lists: [(name: String, path: Path<[String]>, length: Int, count: Int, summary: String)] = [
        ("allowed_consent_modes", \.allowedConsentModes, 50, 50, "Accepted consent modes; empty accepts any."),
        ("blocked_user_agents", \.blockedUserAgents, 200, 500, "Store nothing from user agents that contain one of these."),
    ]
}

/// An API key, without its secret, which is never stored.
///
/// A class, because the directory holds many and every request passes one on several times.
public final class APIKey: Sendable {
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
    /// The digest of the secret.
    let digest: SecretDigest
    /// When the key was last used as far as this host has noted it, in epoch milliseconds.
    private let noted: Atomic<Int64>

    init(
        id: String, projectID: String, name: String, prefix: String, scopes: Set<KeyScope>, allowedModules: [String]?, isServer: Bool,
        createdAt: Instant, expiresAt: Instant?, lastUsedAt: Instant?, digest: SecretDigest
    ) {
        self.id = id
        self.projectID = projectID
        self.name = name
        self.prefix = prefix
        self.scopes = scopes
        self.allowedModules = allowedModules
        self.isServer = isServer
        self.createdAt = createdAt
        self.expiresAt = expiresAt
        self.lastUsedAt = lastUsedAt
        self.digest = digest
        noted = Atomic(lastUsedAt?.milliseconds ?? 0)
    }

    /// Notes that the key is used at `now`. Returns false if a use within the last minute was noted before: a precision of a minute is
    /// enough for people, and saves an update for each request with a busy key.
    func noteUse(at now: Instant) -> Bool {
        let before = noted.load(ordering: .relaxed)
        guard now.milliseconds - before >= 60_000 else { return false }
        return noted.compareExchange(expected: before, desired: now.milliseconds, ordering: .relaxed).exchanged
    }

    /// Whether the key is expired at `now`.
    func isExpired(at now: Instant) -> Bool { expiresAt.map { $0 <= now } ?? false }

    /// Whether the key has `scope`. The `admin` scope includes all others.
    public func has(_ scope: KeyScope) -> Bool { scopes.contains(scope) || scopes.contains(.admin) }
    /// Whether the key may use `module`. Doesn't check that the module is enabled.
    public func mayUse(_ module: String) -> Bool { allowedModules?.contains(module) ?? true }
}
