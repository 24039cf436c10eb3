import Access
import Common

extension Project {
    /// A project as the admin API and the command line show it.
    static let shape = Shape<Project>([
        .required("id", \.id, .uuid), .required("name", \.name, .text(200)), .required("domain", \.domain, .text(253)),
        .required("created_at", \.createdAt, .timestamp),
    ])
}

extension APIKey {
    private static let shown = Shape<APIKey>([
        .required("id", \.id, .uuid), .required("name", \.name, .text(200)),
        .required("scopes", { key in KeyScope.allCases.filter(key.scopes.contains) }, .list(.choice)),
        .required("allowed_modules", \.allowedModules, .nullable(.list(.moduleName))), .required("server", \.isServer, .boolean),
        .required("expires_at", \.expiresAt, .nullable(.timestamp)), .required("created_at", \.createdAt, .timestamp),
    ])

    /// A key as the admin API and the command line list it.
    static let shape = Shape<APIKey>(
        shown.fields + [
            .required("key_prefix", \.prefix, .text(64)), .required("last_used_at", \.lastUsedAt, .nullable(.timestamp)),
        ])

    /// A key that was just created, with its secret.
    struct Created: Sendable {
        let key: APIKey, secret: String

        static let shape = Shape<Created>(shown.fields(of: \.key) + [.required("key", \.secret, .text(64))])
    }
}
