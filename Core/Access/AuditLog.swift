import Common
import Foundation
import Storage

/// Who changed what. Written in the transaction of the change, so that neither is there without the other.
public struct AuditEntry: Sendable, Encodable {
    public let id: String
    /// What was done, `key.create`.
    public let action: String
    /// Who did it: `admin token`, or `key <id>`.
    public let actor: String
    /// What it was done to, `key 5f2c...`.
    public let resource: String
    public let metadata: [String: String]
    public let createdAt: Instant

    enum CodingKeys: String, CodingKey {
        case id, action, actor, resource, metadata
        case createdAt = "created_at"
    }
}

public enum AuditLog {
    /// Adds an entry inside `transaction`. `metadata` must hold nothing secret.
    public static func record(
        _ action: String, by actor: String, on resource: String, metadata: [String: String] = [:],
        project: String, at instant: Instant, in transaction: any ControlTransaction
    ) async throws {
        let text = try JSONText(encoding: metadata).string
        try await transaction.run(
            """
            /* access.audit */ INSERT INTO access_audit (id, project_id, action, actor, resource, metadata, created_at)
            VALUES (\(Identifiers.uuid()), \(project), \(action), \(actor), \(resource), \(text), \(instant.milliseconds))
            """)
    }

    /// The project's entries, newest first.
    public static func entries(of project: String, limit: Int, offset: Int, in control: any ControlStore) async throws -> [AuditEntry] {
        let rows = try await control.read(
            """
            /* access.audit_list */ SELECT id, action, actor, resource, metadata, created_at FROM access_audit
            WHERE project_id = \(project) ORDER BY created_at DESC, id LIMIT \(limit) OFFSET \(offset)
            """)
        return try rows.map { row in
            AuditEntry(
                id: row.text("id"), action: row.text("action"), actor: row.text("actor"), resource: row.text("resource"),
                metadata: try JSONDecoder().decode([String: String].self, from: Data(row.text("metadata").utf8)),
                createdAt: Instant(milliseconds: row.int("created_at"))
            )
        }
    }
}
