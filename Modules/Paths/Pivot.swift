import Core

/// Whether a report covers the pages viewed after the pivot, or those viewed before it.
enum Direction: String, Sendable, CaseIterable {
    case forward, backward

    static let names = allCases.map(\.rawValue)

    /// The name shown in place of a page if the session has no further page in this direction.
    var end: String { self == .forward ? "(exit)" : "(entry)" }
}

/// The page or event that a report starts from, and the direction in which it follows paths.
struct Pivot: Sendable {
    let path: String?
    let event: String?
    let direction: Direction

    /// - Throws: 400 unless the request names either a page or an event.
    init(_ call: ProjectRequest) throws {
        path = call.text("path")
        event = call.text("event")
        direction = Direction(rawValue: call.text("direction") ?? "") ?? .forward
        guard path != nil || event != nil else { throw ServiceError.parameter("path", "it is required unless 'event' is given.") }
        guard path == nil || event == nil else {
            throw ServiceError.parameter("event", "it can't be combined with 'path'; a report starts from one or the other.")
        }
    }

    var name: String { path ?? event ?? "" }

    static let shape = Shape<Pivot>([
        .optional("path", \.path, .text(2_048), "The requested page."), .optional("event", \.event, .text(200), "The requested event."),
        .required("direction", \.direction, .choice),
    ])

    /// CTEs ending with `trails`: one row for each visitor who reached the pivot. Columns: `visitor`, and `pages`, a list of at most
    /// `depth` pages, nearest to the pivot first. `pages[1]` is null if the session has no page in the direction.
    ///
    /// Only each visitor's first occurrence of the pivot in the range counts, with pages from the same session.
    func trails(_ scope: Scope, depth: Int) -> SQL {
        let dialect = scope.dialect
        let condition = path.map { Step(.pageview, $0) } ?? Step(.event, event)
        let chosen: SQL = "is_chosen AND \(condition.condition(dialect))"
        let occurrences: SQL =
            path != nil
            ? "SELECT visitor, session_at, number, position FROM moves WHERE \(chosen)"
            : """
            SELECT visitor, session_at, pageview_no AS number, \(Scope.position) AS position FROM orderly WHERE \(chosen)
            UNION ALL SELECT visitor, session_at, number, position FROM numbered WHERE \(chosen)
            """
        let pages =
            direction == .forward
            ? dialect.first(depth, of: "moves.path", by: "moves.number") : dialect.last(depth, of: "moves.path", by: "moves.number")
        // An event has the number of the page on which it happened. Going backward from an event, that page is the first.
        let side: SQL = direction == .forward ? ">" : path != nil ? "<" : "<="
        // Sessions overlap if the site sets session ids, or if several visitors count as one person. If the pivot occurs in several
        // sessions at the same position, the occurrence in the session that began first counts.
        return """
            \(Moves.ctes(scope)),
            occurrences AS MATERIALIZED (
              SELECT visitor, position, session_at * 1048576 + least(number, 1048575) AS place FROM (\(occurrences)) chosen),
            begun AS MATERIALIZED (
              SELECT visitor, \(dialect.quotient("place", "1048576")) AS session_at, CAST(place % 1048576 AS int) AS number
              FROM (
                SELECT occurrences.visitor, min(place) AS place FROM occurrences
                JOIN (SELECT visitor, min(position) AS position FROM occurrences GROUP BY visitor) earliest
                  ON earliest.visitor = occurrences.visitor AND earliest.position = occurrences.position
                GROUP BY occurrences.visitor) firsts),
            trails AS MATERIALIZED (
              SELECT begun.visitor, \(pages) AS pages
              FROM begun LEFT JOIN moves ON moves.visitor = begun.visitor AND moves.session_at = begun.session_at AND moves.number \(side) begun.number
              GROUP BY begun.visitor)
            """
    }
}
