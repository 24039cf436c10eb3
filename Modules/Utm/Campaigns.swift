import Core

extension UtmModule {
    /// The CTE `first_touches`: `firstTouches(of:)` applied to all touches in the report's scope.
    static let firstTouches: SQL = "first_touches AS NOT MATERIALIZED (\(firstTouches(of: "SELECT * FROM utm_touches")))"

    /// A SELECT of each session's campaign, which is that of the session's first touch in the range. Columns: `visitor`, `session_at`,
    /// `session_source`, those in `CampaignFields.names`, and `click_id`.
    static func firstTouches(of touches: SQL) -> SQL {
        let fields = SQL(sql: (CampaignFields.names + [ClickID.column]).joined(separator: ", "))
        return """
            SELECT visitor, session_at, source AS session_source, \(fields) FROM (
              SELECT visitor, session_at, source, \(fields), row_number() OVER (PARTITION BY visitor, session_at ORDER BY occurred_at, \(fields)) AS place
              FROM (\(touches)) touches) numbered
            WHERE place = 1
            """
    }
}

/// A campaign and the sessions it started.
struct Campaigns: Sendable {
    let campaign: String
    let visitors: Int64
    /// All pageviews of the campaign's sessions: the landing page and those after it.
    let pageviews: Int64
    /// Sessions with exactly one pageview, as a percentage of the campaign's sessions.
    let bounceRate: Double
    /// Average seconds from the first to the last activity of a session.
    let avgDuration: Double

    static let shape = Shape<Campaigns>([
        .required("campaign", \.campaign, .text(CampaignFields.maximumLength)), .required("visitors", \.visitors, .count),
        .required("pageviews", \.pageviews, .count), .required("bounce_rate", \.bounceRate, .percentage),
        .required("avg_duration", \.avgDuration, .seconds),
    ])

    static func run(_ scope: Scope) async throws -> [Campaigns] {
        try await scope.rows(
            "utm.campaigns",
            with: """
                \(UtmModule.firstTouches),
                views AS NOT MATERIALIZED (SELECT visitor, session_at, count(*) AS n FROM pageviews GROUP BY visitor, session_at)
                """,
            [
                .tally(
                    "counted", by: ["utm_campaign"],
                    [
                        .visitors("visitors"), .sum("views", of: "n"), .count("sessions"), .count("bounces", where: "pageviews = 1"),
                        .sum("duration", of: "duration"),
                    ],
                    from: """
                        (SELECT utm_campaign, touch.visitor, coalesce(views.n, 0) AS n, sessions.pageviews,
                          sessions.ended_at - sessions.started_at AS duration
                        FROM first_touches touch
                        JOIN sessions ON sessions.visitor = touch.visitor AND sessions.session_at = touch.session_at
                        LEFT JOIN views ON views.visitor = touch.visitor AND views.session_at = touch.session_at
                        WHERE utm_campaign <> '') visited
                        """)
            ],
            """
            SELECT utm_campaign, visitors, views, sessions, bounces, duration FROM counted
            ORDER BY visitors DESC, utm_campaign LIMIT \(scope.limit) OFFSET \(scope.offset)
            """
        ).map { row in
            let sessions = row.int("sessions")
            return Campaigns(
                campaign: row.text("utm_campaign"), visitors: row.int("visitors"), pageviews: row.int("views"),
                bounceRate: Rounded.percentage(row.int("bounces"), of: sessions),
                avgDuration: Rounded.seconds(row.int("duration"), over: sessions))
        }
    }
}

/// Visitors and pageviews by one campaign parameter of their sessions.
struct CampaignBreakdown: Sendable {
    enum Parameter: String, Sendable { case source, medium }

    let name: String
    let visitors: Int64
    let pageviews: Int64

    static func shape(_ parameter: Parameter) -> Shape<CampaignBreakdown> {
        Shape([
            .required(parameter.rawValue, \.name, .text(CampaignFields.maximumLength)), .required("visitors", \.visitors, .count),
            .required("pageviews", \.pageviews, .count),
        ])
    }

    static func run(_ scope: Scope, by parameter: Parameter) async throws -> [CampaignBreakdown] {
        let column = SQL(sql: "utm_\(parameter.rawValue)")
        return try await scope.rows(
            "utm.breakdown", with: UtmModule.firstTouches,
            [
                .tally(
                    "counted", by: ["name"], [.visitors("visitors"), .count("views", where: "kind = 0")],
                    from: """
                        (SELECT \(column) AS name, touch.visitor, kind
                        FROM first_touches touch JOIN activity ON activity.visitor = touch.visitor AND activity.session_at = touch.session_at
                        WHERE \(column) <> '') seen
                        """)
            ],
            """
            SELECT name, visitors, views FROM counted ORDER BY visitors DESC, name LIMIT \(scope.limit) OFFSET \(scope.offset)
            """
        ).map {
            CampaignBreakdown(name: $0.text("name"), visitors: $0.int("visitors"), pageviews: $0.int("views"))
        }
    }
}

/// Visitors and pageviews from one campaign source on one day.
struct CampaignTimeseries: Sendable {
    let date: String
    let visitors: Int64
    let pageviews: Int64

    static let shape = Shape<CampaignTimeseries>([
        .required("date", \.date, .text(10)), .required("visitors", \.visitors, .count), .required("pageviews", \.pageviews, .count),
    ])

    /// Returns one line for each day of the range, even without visitors. A visitor counts on every day with a pageview in a session from
    /// that source.
    static func run(_ scope: Scope, source: String) async throws -> [CampaignTimeseries] {
        let buckets = TimeBuckets(.day, of: scope), all = try buckets.points(chosenBy: "start_at")
        let rows = try await scope.rows(
            "utm.timeseries", with: UtmModule.firstTouches,
            [
                .tally(
                    "counted", by: ["bucket"], [.count("views"), .visitors("visitors")],
                    from: """
                        (SELECT \(buckets.number(of: "pageviews.occurred_at")) AS bucket, touch.visitor
                        FROM first_touches touch JOIN pageviews ON pageviews.visitor = touch.visitor AND pageviews.session_at = touch.session_at
                        WHERE touch.utm_source = \(source)) seen
                        """, groups: Int64(all.count))
            ],
            "SELECT bucket, views, visitors FROM counted")
        let rowByBucket = Dictionary(uniqueKeysWithValues: rows.map { ($0.int("bucket"), $0) })
        return all.map { number in
            CampaignTimeseries(
                date: buckets.label(number), visitors: rowByBucket[number]?.int("visitors") ?? 0,
                pageviews: rowByBucket[number]?.int("views") ?? 0)
        }
    }
}
