import Common
import Storage

/// Two users who are the same person: said by module `identity`, heard by every report that counts people.
public enum PersonMerge {
    public static let table = Table(
        "identity_merges",
        [
            Column("id", .text), Column("project_id", .text), Column("user_id", .text), Column("into_user_id", .text),
            Column("created_at", .int64), Column("created_by", .text),
            /// Null while it holds.
            Column("undone_at", .int64, nullable: true), Column("undone_by", .text, nullable: true),
        ],
        primaryKey: ["id"], indexes: [["project_id", "created_at"]])

    /// Merges of a project that may hold at once: they are values of the statements that count people.
    public static let maximum = 10_000

    /// Who is whom in the project now.
    static func people(of project: Project, in control: any ControlStore) async throws -> People {
        let rows = try await control.read("""
            SELECT user_id, into_user_id FROM identity_merges WHERE project_id = \(project.id) AND undone_at IS NULL
            ORDER BY created_at, id LIMIT \(maximum)
            """)
        return People(merges: rows.map { ($0.text("user_id"), $0.text("into_user_id")) })
    }
}
