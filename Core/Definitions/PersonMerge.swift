import Access
import Common
import Questions
import Storage

/// Merges of two users who are the same person. The `identity` module writes them, and reports that count people read them.
public enum PersonMerge {
    /// The table of all merges, including undone ones.
    public static let table = Table(
        "identity_merges",
        [
            Column("id", .text), Column("project_id", .text), Column("user_id", .text), Column("into_user_id", .text),
            Column("created_at", .int64), Column("created_by", .text),
            /// Null while the merge is in effect.
            Column("undone_at", .int64, nullable: true), Column("undone_by", .text, nullable: true),
        ],
        primaryKey: ["id"], indexes: [["project_id", "created_at"]])

    /// The maximum number of merges in effect per project. Each of them adds a row to every statement that counts people.
    public static let maximum = 10_000

    /// How to count the project's people, given its merges in effect.
    static func people(of project: Project, in control: any ControlStore) async throws -> People {
        let rows = try await control.read(
            """
            SELECT user_id, into_user_id FROM identity_merges WHERE project_id = \(project.id) AND undone_at IS NULL
            ORDER BY created_at, id LIMIT \(maximum)
            """)
        return People(merges: rows.map { ($0.text("user_id"), $0.text("into_user_id")) })
    }
}
