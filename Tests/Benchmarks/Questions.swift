import Common
import Foundation

/// A report, and the SQL that gets the same result from the `activity` table without Pulse.
///
/// The SQL is what one would naturally write, grouped by session if the question is about sessions. Apart from `quotient`, its text is the
/// same for DuckDB and ClickHouse.
struct Question: Sendable {
    let name: String
    /// The path, with `{id}` as the placeholder for the definition's id, if there is a definition.
    let path: String
    var query = ""
    /// The definition to create before the report is requested.
    var definition: (path: String, body: String)?
    /// The statements, in order.
    let statements: @Sendable (_ days: Int64, _ quotient: (String, Int64) -> String) -> [String]
    /// Returns the report's values to compare with the first columns of the rows that SQL returns; nil for no comparison.
    var answer: (@Sendable ([String: Any]) -> [[Any?]])?

    static let project = 1

    static func range(_ days: Int64) -> (start: Instant, end: Instant) { (Traffic.end.adding(days: -days), Traffic.end) }

    static func within(_ days: Int64, previous: Bool = false) -> String {
        let (start, end) = range(days)
        let (from, to) = previous ? (start.adding(days: -days), start) : (start, end)
        return "project = \(project) AND occurred_at >= \(from.milliseconds) AND occurred_at < \(to.milliseconds) AND kind < 2"
    }

    private static func factsWithin(_ days: Int64) -> String {
        let (start, end) = range(days)
        return "project = \(project) AND occurred_at >= \(start.milliseconds) AND occurred_at < \(end.milliseconds)"
    }

    /// Questions on the data set of `FactTimes`.
    static let ofFacts: [Question] = [
        Question(
            name: "errors by group", path: "/api/v1/errors",
            statements: { days, _ in
                [
                    """
                    WITH shown AS MATERIALIZED (
                      SELECT fingerprint, fingerprint_low, count(*) AS n, max(occurred_at) AS last_at FROM error_tracking_errors
                      WHERE \(factsWithin(days)) GROUP BY ALL ORDER BY n DESC, last_at DESC LIMIT 10),
                    latest AS (
                      SELECT fingerprint, count(DISTINCT visitor) AS met, arg_max(message, occurred_at) AS message, arg_max(path, occurred_at) AS path,
                        arg_max(browser, occurred_at) AS browser, arg_max(release, occurred_at) AS release
                      FROM error_tracking_errors SEMI JOIN shown USING (fingerprint, fingerprint_low) WHERE \(factsWithin(days)) GROUP BY ALL),
                    seen AS (
                      SELECT fingerprint, min(occurred_at) AS first_at, max(occurred_at) AS last_at
                      FROM error_tracking_errors SEMI JOIN shown USING (fingerprint, fingerprint_low) WHERE project = \(project) GROUP BY ALL)
                    SELECT n, met, message, path, browser, release, seen.first_at, seen.last_at
                    FROM shown JOIN latest USING (fingerprint) JOIN seen USING (fingerprint) ORDER BY n DESC, shown.last_at DESC
                    """
                ]
            },
            answer: list("count", "affected_visitors", "message")),
        search("a word in one of 16 entries", "coupon"), search("a word in no entry", "teapot"),
    ]

    private static func search(_ name: String, _ word: String) -> Question {
        Question(
            name: "log search, \(name)", path: "/api/v1/logs", query: "&search=\(word)",
            statements: { days, _ in
                [
                    """
                    SELECT level, message, data, path, release, environment FROM logs_entries
                    WHERE \(factsWithin(days)) AND contains(search_text, '\(word)') ORDER BY occurred_at DESC, number DESC LIMIT 10
                    """
                ]
            },
            answer: list("level", "message"))
    }

    static let all: [Question] = [
        Question(
            name: "stats (with the previous period)", path: "/api/v1/stats",
            statements: { days, _ in
                [false, true].map { previous in
                    """
                    SELECT CAST(coalesce(sum(pv), 0) AS BIGINT), count(DISTINCT visitor), count(*), CAST(coalesce(sum(ev), 0) AS BIGINT), count(*) FILTER (WHERE pv = 1), CAST(coalesce(sum(d), 0) AS BIGINT)
                    FROM (SELECT visitor, session_at, count(*) FILTER (WHERE kind = 0) AS pv, count(*) FILTER (WHERE kind = 1) AS ev, max(occurred_at) - min(occurred_at) AS d
                      FROM activity WHERE \(within(days, previous: previous)) GROUP BY visitor, session_at) s
                    """
                }
            },
            answer: { report in
                ["current"].map { period in
                    let one = report[period] as? [String: Any] ?? [:]
                    return ["pageviews", "visitors", "sessions", "events"].map { one[$0] }
                }
            }),
        timeseries(.day, 86_400_000), timeseries(.hour, 3_600_000),
        Question(
            name: "pages", path: "/api/v1/pages",
            statements: { days, _ in
                [
                    """
                    WITH best AS (SELECT path, count(*) AS n, count(DISTINCT visitor) AS u, count(*) OVER () AS pages FROM activity WHERE \(within(days)) AND kind = 0
                      GROUP BY path ORDER BY n DESC, path LIMIT 10),
                    spent AS (SELECT from_path, sum(gap) AS t FROM activity WHERE \(within(days)) AND from_path <> '' GROUP BY from_path)
                    SELECT best.path, n, u, pages, CAST(t AS BIGINT) FROM best LEFT JOIN spent ON best.path = spent.from_path ORDER BY n DESC, best.path
                    """
                ]
            },
            answer: list("path", "views", "unique_views")),
        Question(
            name: "entry pages", path: "/api/v1/pages/entry",
            statements: { days, _ in
                [
                    """
                    SELECT page, count(*) AS n, count(*) FILTER (WHERE pv = 1) AS bounced, count(*) OVER () AS pages
                    FROM (SELECT argMin(path, occurred_at) AS page, count(*) AS pv FROM activity WHERE \(within(days)) AND kind = 0 GROUP BY visitor, session_at) s
                    GROUP BY page ORDER BY n DESC, page LIMIT 10
                    """
                ]
            },
            answer: list("path", "sessions")),
        Question(
            name: "exit pages", path: "/api/v1/pages/exit",
            statements: { days, _ in
                [
                    """
                    SELECT e.page, e.n, p.v FROM (SELECT page, count(*) AS n
                      FROM (SELECT argMax(path, occurred_at) AS page FROM activity WHERE \(within(days)) AND kind = 0 GROUP BY visitor, session_at) s GROUP BY page) e
                    JOIN (SELECT path, count(*) AS v FROM activity WHERE \(within(days)) AND kind = 0 GROUP BY path) p ON p.path = e.page
                    ORDER BY e.n DESC, e.page LIMIT 10
                    """
                ]
            },
            answer: list("path", "sessions")),
        Question(
            name: "referrers", path: "/api/v1/referrers",
            statements: { days, _ in
                [
                    """
                    SELECT source, count(DISTINCT visitor) AS u, count(*) FILTER (WHERE kind = 0) FROM activity WHERE \(within(days))
                    GROUP BY source ORDER BY u DESC, source LIMIT 10
                    """
                ]
            },
            answer: list("source", "visitors", "pageviews")),
        Question(
            name: "events", path: "/api/v1/events",
            statements: { days, _ in
                [
                    """
                    SELECT name, count(*) AS n, count(DISTINCT visitor) FROM activity WHERE \(within(days)) AND kind = 1
                    GROUP BY name ORDER BY n DESC, name LIMIT 10
                    """
                ]
            },
            answer: list("name", "count", "unique")),
        Question(
            name: "devices", path: "/api/v1/devices",
            statements: { days, _ in
                [
                    """
                    SELECT coalesce(browser, ''), coalesce(os, ''), coalesce(device, ''), count(DISTINCT visitor) FROM activity WHERE \(within(days))
                    GROUP BY GROUPING SETS ((browser), (os), (device), ()) ORDER BY 1, 2, 3
                    """
                ]
            }),
        Question(
            // Without a GeoIP database, no event has a location, so this measures a report with a single row, for unknown countries.
            name: "geo (all locations unknown)", path: "/api/v1/geo",
            statements: { days, _ in
                [
                    """
                    SELECT country, count(DISTINCT visitor) AS u FROM activity WHERE \(within(days))
                    GROUP BY country ORDER BY u DESC, country LIMIT 10
                    """
                ]
            }),
    ]

    static let realtime = Question(
        name: "realtime", path: "/api/v1/realtime",
        statements: { _, _ in
            let now = Instant.now.milliseconds
            return [
                "SELECT count(DISTINCT visitor) FROM activity WHERE project = \(project) AND occurred_at >= \(now - 300_000) AND occurred_at <= \(now) AND kind < 2"
            ]
        })

    private enum Unit: String { case day, hour }

    private static func timeseries(_ unit: Unit, _ milliseconds: Int64) -> Question {
        Question(
            name: "timeseries by \(unit.rawValue)", path: "/api/v1/stats/timeseries", query: "&interval=\(unit.rawValue)",
            statements: { days, quotient in
                [
                    """
                    SELECT \(quotient("occurred_at", milliseconds)) AS bucket, count(*) FILTER (WHERE kind = 0), count(DISTINCT visitor), count(DISTINCT (visitor, session_at))
                    FROM activity WHERE \(within(days)) GROUP BY bucket ORDER BY bucket
                    """
                ]
            },
            answer: { report in
                let points = report["data"] as? [[String: Any]] ?? []
                // The report labels its buckets instead of numbering them, and the rows lack empty buckets.
                return points.filter { $0["visitors"] as? Int != 0 }.map { [nil, $0["pageviews"], $0["visitors"], $0["sessions"]] }
            })
    }

    private static func list(_ names: String...) -> @Sendable ([String: Any]) -> [[Any?]] {
        { report in (report["data"] as? [[String: Any]] ?? []).map { row in names.map { row[$0] } } }
    }
}

extension Instant {
    static var now: Instant { Instant(Date()) }
}
