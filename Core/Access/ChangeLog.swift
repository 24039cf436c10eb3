import Storage

/// The log of changes to what hosts keep in memory: which project or definition changed, not how. A change is logged in its own
/// transaction, so neither exists without the other. Hosts remember the last change that they have read, and read the log from there on.
///
/// Changes are numbered without gaps, in the order in which they were committed: each transaction takes the number after the largest one,
/// and transactions are serializable. Old changes are deleted.
struct ChangeLog: Sendable {
    /// A place in the log: the number of a change, and a random number that tells it from another change with the same number. There is
    /// another one after an older copy of the store was restored.
    struct Position: Sendable, Equatable {
        let number: Int64
        let token: Int64

        init(_ row: Row) {
            number = row.int("number")
            token = row.int("token")
        }
    }

    /// What changed.
    struct Change: Sendable {
        /// `project`, `session`, or the table of definitions that are kept in memory.
        let kind: String
        /// The id of the project or session; for definitions, of their project.
        let subject: String
    }

    /// The kind of changes to a project, its keys or its module switches.
    static let project = "project"
    /// The kind of a dashboard session's end.
    static let session = "session"

    /// The minimum number of changes that are kept. A host that has missed more reloads everything.
    static let kept: Int64 = 10_000
    /// How often old changes are deleted, in changes.
    private static let trimmedEvery: Int64 = 256

    let control: any ControlStore

    /// Logs a change as part of `transaction`.
    static func record(_ kind: String, _ subject: String, in transaction: any ControlTransaction) async throws {
        let token = Int64.random(in: .min ... .max)
        let rows = try await transaction.run(
            """
            /* access.log_change */ INSERT INTO access_changes (number, token, kind, subject)
            SELECT coalesce(max(number), 0) + 1, \(token), \(kind), \(subject) FROM access_changes RETURNING number
            """)
        guard let number = rows.first?.int("number"), number % trimmedEvery == 0 else { return }
        try await transaction.run("/* access.trim_changes */ DELETE FROM access_changes WHERE number <= \(number - kept)")
    }

    /// The position after all changes; nil if the log is empty.
    func end() async throws -> Position? {
        try await control.read("/* access.last_change */ SELECT number, token FROM access_changes ORDER BY number DESC LIMIT 1").first
            .map(Position.init)
    }

    /// The changes after `position`, and the position after them. Nil if `position` is not in the log any more, or if the log is another
    /// one, because the store was restored from a backup.
    func changes(after position: Position) async throws -> (changes: [Change], end: Position)? {
        let rows = try await control.read(
            """
            /* access.changes */ SELECT number, token, kind, subject FROM access_changes WHERE number >= \(position.number) ORDER BY number
            """)
        guard let first = rows.first, let last = rows.last, Position(first) == position else { return nil }
        return (rows.dropFirst().map { Change(kind: $0.text("kind"), subject: $0.text("subject")) }, Position(last))
    }
}
