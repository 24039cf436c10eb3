import Core

/// A page and its number of entries.
struct PageEntries: Sendable {
    let path: String
    let entries: Int64

    static let shape = Shape<PageEntries>([.required("path", \.path, .text(2_048)), .required("entries", \.entries, .count)])

    /// The entries by page, busiest first.
    static func run(_ scope: Scope) async throws -> [PageEntries] {
        let rows = try await scope.rows(
            "guestbook.pages", [.tally("by_page", by: ["path"], [.count("entries")], from: "guestbook_entries")],
            "SELECT path, entries FROM by_page ORDER BY entries DESC, path LIMIT \(scope.limit) OFFSET \(scope.offset)")
        return rows.map { PageEntries(path: $0.text("path"), entries: $0.int("entries")) }
    }
}
