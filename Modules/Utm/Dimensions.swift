import Core

extension UtmModule {
    /// The channel, the campaign parameters and the click id of a session.
    public var dimensions: [SessionDimension] {
        let titles = [
            "utm_source": ["en": "Campaign source", "de": "Markierte Quelle"], "utm_medium": ["en": "Medium", "de": "Medium"],
            "utm_campaign": ["en": "Campaign", "de": "Kampagne"], "utm_content": ["en": "Campaign content", "de": "Link einer Kampagne"],
            "utm_term": ["en": "Campaign keyword", "de": "Gekauftes Suchwort"],
            ClickID.column: ["en": "Click ID", "de": "Markierter Klick"],
        ]
        let parameters = (CampaignFields.names + [ClickID.column]).map { name in
            SessionDimension(name, titles: titles[name] ?? ["en": name]) { filter, scope in
                let touches = Self.firstTouches(of: scope.facts(of: Self.touches))
                return filter.condition(onSessions: "SELECT visitor, session_at, \(sql: name) AS value FROM (\(touches)) first_touches")
            }
        }
        return [SessionDimension("channel", titles: ["en": "Channel", "de": "Kanal"], condition: Self.channel)] + parameters
    }

    /// Returns the condition on a session's channel. A session with a touch is classified by its first touch, any other session by the
    /// `source` of its rows.
    private static func channel(_ filter: Filter, _ scope: Scope) async throws -> SQL {
        let touches = firstTouches(of: scope.facts(of: touches))
        let sources = try await scope.rows(
            "utm.sources", [.tally("counted", by: ["source"], [.count("n")], from: "activity")],
            "SELECT source, n FROM counted ORDER BY n DESC, source LIMIT \(OriginText.maximum)"
        )
        .map { [Channel(Origin(referrer: $0.text("source"))).rawValue, $0.text("source")] }
        let origins = try await scope.rows(
            "utm.tagged_origins",
            with: "origins AS (SELECT \(OriginText.sql("session_source")) AS origin FROM (\(touches)) first_touches)",
            [.tally("counted", by: ["origin"], [.count("n")], from: "origins")],
            "SELECT origin, n FROM counted ORDER BY n DESC, origin LIMIT \(OriginText.maximum)"
        ).map { [OriginText.channel($0.text("origin")).rawValue, $0.text("origin")] }
        let dialect = scope.dialect, other = Channel.other.rawValue, asked = filter.condition(on: "channel")
        let known: SQL = "(\(dialect.table(["channel", "named"], of: sources))) known"
        return """
            ((visitor, session_at) IN (
                SELECT visitor, session_at FROM (
                  SELECT visitor, session_at, coalesce(channel, \(other)) AS channel
                  FROM (SELECT visitor, session_at, \(OriginText.sql("session_source")) AS origin FROM (\(touches)) first_touches) tagged
                  LEFT JOIN (\(dialect.table(["channel", "named"], of: origins))) known ON known.named = tagged.origin) placed
                WHERE \(asked))
              OR ((visitor, session_at) NOT IN (SELECT visitor, session_at FROM (\(touches)) first_touches)
                AND (source IN (SELECT named FROM \(known) WHERE \(asked))
                  OR (\(filter.condition(on: "\(other)")) AND source NOT IN (SELECT named FROM \(known))))))
            """
    }
}
