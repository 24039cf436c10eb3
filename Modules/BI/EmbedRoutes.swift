import Core

extension BIModule {
    var embedRoutes: [Route] {
        let path = Embed.resource.path, one = path + "/{id}", resource = Embed.resource
        let changes = Schema.object(resource.fields.map { .optional($0.name, $0.schema, $0.summary) })
        return [
            Route(
                .get, path, "List embeds, oldest first.", scope: .query, access: .read, parameters: Parameter.page,
                answer: .data(Embed.Described.shape)
            ) { call in
                var data: [Embed.Described] = []
                for embed in try await resource.page(call) { data.append(try await Embed.described(embed, call)) }
                return data
            },
            Route(
                .post, path, "Create an embed. Only this response contains its token.", scope: .query, access: .write,
                body: .object(resource.fields), answer: Embed.WithToken.shape, status: 201
            ) { call in
                try await Embed.withNewToken(try await resource.create(try await call.body(), for: call), call)
            },
            Route(.get, one, "Read an embed.", scope: .query, access: .read, answer: Embed.Described.shape) { call in
                try await Embed.described(try await resource.require(call), call)
            },
            Route(
                .put, one, "Update an embed; omitted fields keep their values.", scope: .query, access: .write, body: changes,
                answer: Embed.Described.shape
            ) { call in
                try await Embed.described(try await resource.update(call), call)
            },
            Route(.delete, one, "Delete an embed. Its token stops working immediately.", scope: .query, access: .write) { call in
                let embed = try await resource.require(call)
                try await call.store.write("DELETE FROM bi_embed_token WHERE embed_id = \(embed.id)")
                try await resource.delete(embed, call)
            },
            Route(
                .post, one + "/rotate", "Create a new token. The old one stops working immediately.", scope: .query, access: .write,
                answer: Embed.WithToken.shape
            ) { call in
                let embed = try await resource.require(call)
                try await EmbeddedResource.checkRights(embed.fields, call)
                return try await Embed.withNewToken(embed, call)
            },
            Route(
                publicToken: .get, "/api/embed/{token}", "Read the content of an embed. The token is the only credential needed.",
                answer: Shown.shape, resolve: Self.resolve, use: show
            ).withoutTimeLimit(),
        ]
    }

    private static let unknown = ServiceError(status: 404, code: "not_found", message: "Embed not found.")

    @Sendable private static func resolve(_ token: String, _ request: AnonymousRequest) async throws -> PublicToken {
        guard token.hasPrefix("pemb_"), token.utf8.count == 37 else { throw unknown }
        let rows = try await request.store.read(
            "/* bi.embed */ SELECT embed_id, project_id, allowed_modules, maker FROM bi_embed_token WHERE hash = \(Digest.sha256(token))")
        guard let row = rows.first else { throw unknown }
        let rights = EmbedRights(row)
        return PublicToken(
            project: row.text("project_id"), holder: "embed \(row.text("embed_id"))", allowedModules: rights.modules, maker: rights.maker)
    }

    private struct Shown: Sendable {
        let embed: JSON
        let answer: EmbeddedResource.Answer

        private static let described = Shape<JSON>([
            .required("name", { $0["name"]?.string ?? "" }, .text(200)),
            .required("resource_type", { $0["resource_type"]?.string ?? "" }, .choice(Embed.Kind.allCases.map(\.rawValue))),
            .required("theme", { $0["theme"] ?? .emptyObject }, .document),
        ])
        static let shape = Shape<Shown>([
            .required("embed", \.embed, described), .required("resource", \.answer.resource, .any),
            .required("result", \.answer.result, .any),
        ])
    }

    /// `GET /api/embed/{token}`: 404 when the embed is inactive or expired, 403 for an origin that is not on its list.
    @Sendable private func show(_ call: ProjectRequest) async throws -> (value: Shown, headers: HTTPFields) {
        guard case .publicToken(let token) = call.principal,
            let embed = try await Embed.resource.find(String(token.holder.dropFirst(6)), for: call),
            embed.fields["is_active"]?.boolean == true, !Self.isPast(embed.fields["expires_at"]?.string, call.now)
        else { throw Self.unknown }
        let allowed = (embed.fields["allowed_origins"]?.elements ?? []).compactMap { $0.string.flatMap(Origin.normalized) }
        let origin = Origin.of(call.request)
        guard allowed.isEmpty || origin.map(allowed.contains) == true else {
            throw ServiceError(
                status: 403, code: "origin_not_allowed",
                message: "This embed is not allowed on \(origin.map { "'\($0.excerpt(100))'" } ?? "a page without an origin").")
        }
        try await call.store.write(
            "UPDATE bi_embed_token SET access_count = access_count + 1, last_accessed_at = \(call.now.milliseconds) WHERE embed_id = \(embed.id)"
        )
        guard let type = Embed.Kind(rawValue: embed.fields["resource_type"]?.string ?? "") else { throw Self.unknown }
        let config = embed.fields["resource_config"] ?? .emptyObject
        let shown = try await Self.forVisitors { try await EmbeddedResource.answer(type, config, call, in: queries) }
        var headers: HTTPFields = [:]
        headers[.accessControlAllowOrigin] = allowed.isEmpty ? "*" : origin
        headers[.vary] = "Origin, Referer"
        headers[.cacheControl] = "private, no-store"
        headers[.contentSecurityPolicy] =
            "default-src 'none'; frame-ancestors \(allowed.isEmpty ? "*" : allowed.joined(separator: " "))"
        return (Shown(embed: embed.fields, answer: shown), headers)
    }

    /// Replaces an error about what the embed shows with a general one, because visitors can't fix it and must not learn its reason. For
    /// example, a metric that the query shows may have changed, or a report may be inactive.
    private static func forVisitors<Answer>(_ work: () async throws -> Answer) async throws -> Answer {
        do { return try await work() } catch let error as ServiceError
            where EmbeddedResource.isForOwner(status: error.status)
        {
            throw ServiceError.invalid(
                "embed_outdated",
                "This embed can't be shown: its content has changed since it was set up. Its owner can fix it by saving it again.")
        }
    }

    private static func isPast(_ text: String?, _ now: Instant) -> Bool {
        guard let text, let parsed = ISO8601.parse(text) else { return false }
        // An expiry date without a time of day includes that whole day.
        if case .day(let day) = parsed { return day.adding(days: 1).start <= now }
        return parsed.utc <= now
    }
}
