import Core

/// A merge of two users into one person, and whether it was undone.
struct Merge: Sendable {
    let id: String
    let userID: String, intoUserID: String
    /// How many visitors are now identified as `userID`.
    let visitors: Int64
    let createdAt: Instant
    let undoneAt: Instant?

    static let shape = Shape<Merge>([
        .required("id", \.id, .uuid), .required("user_id", \.userID, .text(200)), .required("into_user_id", \.intoUserID, .text(200)),
        .required("visitors", \.visitors, .count), .required("created_at", \.createdAt, .timestamp),
        .required("undone_at", \.undoneAt, .nullable(.timestamp)),
    ])

    private static let columns = "id, user_id, into_user_id, created_at, undone_at"

    private init(_ row: Row, visitors: Int64) {
        id = row.text("id")
        userID = row.text("user_id")
        intoUserID = row.text("into_user_id")
        self.visitors = visitors
        createdAt = Instant(milliseconds: row.int("created_at"))
        undoneAt = row["undone_at"].int.map(Instant.init(milliseconds:))
    }

    /// Returns one page of merges, newest first.
    @Sendable static func list(_ call: ProjectRequest) async throws -> [Merge] {
        let rows = try await call.store.read(
            """
            SELECT \(sql: columns) FROM identity_merges WHERE project_id = \(call.project.id)
            ORDER BY created_at DESC, id LIMIT \(call.limit) OFFSET \(call.offset)
            """)
        let counts = try await visitors(of: rows.map { $0.text("user_id") }, call.wholeScope())
        return rows.map { Merge($0, visitors: counts[text: $0.text("user_id")] ?? 0) }
    }

    /// Returns how many visitors are identified as each user. Users without visitors are missing.
    static func visitors(of users: [String], _ scope: Scope) async throws -> [ExactText: Int64] {
        guard !users.isEmpty else { return [:] }
        let rows = try await scope.rows(
            "identity.merged_visitors",
            with: """
                named AS (
                  SELECT visitor, \(Identity.latest("user_id", scope.dialect)) AS user_id FROM identity_profiles
                  WHERE user_id IS NOT NULL GROUP BY visitor)
                """,
            [.tally("by_user", by: ["user_id"], [.count("visitors")], from: "named WHERE user_id IN \(list: users)")],
            "SELECT user_id, visitors FROM by_user")
        return Dictionary(exactly: rows.map { ($0.text("user_id"), $0.int("visitors")) })
    }

    /// Merges `user` into `other`.
    /// - Throws: 400 if `user` is already merged, if the merge would form a cycle, or if the project has too many merges.
    static func make(_ user: String, into other: String, _ call: ProjectRequest) async throws -> Merge {
        let id = Identifiers.uuid(), project = call.project.id, now = call.now, actor = call.actor
        let made = try await call.store.write { transaction in
            try await check(user, into: other, project, in: transaction)
            let row = try await transaction.run(
                """
                INSERT INTO identity_merges (id, project_id, user_id, into_user_id, created_at, created_by)
                VALUES (\(id), \(project), \(user), \(other), \(now.milliseconds), \(actor)) RETURNING \(sql: columns)
                """)[0]
            try await AuditLog.record("merge.create", by: actor, on: "merge \(id)", project: project, at: now, in: transaction)
            return row
        }
        return Merge(made, visitors: try await visitors(of: [user], call.wholeScope())[text: user] ?? 0)
    }

    private static func check(_ user: String, into other: String, _ project: String, in transaction: any ControlTransaction) async throws {
        let rows = try await transaction.run(
            "SELECT user_id, into_user_id FROM identity_merges WHERE project_id = \(project) AND undone_at IS NULL")
        guard rows.count < PersonMerge.maximum else {
            throw ServiceError.body("the project already has \(PersonMerge.maximum) merges, the maximum; undo some first.")
        }
        let merges = Dictionary(exactly: rows.map { ($0.text("user_id"), $0.text("into_user_id")) })
        if let before = merges[text: user] {
            throw ServiceError.body("user '\(user.excerpt(60))' is already merged into '\(before.excerpt(60))'; undo that first.")
        }
        var end = other
        while let next = merges[text: end] { end = next }
        guard !end.isExactly(user) else {
            throw ServiceError.body("user '\(other.excerpt(60))' is already merged into '\(user.excerpt(60))'.")
        }
    }

    /// Undoes a merge. The two users are different people again, in past data too.
    /// - Throws: 404 for an unknown merge, 400 if it is already undone.
    @Sendable static func undo(_ call: ProjectRequest) async throws {
        let id = call.id(), project = call.project.id, now = call.now, actor = call.actor
        try await call.store.write { transaction in
            let rows = try await transaction.run("SELECT undone_at FROM identity_merges WHERE id = \(id) AND project_id = \(project)")
            guard let row = rows.first else { throw ServiceError.notFound("Merge", id) }
            guard row["undone_at"].isNull else { throw ServiceError.invalid("merge_undone", "Merge '\(id)' is already undone.") }
            try await transaction.run("UPDATE identity_merges SET undone_at = \(now.milliseconds), undone_by = \(actor) WHERE id = \(id)")
            try await AuditLog.record("merge.undo", by: actor, on: "merge \(id)", project: project, at: now, in: transaction)
        }
    }
}

extension IdentityModule {
    var mergeRoutes: [Route] {
        let path = "/api/v1/identity/merges"
        return [
            Route(
                .get, path, "List merges of users, newest first, including undone ones.", scope: .query, access: .read,
                parameters: Parameter.page,
                answer: .data(Merge.shape), use: Merge.list),
            Route(
                .post, path, "Merge two users into one person. Reports that count people count them once.", scope: .query, access: .write,
                body: .object([
                    .required("user_id", .text(200)), .required("into_user_id", .text(200), "The user that `user_id` is merged into."),
                ]),
                answer: Merge.shape, status: 201
            ) { call in
                let (user, other) = try await Self.pair(call)
                return try await Merge.make(user, into: other, call)
            },
            Route(
                .post, path + "/preview", "Preview how many visitors a merge would affect, without changing anything.", scope: .query,
                access: .read,
                body: .object([.required("user_id", .text(200)), .required("into_user_id", .text(200))]), answer: Preview.shape
            ) { call in
                let (user, other) = try await Self.pair(call)
                let counts = try await Merge.visitors(of: [user, other], call.wholeScope())
                return Preview(userID: user, intoUserID: other, visitors: counts[text: user] ?? 0, intoVisitors: counts[text: other] ?? 0)
            },
            Route(.delete, path + "/{id}", "Undo a merge.", scope: .query, access: .write, use: Merge.undo),
        ]
    }

    private struct Preview: Sendable {
        let userID: String, intoUserID: String, visitors: Int64, intoVisitors: Int64

        static let shape = Shape<Preview>([
            .required("user_id", \.userID, .text(200)), .required("into_user_id", \.intoUserID, .text(200)),
            .required("visitors", \.visitors, .count), .required("into_visitors", \.intoVisitors, .count),
            .required("dry_run", { _ in true }, .boolean),
        ])
    }

    private static func pair(_ call: ProjectRequest) async throws -> (user: String, into: String) {
        let body = try await call.body(), user = body["user_id"]?.string ?? "", other = body["into_user_id"]?.string ?? ""
        for (name, id) in [("user_id", user), ("into_user_id", other)] where id.unicodeScalars.contains(where: { $0.value < 0x20 }) {
            throw ServiceError.body(field: name, "must be text without control characters; got '\(id.excerpt(60))'.")
        }
        for (name, id) in [("user_id", user), ("into_user_id", other)] where PlaceholderID.matches(id) {
            throw PlaceholderID.refusal(name, id)
        }
        guard !user.isExactly(other) else {
            throw ServiceError.body(field: "into_user_id", "must differ from 'user_id'; got '\(user.excerpt(60))' for both.")
        }
        return (user, other)
    }
}
