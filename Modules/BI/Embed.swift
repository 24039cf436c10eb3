import Core
import Foundation

/// A resource shown on other sites to anyone who has its token.
enum Embed {
    enum Kind: String, CaseIterable { case dashboard, report, sqlQuery = "sql_query", visualQuery = "visual_query", metric }

    static let resource: Resource = Resource(
        "Embed", path: "/api/v1/bi/embeds", table: "bi_embed",
        fields: [
            .required("name", .text(200)), .required("resource_type", .choice(Kind.allCases.map(\.rawValue))),
            .required("resource_config", .map(.any), "What to show: a visual query, or the id of a saved resource."),
            .optional("allowed_origins", .array(.text(300), count: 0...50), "Origins that may show the embed. An empty list allows any."),
            .optional("theme", .map(.any), "Returned with the embed, for the page that shows it."), .optional("is_active", .boolean),
            .optional("expires_at", .nullable(.timestamp)),
        ],
        defaults: #"{"allowed_origins":[],"theme":{},"is_active":true,"expires_at":null}"#,
        check: checkOrigins,
        verify: { call, id, body in
            func sent(_ name: String) -> JSON? { body[name].flatMap { $0.isNull ? nil : $0 } }
            let stored = if let id { try await resource.find(id, for: call)?.fields } else { nil as JSON? }
            // An embed of a deleted resource can still be renamed or switched off.
            guard sent("resource_type") != nil || sent("resource_config") != nil else {
                if let stored { try await EmbeddedResource.checkRights(stored, call) }
                return
            }
            guard let type = Kind(rawValue: (sent("resource_type") ?? stored?["resource_type"])?.string ?? ""),
                let config = sent("resource_config") ?? stored?["resource_config"]
            else { return }
            try await EmbeddedResource.check(type, config, call)
            guard let id else { return }
            // Check the fields now. `check` runs after this, and a change that it rejects (or null in a required field) must not narrow the
            // rights.
            try Schema.object(resource.fields.filter { body[$0.name] != nil }).check(body)
            try checkOrigins(body)
            // Narrow the rights before the change is stored, so what one key chose is never shown with the rights of another key.
            try await EmbedRights.narrow(id, call)
        },
        uses: EmbeddedResource.uses)

    @Sendable private static func checkOrigins(_ embed: JSON) throws {
        for origin in embed["allowed_origins"]?.elements ?? [] where Origin.normalized(origin.string ?? "") == nil {
            throw ServiceError.body(
                field: "allowed_origins",
                "must contain origins such as https://app.example.com; got '\((origin.string ?? "").excerpt(60))'.")
        }
    }

    /// Stores the digest of each embed's token, and how often the embed was shown.
    static let tokens = Table(
        "bi_embed_token",
        [
            Column("embed_id", .text), Column("project_id", .text), Column("hash", .text), Column("prefix", .text),
            Column("access_count", .int64), Column("last_accessed_at", .int64, nullable: true),
        ],
        primaryKey: ["embed_id"], unique: [["hash"]])

    /// An embed with its usage.
    struct Described: Sendable {
        let embed: Resource.Definition
        let allowedModules: [String]?
        let tokenPrefix: String
        let accessCount: Int64
        let lastAccessedAt: Instant?

        static let shape = Shape<Described>(
            Shape(resource.storedFields).fields(of: \.embed) + [
                .required("id", \.embed.id, .uuid),
                .required(
                    "allowed_modules", \.allowedModules, .nullable(.list(.moduleName)), "Modules that the embed may show; null for all."),
                .required("token_prefix", \.tokenPrefix, .text(20)), .required("access_count", \.accessCount, .count),
                .required("last_accessed_at", \.lastAccessedAt, .nullable(.timestamp)),
                .required("created_at", \.embed.createdAt, .timestamp), .required("updated_at", \.embed.updatedAt, .timestamp),
            ])
    }

    /// An embed with the token that was just created for it, and its URL.
    struct WithToken: Sendable {
        let described: Described
        let token: String
        let url: String

        static let shape = Shape<WithToken>(
            Described.shape.fields(of: \.described) + [.required("token", \.token, .text(100)), .required("embed_url", \.url, .text(500))])
    }

    static func described(_ embed: Resource.Definition, _ call: ProjectRequest) async throws -> Described {
        let rows = try await call.store.read(
            "SELECT prefix, allowed_modules, maker, access_count, last_accessed_at FROM bi_embed_token WHERE embed_id = \(embed.id)")
        return Described(
            embed: embed, allowedModules: rows.first.flatMap(EmbedRights.init)?.modules, tokenPrefix: rows.first?.text("prefix") ?? "",
            accessCount: rows.first?.int("access_count") ?? 0,
            lastAccessedAt: rows.first?["last_accessed_at"].int.map(Instant.init(milliseconds:)))
    }

    /// Creates a token and returns the embed with it.
    static func withNewToken(_ embed: Resource.Definition, _ call: ProjectRequest) async throws -> WithToken {
        let token = try await newToken(for: embed, call)
        return WithToken(
            described: try await described(embed, call), token: token, url: (call.services.publicURL ?? "") + "/api/embed/" + token)
    }

    /// Creates a token that immediately replaces any earlier one. From then on, the embed shows no more than the requesting key may read.
    private static func newToken(for embed: Resource.Definition, _ call: ProjectRequest) async throws -> String {
        let token = Identifiers.token(prefix: "pemb_", length: 32), hash = Digest.sha256(token), prefix = String(token.prefix(9)) + "..."
        let project = call.project.id, actor = call.actor, now = call.now, rights = EmbedRights(of: call)
        try await call.store.write { transaction in
            try await EmbedRights.narrow(embed.id, to: rights, in: transaction)
            let changed = try await transaction.run(
                "UPDATE bi_embed_token SET hash = \(hash), prefix = \(prefix), maker = \(rights.maker?.description) WHERE embed_id = \(embed.id) RETURNING embed_id"
            )
            if changed.isEmpty {
                try await transaction.run(
                    """
                    INSERT INTO bi_embed_token (embed_id, project_id, hash, prefix, allowed_modules, maker, access_count, last_accessed_at)
                    VALUES (\(embed.id), \(project), \(hash), \(prefix), \(rights.stored), \(rights.maker?.description), 0, NULL)
                    """)
            } else {
                try await AuditLog.record("embed.rotate", by: actor, on: "embed \(embed.id)", project: project, at: now, in: transaction)
            }
        }
        return token
    }
}

/// The origin of a site: scheme, host and port.
enum Origin {
    /// Returns the origin in lower case; nil for text that is not an origin.
    static func normalized(_ text: String) -> String? {
        let text = text.lowercased()
        guard let scheme = ["https://", "http://"].first(where: text.hasPrefix) else { return nil }
        let rest = text.dropFirst(scheme.count)
        let isPlain = rest.utf8.allSatisfy { (97...122).contains($0) || (48...58).contains($0) || [45, 46, 91, 93].contains($0) }
        return rest.isEmpty || !isPlain || rest.hasPrefix(":") ? nil : text
    }

    /// Returns the origin of the requesting site: the `Origin` header, which scripts send, or else the origin in `Referer`, which frames
    /// send. Nil if that is not an origin.
    static func of(_ request: IncomingRequest) -> String? {
        if let origin = request.headers[.origin] { return normalized(origin) }
        guard let referrer = request.headers[.referer], let scheme = referrer.range(of: "://") else { return nil }
        return normalized(String(referrer[..<scheme.upperBound]) + referrer[scheme.upperBound...].prefix { !"/?#".contains($0) })
    }
}
