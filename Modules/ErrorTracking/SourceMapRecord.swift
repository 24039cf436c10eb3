import Core

/// A registered source map for a script of a release, with its content if that was sent.
struct SourceMapRecord: Encodable, Sendable {
    /// How many sources and mappings the map's content holds.
    struct Content: Encodable, Sendable { let sources, mappings: Int64 }

    let id, releaseVersion, environment, minifiedURL, sourceMapURL: String
    let artifacts: JSON
    /// Id of the release with that version and environment; nil if no such release is registered.
    @Nullable var releaseID: String?
    /// What the stored content holds; nil if only the URL of the map was sent.
    @Nullable var content: Content?
    let createdAt: Instant
    /// SHA-256 of the content, its key in the cache; nil without content.
    let digest: String?

    private enum CodingKeys: String, CodingKey {
        case id, environment, artifacts
        case releaseVersion = "release_version", minifiedURL = "minified_url", sourceMapURL = "source_map_url", releaseID = "release_id"
        case content = "source_map", createdAt = "created_at"
    }

    private init(_ row: Row) throws {
        id = row.text("id")
        releaseVersion = row.text("release_version")
        environment = row.text("environment")
        minifiedURL = row.text("minified_url")
        sourceMapURL = row.text("source_map_url")
        artifacts = try JSON.parse(row.text("artifacts"))
        releaseID = row.optionalText("release_id")
        digest = row.optionalText("digest")
        content = digest == nil ? nil : Content(sources: row.int("sources"), mappings: row.int("mappings"))
        createdAt = Instant(milliseconds: row.int("created_at"))
    }

    static let kind = "Source map"

    static let schema = Schema.object([
        .required("id", .uuid), .required("release_version", .text(200)), .required("environment", .text(100)),
        .required("minified_url", .text(2_048)), .required("source_map_url", .text(2_048)),
        .required("artifacts", .map(.any), "The artifacts as sent, without the map itself."), .required("release_id", .nullable(.uuid)),
        .required(
            "source_map", .nullable(.object([.required("sources", .count), .required("mappings", .count)])),
            "What the map contains; null if no map was sent."),
        .required("created_at", .timestamp),
    ])

    static let tables = [
        Table(
            "error_tracking_source_maps",
            [
                Column("id", .text), Column("project_id", .text), Column("release_version", .text), Column("environment", .text),
                Column("minified_url", .text), Column("source_map_url", .text), Column("artifacts", .text),
                Column("digest", .text, nullable: true), Column("sources", .int64), Column("mappings", .int64),
                Column("created_at", .int64),
            ],
            primaryKey: ["id"], unique: [["project_id", "release_version", "environment", "minified_url"]]),
        /// Stores the content of the maps as gzip in base64. The content has its own table because lists don't need it.
        Table(
            "error_tracking_source_map_files", [Column("source_map_id", .text), Column("content", .text)], primaryKey: ["source_map_id"]),
    ]

    private static let columns =
        "m.id, m.release_version, m.environment, m.minified_url, m.source_map_url, m.artifacts, m.digest, "
        + "m.sources, m.mappings, m.created_at, r.id AS release_id"
    private static let joined =
        "error_tracking_source_maps m LEFT JOIN error_tracking_releases r "
        + "ON r.project_id = m.project_id AND r.version = m.release_version AND r.environment = m.environment"

    /// `GET /api/v1/source-maps?release_version=`: newest first.
    static func list(_ call: ProjectRequest) async throws -> [SourceMapRecord] {
        let version: SQL = call.text("release_version").map { "m.release_version = \($0)" } ?? "TRUE"
        let rows = try await call.store.read(
            """
            /* error_tracking.source_maps */ SELECT \(sql: columns) FROM \(sql: joined) WHERE m.project_id = \(call.project.id) AND \(version)
            ORDER BY m.created_at DESC, m.minified_url, m.id LIMIT \(call.limit) OFFSET \(call.offset)
            """)
        return try rows.map(SourceMapRecord.init)
    }

    /// Returns all source maps of the releases, newest first.
    static func all(of releases: Set<ExactText>, _ call: ProjectRequest) async throws -> [SourceMapRecord] {
        guard !releases.isEmpty else { return [] }
        let rows = try await call.store.read(
            """
            /* error_tracking.source_maps_of */ SELECT \(sql: columns) FROM \(sql: joined) WHERE m.project_id = \(call.project.id)
              AND m.release_version IN \(list: releases.sorted()) ORDER BY m.created_at DESC, m.id
            """)
        return try rows.map(SourceMapRecord.init)
    }

    /// `POST /api/v1/source-maps` adds a source map, or changes the existing one of that script, release and environment. Stored content is
    /// kept if the request sends none.
    static func upsert(_ upload: SourceMapUpload, _ call: ProjectRequest) async throws -> (record: SourceMapRecord, isNew: Bool) {
        let new = Identifiers.uuid(), project = call.project.id, actor = call.actor, now = call.now
        let rows = try await call.store.write { transaction in
            let upserted = try await transaction.run(
                """
                /* error_tracking.upsert_source_map */ INSERT INTO error_tracking_source_maps
                  (id, project_id, release_version, environment, minified_url, source_map_url, artifacts, digest, sources, mappings, created_at)
                VALUES (\(new), \(project), \(upload.releaseVersion), \(upload.environment), \(upload.minifiedURL), \(upload.sourceMapURL),
                  \(upload.artifacts), \(upload.file?.digest), \(upload.file?.sources ?? 0), \(upload.file?.mappings ?? 0), \(now.milliseconds))
                ON CONFLICT (project_id, release_version, environment, minified_url) DO UPDATE SET
                  source_map_url = excluded.source_map_url, artifacts = excluded.artifacts,
                  sources = CASE WHEN excluded.digest IS NULL THEN error_tracking_source_maps.sources ELSE excluded.sources END,
                  mappings = CASE WHEN excluded.digest IS NULL THEN error_tracking_source_maps.mappings ELSE excluded.mappings END,
                  digest = coalesce(excluded.digest, error_tracking_source_maps.digest)
                RETURNING id
                """)
            let id = upserted[0].text("id")
            if let file = upload.file {
                try await transaction.run(
                    """
                    INSERT INTO error_tracking_source_map_files (source_map_id, content) VALUES (\(id), \(file.content))
                    ON CONFLICT (source_map_id) DO UPDATE SET content = excluded.content
                    """)
            }
            try await AuditLog.record(
                id == new ? "source_map.create" : "source_map.update", by: actor, on: "source map \(id)",
                metadata: ["release_version": upload.releaseVersion, "minified_url": upload.minifiedURL], project: project, at: now,
                in: transaction)
            return try await transaction.run("SELECT \(sql: columns) FROM \(sql: joined) WHERE m.id = \(id)")
        }
        return (try SourceMapRecord(rows[0]), rows[0].text("id").isExactly(new))
    }

    /// `DELETE /api/v1/source-maps/{id}`
    static func delete(_ call: ProjectRequest) async throws {
        try await Release.deleteRow(of: "error_tracking_source_maps", kind, call)
        // This delete may run outside the transaction, because the content can't be reached without its record.
        let id = call.id()
        try await call.store.write("DELETE FROM error_tracking_source_map_files WHERE source_map_id = \(id)")
    }
}
