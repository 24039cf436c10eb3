import Access
import Common

/// A project as the admin API and the command line show it.
struct ProjectAnswer: Encodable {
    let id: String, name: String, domain: String, created_at: Instant

    init(_ project: Project) {
        id = project.id
        name = project.name
        domain = project.domain
        created_at = project.createdAt
    }
}

/// A key as the admin API and the command line show it.
struct KeyAnswer: Encodable {
    let key: APIKey
    /// The secret if the key was just created; nil otherwise.
    let secret: String?

    enum CodingKeys: String, CodingKey {
        case id, name, scopes, server, key
        case allowedModules = "allowed_modules", expiresAt = "expires_at", createdAt = "created_at"
        case prefix = "key_prefix", lastUsedAt = "last_used_at"
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(key.id, forKey: .id)
        try container.encode(key.name, forKey: .name)
        try container.encode(KeyScope.allCases.filter(key.scopes.contains), forKey: .scopes)
        try container.encode(key.isServer, forKey: .server)
        try container.encode(key.allowedModules, forKey: .allowedModules)
        try container.encode(key.expiresAt, forKey: .expiresAt)
        try container.encode(key.createdAt, forKey: .createdAt)
        if let secret {
            try container.encode(secret, forKey: .key)
        } else {
            try container.encode(key.prefix, forKey: .prefix)
            try container.encode(key.lastUsedAt, forKey: .lastUsedAt)
        }
    }
}
