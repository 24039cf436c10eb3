import Core

/// The activity of a session before an error: its last pageviews and events.
struct Breadcrumbs: Sendable {
    struct Crumb: Sendable {
        let at: Instant
        let type: String
        let path: String
        /// The title of a pageview, or the name of an event.
        let label: String

        static let shape = Shape<Crumb>([
            .required("at", \.at, .timestamp), .required("type", \.type, .choice(["pageview", "event"])),
            .required("path", \.path, .string(0...2_048)),
            .required("label", \.label, .string(0...500), "Title of the page, or name of the event."),
        ])
    }

    /// Maximum activities shown for each error.
    private static let maximum = 20

    let call: ProjectRequest

    /// Returns the activity before each row of `errors`, in the order of these rows. Within each list, the oldest activity comes first.
    func before(_ errors: Rows) async throws -> [[Crumb]] {
        var crumbs = [[Crumb]](repeating: [], count: errors.count)
        guard let first = errors.map({ $0.int("session_at") }).min(), let last = errors.map({ $0.int("occurred_at") }).max() else {
            return crumbs
        }
        let values = errors.enumerated().map { index, error in
            "(\(index), \(error.int("visitor")), \(error.int("session_at")), \(error.int("occurred_at")))"
        }
        // No filter here: the request's filter selects errors, not the activity before them.
        let scope = call.scope(over: TimeRange(start: Instant(milliseconds: first), end: Instant(milliseconds: last + 1)))
        let rows = try await scope.rows(
            "error_tracking.breadcrumbs",
            with: """
                failures AS (SELECT * FROM (VALUES \(sql: values.joined(separator: ", "))) AS given (place, who, began_at, failed_at)),
                ranked AS (
                  SELECT place, occurred_at, kind, path, title, name,
                    row_number() OVER (PARTITION BY place ORDER BY occurred_at DESC, \(Activity.order) DESC, path, name) AS back
                  FROM activity JOIN failures ON visitor = who AND session_at = began_at AND occurred_at <= failed_at)
                """,
            [.rows("crumbs", "SELECT * FROM ranked WHERE back <= \(Self.maximum)")],
            "SELECT place, occurred_at, kind, path, title, name FROM crumbs ORDER BY place, back DESC")
        for row in rows {
            let isPageview = row.int("kind") == Activity.Kind.pageview.rawValue
            crumbs[Int(row.int("place"))].append(
                Crumb(
                    at: Instant(milliseconds: row.int("occurred_at")), type: isPageview ? "pageview" : "event", path: row.text("path"),
                    label: row.text(isPageview ? "title" : "name")))
        }
        return crumbs
    }
}
