import Core
import Foundation
import NIOCore

/// A registered source map for a script of a release, with its content if that was sent.
struct SourceMapRecord: Sendable {
    /// How many sources and mappings the map's content holds.
    struct Content: Sendable {
        let sources, mappings: Int64

        static let shape = Shape<Content>([.required("sources", \.sources, .count), .required("mappings", \.mappings, .count)])
    }

    let id, releaseVersion, environment, minifiedURL, sourceMapURL: String
    let artifacts: JSON
    /// Id of the release with that version and environment; nil if no such release is registered.
    let releaseID: String?
    /// What the stored content holds; nil if only the URL of the map was sent.
    let content: Content?
    let createdAt: Instant
    /// SHA-256 of the content, its key in the cache; nil without content.
    let digest: String?
    /// The name of the blob with the content; nil without content.
    let blobName: String?

    private init(_ row: Row) throws {
        id = row.text("id")
        releaseVersion = row.text("release_version")
        environment = row.text("environment")
        minifiedURL = row.text("minified_url")
        sourceMapURL = row.text("source_map_url")
        artifacts = try JSON.parse(row.text("artifacts"))
        releaseID = row.optionalText("release_id")
        digest = row.optionalText("digest")
        blobName = row.optionalText("blob")
        content = digest == nil ? nil : Content(sources: row.int("sources"), mappings: row.int("mappings"))
        createdAt = Instant(milliseconds: row.int("created_at"))
    }

    static let kind = "Source map"

    static let shape = Shape<SourceMapRecord>([
        .required("id", \.id, .uuid), .required("release_version", \.releaseVersion, .text(200)),
        .required("environment", \.environment, .text(100)), .required("minified_url", \.minifiedURL, .text(2_048)),
        .required("source_map_url", \.sourceMapURL, .text(2_048)),
        .required("artifacts", \.artifacts, .document, "The artifacts as sent, without the map itself."),
        .required("release_id", \.releaseID, .nullable(.uuid)),
        .required("source_map", \.content, .nullable(Content.shape), "What the map contains; null if no map was sent."),
        .required("created_at", \.createdAt, .timestamp),
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
        /// Where the first versions kept the content of the maps, as gzip in base64.
        Table(
            "error_tracking_source_map_files", [Column("source_map_id", .text), Column("content", .text)], primaryKey: ["source_map_id"]),
    ]

    /// The name of the blob with the content, as gzip.
    static let blob = Column("blob", .text, nullable: true)

    /// Moves the content of all maps into blobs. Each map is moved by itself, so a crash or another host changes nothing.
    static func moveContent(_ work: any MigrationWork) async throws {
        let maps = try await work.read(
            """
            /* error_tracking.unmoved_maps */ SELECT f.source_map_id AS id, m.project_id
            FROM error_tracking_source_map_files f LEFT JOIN error_tracking_source_maps m ON m.id = f.source_map_id ORDER BY f.source_map_id
            """)
        for map in maps {
            let id = map.text("id")
            // A map that was deleted left its content behind if the host crashed in between.
            if let project = map.optionalText("project_id") {
                let rows = try await work.read(
                    "/* error_tracking.unmoved_map */ SELECT content FROM error_tracking_source_map_files WHERE source_map_id = \(id)")
                guard let content = rows.first.flatMap({ Data(base64Encoded: $0.text("content")) }) else { continue }
                try await work.storeBlob(id, Array(content), in: project)
                try await work.write(
                    "/* error_tracking.moved_map */ UPDATE error_tracking_source_maps SET blob = \(id) WHERE id = \(id)")
            }
            try await work.write(
                "/* error_tracking.moved_content */ DELETE FROM error_tracking_source_map_files WHERE source_map_id = \(id)")
        }
    }

    private static let columns =
        "m.id, m.release_version, m.environment, m.minified_url, m.source_map_url, m.artifacts, m.digest, "
        + "m.sources, m.mappings, m.created_at, m.blob, r.id AS release_id"
    private static let joined =
        "error_tracking_source_maps m LEFT JOIN error_tracking_releases r "
        + "ON r.project_id = m.project_id AND r.version = m.release_version AND r.environment = m.environment"

    /// `GET /api/v1/source-maps?release_version=`: newest first.
    @Sendable static func list(_ call: ProjectRequest) async throws -> [SourceMapRecord] {
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
    static func upsert(_ upload: SourceMapUpload, _ call: ProjectRequest) async throws -> (value: SourceMapRecord, isNew: Bool) {
        let new = Identifiers.uuid()
        // Stored before the record that names it, so a record's content is always there.
        let blob = upload.file == nil ? nil : Identifiers.uuid()
        if let blob, let file = upload.file { try await call.blobs.put(blob, ByteBuffer(bytes: file.content), about: nil) }
        let rows: Rows, replaced: String?
        do { (rows, replaced) = try await store(upload, as: new, blob, call) } catch {
            if let blob { _ = try? await call.blobs.delete(blob) }
            throw error
        }
        if let replaced { try await call.blobs.delete(replaced) }
        return (try SourceMapRecord(rows[0]), rows[0].text("id").isExactly(new))
    }

    /// Returns the record, and the name of the blob that the new one replaces.
    private static func store(
        _ upload: SourceMapUpload, as new: String, _ blob: String?, _ call: ProjectRequest
    ) async throws -> (Rows, replaced: String?) {
        let project = call.project.id, actor = call.actor, now = call.now
        return try await call.store.write { transaction in
            let old = try await transaction.run(
                """
                /* error_tracking.replaced_blob */ SELECT blob FROM error_tracking_source_maps
                WHERE project_id = \(project) AND release_version = \(upload.releaseVersion) AND environment = \(upload.environment)
                  AND minified_url = \(upload.minifiedURL) AND \(blob) IS NOT NULL
                """)
            let upserted = try await transaction.run(
                """
                /* error_tracking.upsert_source_map */ INSERT INTO error_tracking_source_maps
                  (id, project_id, release_version, environment, minified_url, source_map_url, artifacts, digest, blob, sources, mappings, created_at)
                VALUES (\(new), \(project), \(upload.releaseVersion), \(upload.environment), \(upload.minifiedURL), \(upload.sourceMapURL),
                  \(upload.artifacts), \(upload.file?.digest), \(blob), \(upload.file?.sources ?? 0), \(upload.file?.mappings ?? 0), \(now.milliseconds))
                ON CONFLICT (project_id, release_version, environment, minified_url) DO UPDATE SET
                  source_map_url = excluded.source_map_url, artifacts = excluded.artifacts,
                  sources = CASE WHEN excluded.digest IS NULL THEN error_tracking_source_maps.sources ELSE excluded.sources END,
                  mappings = CASE WHEN excluded.digest IS NULL THEN error_tracking_source_maps.mappings ELSE excluded.mappings END,
                  digest = coalesce(excluded.digest, error_tracking_source_maps.digest),
                  blob = coalesce(excluded.blob, error_tracking_source_maps.blob)
                RETURNING id
                """)
            let id = upserted[0].text("id")
            try await AuditLog.record(
                id == new ? "source_map.create" : "source_map.update", by: actor, on: "source map \(id)",
                metadata: ["release_version": upload.releaseVersion, "minified_url": upload.minifiedURL], project: project, at: now,
                in: transaction)
            let stored = try await transaction.run("SELECT \(sql: columns) FROM \(sql: joined) WHERE m.id = \(id)")
            return (stored, old.first?.optionalText("blob"))
        }
    }

    /// `DELETE /api/v1/source-maps/{id}`
    @Sendable static func delete(_ call: ProjectRequest) async throws {
        let rows = try await call.store.read(
            "/* error_tracking.blob */ SELECT blob FROM error_tracking_source_maps WHERE id = \(call.id()) AND project_id = \(call.project.id)"
        )
        try await Release.deleteRow(of: "error_tracking_source_maps", kind, call)
        // After the record: content can't be reached without it.
        if let blob = rows.first?.optionalText("blob") { try await call.blobs.delete(blob) }
    }
}
