import Core

/// Visitors, sessions and pageviews by channel.
struct Channels: Sendable {
    let channel: String
    let visitors: Int64
    let sessions: Int64
    let pageviews: Int64

    static let shape = Shape<Channels>([
        .required("channel", \.channel, .choice(Channel.allCases.map(\.rawValue))), .required("visitors", \.visitors, .count),
        .required("sessions", \.sessions, .count), .required("pageviews", \.pageviews, .count),
    ])

    static func run(_ scope: Scope) async throws -> [Channels] {
        let origins: SQL = """
            \(UtmModule.firstTouches),
            origins AS NOT MATERIALIZED (
              SELECT visits.visitor, views, \(OriginText.sql("visits.source")) AS origin
              FROM (
                SELECT visitor, session_at, min(source) AS source, count(*) FILTER (WHERE kind = 0) AS views FROM activity
                GROUP BY visitor, session_at) visits
              LEFT JOIN first_touches touch ON touch.visitor = visits.visitor AND touch.session_at = visits.session_at)
            """
        let channels = try await scope.rows(
            "utm.origins", with: origins, [.tally("counted", by: ["origin"], [.count("n")], from: "origins")],
            "SELECT origin, n FROM counted ORDER BY n DESC, origin LIMIT \(OriginText.maximum)"
        ).map { [OriginText.channel($0.text("origin")).rawValue, $0.text("origin")] }
        return try await scope.rows(
            "utm.channels", with: "\(origins), known AS (\(scope.dialect.table(["channel", "origin"], of: channels)))",
            [
                .tally(
                    "counted", by: ["channel"], [.visitors("visitors"), .count("sessions"), .sum("views", of: "views")],
                    from: """
                        (SELECT coalesce(channel, \(Channel.other.rawValue)) AS channel, visitor, views
                        FROM origins LEFT JOIN known ON known.origin = origins.origin) placed
                        """, groups: Int64(Channel.allCases.count))
            ],
            "SELECT channel, visitors, sessions, views FROM counted"
        )
        .map {
            Channels(channel: $0.text("channel"), visitors: $0.int("visitors"), sessions: $0.int("sessions"), pageviews: $0.int("views"))
        }
        .sorted { ($1.visitors, $0.channel) < ($0.visitors, $1.channel) }
    }
}

/// Visitors and pageviews from an AI assistant.
struct AIReferrers: Sendable {
    /// The assistant's host, as listed in `SourceCatalog`.
    let source: String
    let visitors: Int64
    let pageviews: Int64

    static let shape = Shape<AIReferrers>([
        .required("source", \.source, .choice(SourceCatalog.assistants.map(\.host))), .required("visitors", \.visitors, .count),
        .required("pageviews", \.pageviews, .count),
    ])

    /// Returns the assistants, recognized by referrer or by `utm_source`. Assistants add `utm_source` to links in case the browser sends no
    /// referrer.
    static func run(_ scope: Scope) async throws -> [AIReferrers] {
        func assistant(_ column: SQL) -> SQL {
            let cases = SourceCatalog.assistants.map { "WHEN \(column) IN \(list: $0.names) THEN \($0.host)" as SQL }
            return "CASE \(SQL.joined(cases, separator: " ")) END"
        }
        return try await scope.rows(
            "utm.ai_referrers",
            with: """
                \(UtmModule.firstTouches),
                sent AS NOT MATERIALIZED (
                  SELECT activity.visitor, kind, coalesce(\(assistant("source")), \(assistant("lower(utm_source)"))) AS assistant
                  FROM activity LEFT JOIN first_touches touch ON touch.visitor = activity.visitor AND touch.session_at = activity.session_at)
                """,
            [
                .tally(
                    "counted", by: ["assistant"], [.visitors("visitors"), .count("views", where: "kind = 0")],
                    from: "sent WHERE assistant IS NOT NULL", groups: Int64(SourceCatalog.assistants.count))
            ],
            "SELECT assistant, visitors, views FROM counted ORDER BY visitors DESC, assistant"
        ).map { AIReferrers(source: $0.text("assistant"), visitors: $0.int("visitors"), pageviews: $0.int("views")) }
    }
}
