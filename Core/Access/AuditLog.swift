import Common
@_spi(Host) import Storage

/// A record of who changed what. It is written in the same transaction as the change, so neither exists without the other.
@_spi(Host) public struct AuditEntry: Sendable {
    /// The entry's id, a UUID.
    public let id: String
    /// The action, such as `key.create`.
    public let action: String
    /// Who made the change, such as `admin token` or `key <id>`.
    public let actor: String
    /// The changed resource, such as `key 5f2c...`.
    public let resource: String
    /// Details of the change, such as names and new values.
    public let metadata: JSON
    /// When the change was made.
    public let createdAt: Instant

    /// The entry as a response.
    public static let shape = Shape<AuditEntry>([
        .required("id", \.id, .uuid), .required("action", \.action, .text(100)), .required("actor", \.actor, .text(200)),
        .required("resource", \.resource, .text(400)), .required("metadata", \.metadata, .document),
        .required("created_at", \.createdAt, .timestamp),
    ])
}

/// Writes and reads the audit log.
public enum AuditLog {
    /// Adds an entry as part of `transaction`. `metadata` must not contain secrets.
    public static func record(
        _ action: String, by actor: String, on resource: String, metadata: [String: String] = [:],
        project: String, at instant: Instant, in transaction: any ControlTransaction
    ) async throws {
        let text = try Shape.map(.optionalText(.max)).text(metadata).string
        try await transaction.whole.run(
            """
            /* access.audit */ INSERT INTO access_audit (id, project_id, action, actor, resource, metadata, created_at)
            VALUES (\(Identifiers.uuid()), \(project), \(action), \(actor), \(resource), \(text), \(instant.milliseconds))
            """)
    }

    /// A page of the project's entries, newest first.
    @_spi(Host) public static func entries(of project: String, limit: Int, offset: Int, in control: any ControlStore) async throws
        -> [AuditEntry]
    {
        let rows = try await control.read(
            """
            /* access.audit_list */ SELECT id, action, actor, resource, metadata, created_at FROM access_audit
            WHERE project_id = \(project) ORDER BY created_at DESC, id LIMIT \(limit) OFFSET \(offset)
            """)
        return try rows.map { row in
            AuditEntry(
                id: row.text("id"), action: row.text("action"), actor: row.text("actor"), resource: row.text("resource"),
                metadata: try JSON.parse(row.text("metadata")),
                createdAt: Instant(milliseconds: row.int("created_at"))
            )
        }
    }
}
