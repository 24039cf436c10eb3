import Storage

/// The control-plane tables of projects, keys, module switches and the audit log.
@_spi(Host) public enum AccessTables {
    static let projects = Table(
        "access_projects",
        [
            Column("id", .text), Column("number", .int32), Column("name", .text), Column("domain", .text),
            Column("privacy", .text), Column("created_at", .int64), Column("deleted_at", .int64, nullable: true),
        ],
        primaryKey: ["id"], unique: [["number"]]
    )

    static let keys = Table(
        "access_keys",
        [
            Column("id", .text), Column("project_id", .text), Column("name", .text), Column("secret_hash", .text),
            Column("prefix", .text), Column("scopes", .text), Column("allowed_modules", .text, nullable: true),
            Column("is_server", .bool), Column("created_at", .int64), Column("expires_at", .int64, nullable: true),
            Column("revoked_at", .int64, nullable: true), Column("last_used_at", .int64, nullable: true),
        ],
        primaryKey: ["id"], unique: [["secret_hash"]], indexes: [["project_id"]]
    )

    static let modules = Table(
        "access_modules",
        [
            Column("project_id", .text), Column("module", .text), Column("is_enabled", .bool), Column("access", .text),
        ],
        primaryKey: ["project_id", "module"]
    )

    static let audit = Table(
        "access_audit",
        [
            Column("id", .text), Column("project_id", .text), Column("action", .text), Column("actor", .text),
            Column("resource", .text), Column("metadata", .text), Column("created_at", .int64),
        ],
        primaryKey: ["id"], indexes: [["project_id", "created_at"]]
    )

    /// Dashboard sessions that ended with a log-out, by the id in their cookie.
    static let endedSessions = Table(
        "access_ended_sessions", [Column("id", .text), Column("ended_at", .int64)], primaryKey: ["id"])

    /// Numbers that new projects must not get: facts in the event store have them, although no project in this control store does.
    static let takenNumbers = Table("access_taken_numbers", [Column("number", .int32)], primaryKey: ["number"])

    /// The log of changes to projects, keys, module switches and ended sessions. See `ChangeLog`.
    static let changes = Table(
        "access_changes",
        [Column("number", .int64), Column("token", .int64), Column("kind", .text), Column("subject", .text)], primaryKey: ["number"])

    /// The migrations of these tables, oldest first.
    public static let migrations = [
        Migration(
            "001-create", on: .control,
            [
                .createTable(projects), .createTable(keys), .createTable(modules), .createTable(audit),
            ]),
        Migration("002-ended-sessions", on: .control, [.createTable(endedSessions)]),
        Migration("003-taken-numbers", on: .control, [.createTable(takenNumbers)]),
        Migration(
            "004-changes", on: .control,
            [
                .createTable(changes),
                // The log is never empty, so that hosts have a position in it from the start.
                .statements { _ in
                    ["INSERT INTO access_changes (number, token, kind, subject) VALUES (1, 0, 'start', '')"]
                },
            ]),
    ]
}
