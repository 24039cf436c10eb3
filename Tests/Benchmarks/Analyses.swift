import Common

/// Analyses, and the SQL that gets the same result from the `activity` table. Funnels and paths order a visitor's rows by time, and
/// within a millisecond by arrival.
extension Question {

    /// The most frequent events and pages.
    private static let names = Traffic.Words.names.prefix(5).map { String(decoding: $0, as: UTF8.self) }
    private static let pages = Traffic.Words.paths.prefix(2).map { String(decoding: $0, as: UTF8.self) }

    static let analyses: [Question] = [funnel, retention, flow, segment]

    /// Counts the visitors that reach each step, with the median and p90 of the time since the previous step. A visitor reaches a step at
    /// its earliest match after reaching the previous step.
    private static var funnel: Question {
        let steps = names.map { #"{"type":"event","value":"\#($0)"}"# }.joined(separator: ",")
        return Question(
            name: "funnel of 5 steps", path: "/api/v1/funnels/{id}/analyze",
            definition: ("/api/v1/funnels", #"{"name":"bench","steps":[\#(steps)]}"#),
            statements: { days, quotient in
                var ctes = [
                    """
                    matched AS MATERIALIZED (
                      SELECT visitor, occurred_at * 1048576 + coalesce(seq, 1048575) AS t, name FROM activity WHERE \(within(days)) AND kind = 1 AND name IN (\(names.map { "'\($0)'" }.joined(separator: ", "))))
                    """, "s1 AS MATERIALIZED (SELECT visitor, min(t) AS t FROM matched WHERE name = '\(names[0])' GROUP BY visitor)",
                ]
                for step in 2...5 {
                    ctes.append(
                        """
                        s\(step) AS MATERIALIZED (
                          SELECT m.visitor, min(m.t) AS t FROM matched m JOIN s\(step - 1) b ON b.visitor = m.visitor
                          WHERE m.name = '\(names[step - 1])' AND m.t > b.t GROUP BY m.visitor)
                        """)
                }
                func line(_ number: Int, _ step: Int, from first: Int) -> String {
                    let took = "\(quotient("s.t", 1_048_576)) - \(quotient("b.t", 1_048_576))"
                    return """
                        SELECT \(number) AS line, count(*) AS n, quantile_disc(\(took), 0.5) AS median, quantile_disc(\(took), 0.9) AS p90
                        FROM s\(step) s JOIN s\(first) b ON b.visitor = s.visitor
                        """
                }
                let lines =
                    ["SELECT 1 AS line, count(*) AS n, NULL AS median, NULL AS p90 FROM s1"] + (2...5).map { line($0, $0, from: $0 - 1) }
                    + [line(6, 5, from: 1)]
                return [
                    "WITH \(ctes.joined(separator: ", ")) SELECT n, median, p90 FROM (\(lines.joined(separator: " UNION ALL "))) ORDER BY line"
                ]
            },
            answer: { report in
                let steps = report["steps"] as? [[String: Any]] ?? []
                func line(_ visitors: Any?, _ time: Any?) -> [Any?] {
                    let seconds = time as? [String: Double]
                    return [visitors] + ["median", "p90"].map { name in seconds?[name].map { Int(($0 * 1_000).rounded()) } }
                }
                return steps.map { line($0["visitors"], $0["time_to_convert"]) } + [
                    line(steps.last?["visitors"], report["time_to_convert"])
                ]
            })
    }

    /// The visitors who come back in the weeks after their first week. Weeks begin on Monday.
    private static var retention: Question {
        Question(
            name: "retention over 12 weeks", path: "/api/v1/retention/grid", query: "&period=weekly&intervals=12",
            statements: { days, quotient in
                // 1970-01-01 was a Thursday.
                let week = quotient("occurred_at + 259200000", 604_800_000)
                return [
                    """
                    WITH weeks AS MATERIALIZED (SELECT DISTINCT visitor, \(week) AS week FROM activity WHERE \(within(days))),
                    first AS (SELECT visitor, min(week) AS cohort FROM weeks GROUP BY visitor)
                    SELECT cohort, week - cohort AS later, count(*) AS n FROM weeks JOIN first USING (visitor) WHERE week - cohort <= 12
                    GROUP BY ALL ORDER BY ALL
                    """
                ]
            })
    }

    private static var flow: Question {
        Question(
            name: "paths, 3 steps deep", path: "/api/v1/paths/flow", query: "&path=\(pages[0])&depth=3",
            statements: { days, _ in
                [
                    """
                    WITH views AS (
                      SELECT visitor, session_at, occurred_at, seq, path, lag(path) OVER (PARTITION BY visitor, session_at ORDER BY occurred_at, seq) AS before
                      FROM activity WHERE \(within(days)) AND kind = 0 AND visitor IN (SELECT visitor FROM activity WHERE \(within(days)) AND kind = 0 AND path = '\(pages[0])')),
                    steps AS (
                      SELECT visitor, session_at, occurred_at, path, lead(path, 1) OVER w AS p1, lead(path, 2) OVER w AS p2, lead(path, 3) OVER w AS p3
                      FROM views WHERE before IS DISTINCT FROM path WINDOW w AS (PARTITION BY visitor, session_at ORDER BY occurred_at, seq)),
                    firsts AS (
                      SELECT visitor, arg_min(row(p1, p2, p3), occurred_at) AS way FROM steps WHERE path = '\(pages[0])' GROUP BY visitor)
                    SELECT CAST(way AS VARCHAR) AS way, count(*) AS n FROM firsts GROUP BY way ORDER BY n DESC LIMIT 100
                    """
                ]
            })
    }

    /// The overview of the visitors who meet three conditions.
    private static var segment: Question {
        let page = pages[1]
        let conditions =
            #"{"source":"event","event":"\#(names[0])"},{"source":"event","event":"\#(names[1])","count":{"op":"gte","value":2}},{"source":"pageview","field":"path","op":"eq","value":"\#(page)"}"#
        return Question(
            name: "overview of a segment with 3 conditions", path: "/api/v1/stats", query: "&segment_id={id}",
            definition: ("/api/v1/segments", #"{"name":"bench","definition":{"match":"all","conditions":[\#(conditions)]}}"#),
            statements: { days, _ in
                [false, true].map { previous in
                    let rows = within(days, previous: previous)
                    return """
                        WITH members AS MATERIALIZED (
                          SELECT visitor FROM activity WHERE \(rows) GROUP BY visitor
                          HAVING bool_or(kind = 1 AND name = '\(names[0])') AND count(*) FILTER (WHERE kind = 1 AND name = '\(names[1])') >= 2
                            AND bool_or(kind = 0 AND path = '\(page)'))
                        SELECT CAST(coalesce(sum(pv), 0) AS BIGINT), count(DISTINCT visitor), count(*), CAST(coalesce(sum(ev), 0) AS BIGINT),
                          count(*) FILTER (WHERE pv = 1), sum(d)
                        FROM (SELECT visitor, session_at, count(*) FILTER (WHERE kind = 0) AS pv, count(*) FILTER (WHERE kind = 1) AS ev, max(occurred_at) - min(occurred_at) AS d
                          FROM activity WHERE \(rows) AND visitor IN (SELECT visitor FROM members) GROUP BY visitor, session_at) s
                        """
                }
            },
            answer: { report in
                ["current"].map { period in
                    let one = report[period] as? [String: Any] ?? [:]
                    return ["pageviews", "visitors", "sessions", "events"].map { one[$0] }
                }
            })
    }
}
