import Core

/// A registered release of the site or app. Errors and logs refer to it by version.
struct Release: Sendable {
    let id, version, environment: String
    let commitSHA: String?
    let deployedAt: Instant?
    let metadata: JSON
    let createdAt: Instant

    private init(_ row: Row) throws {
        id = row.text("id")
        version = row.text("version")
        environment = row.text("environment")
        commitSHA = row.optionalText("commit_sha")
        deployedAt = row["deployed_at"].int.map(Instant.init(milliseconds:))
        metadata = try JSON.parse(row.text("metadata"))
        createdAt = Instant(milliseconds: row.int("created_at"))
    }

    static let kind = "Release"

    static let shape = Shape<Release>([
        .required("id", \.id, .uuid), .required("version", \.version, .text(200)), .required("environment", \.environment, .text(100)),
        .required("commit_sha", \.commitSHA, .nullable(.text(100))), .required("deployed_at", \.deployedAt, .nullable(.timestamp)),
        .required("metadata", \.metadata, .document), .required("created_at", \.createdAt, .timestamp),
    ])

    static let body = Schema.object([
        .required("version", .text(200), "The version that errors and logs send as 'release'."),
        .optional("environment", .text(100), "Default: \(ErrorCollector.environmentDefault)."), .optional("commit_sha", .text(100)),
        .optional("deployed_at", .timestamp), .optional("metadata", .map(.any)),
    ])

    static let table = Table(
        "error_tracking_releases",
        [
            Column("id", .text), Column("project_id", .text), Column("version", .text), Column("environment", .text),
            Column("commit_sha", .text, nullable: true), Column("deployed_at", .int64, nullable: true), Column("metadata", .text),
            Column("created_at", .int64),
        ],
        primaryKey: ["id"], unique: [["project_id", "version", "environment"]])

    private static let columns = "id, version, environment, commit_sha, deployed_at, metadata, created_at"

    // MARK: Routes

    /// `GET /api/v1/releases`: newest first, by time of deployment, or by time of registration if the deployment time is unknown.
    @Sendable static func list(_ call: ProjectRequest) async throws -> [Release] {
        let rows = try await call.store.read(
            """
            /* error_tracking.releases */ SELECT \(sql: columns) FROM error_tracking_releases WHERE project_id = \(call.project.id)
            ORDER BY coalesce(deployed_at, created_at) DESC, created_at DESC, id LIMIT \(call.limit) OFFSET \(call.offset)
            """)
        return try rows.map(Release.init)
    }

    /// `POST /api/v1/releases` adds a release, or changes the existing one with that version and environment. Omitted fields keep their
    /// values.
    @Sendable static func upsert(_ call: ProjectRequest) async throws -> (value: Release, isNew: Bool) {
        let body = try await call.body(), project = call.project.id, actor = call.actor, now = call.now, id = Identifiers.uuid()
        let version = body["version"]?.string ?? "", environment = body["environment"]?.string ?? ErrorCollector.environmentDefault
        let commit = body["commit_sha"]?.string, deployedAt = try body["deployed_at"]?.string.map(instant)?.milliseconds
        let metadata = body["metadata"].flatMap { $0.isNull ? nil : $0 }.map { value in
            var text = JSONText()
            text.append(value)
            return text.string
        }
        let rows = try await call.store.write { transaction in
            let rows = try await transaction.run(
                """
                /* error_tracking.upsert_release */ INSERT INTO error_tracking_releases (\(sql: columns), project_id)
                VALUES (\(id), \(version), \(environment), \(commit), \(deployedAt), \(metadata ?? "{}"), \(now.milliseconds), \(project))
                ON CONFLICT (project_id, version, environment) DO UPDATE SET
                  commit_sha = coalesce(excluded.commit_sha, error_tracking_releases.commit_sha),
                  deployed_at = coalesce(excluded.deployed_at, error_tracking_releases.deployed_at),
                  metadata = CASE WHEN \(metadata == nil) THEN error_tracking_releases.metadata ELSE excluded.metadata END
                RETURNING \(sql: columns)
                """)
            let isNew = rows[0].text("id").isExactly(id)
            try await AuditLog.record(
                isNew ? "release.create" : "release.update", by: actor, on: "release \(rows[0].text("id"))",
                metadata: ["version": version, "environment": environment], project: project, at: now, in: transaction)
            return rows
        }
        return (try Release(rows[0]), rows[0].text("id").isExactly(id))
    }

    private static func instant(_ text: String) throws -> Instant {
        guard let parsed = ISO8601.parse(text) else {
            throw ServiceError.body(field: "deployed_at", "must be an ISO 8601 date or timestamp; got '\(text.excerpt(60))'.")
        }
        return parsed.utc
    }

    /// `DELETE /api/v1/releases/{id}`. Source maps of that version are kept.
    @Sendable static func delete(_ call: ProjectRequest) async throws {
        try await deleteRow(of: "error_tracking_releases", kind, call)
    }

    /// Deletes the row with the id in the path, and adds an audit entry.
    /// - Throws: 404 if the project has no such row.
    static func deleteRow(of table: String, _ kind: String, _ call: ProjectRequest) async throws {
        let id = call.id(), project = call.project.id, actor = call.actor, now = call.now
        let isDeleted = try await call.store.write { transaction in
            let rows = try await transaction.run("DELETE FROM \(sql: table) WHERE id = \(id) AND project_id = \(project) RETURNING id")
            guard !rows.isEmpty else { return false }
            try await AuditLog.record(
                "\(kind.lowercased().split(separator: " ").joined(separator: "_")).delete", by: actor, on: "\(kind.lowercased()) \(id)",
                project: project, at: now, in: transaction)
            return true
        }
        guard isDeleted else { throw ServiceError.notFound(kind, call.path("id")) }
    }
}
