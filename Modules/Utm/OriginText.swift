import Core

/// What the channel rules need to know about a session, combined into one text. The rules run once for each distinct text, and the channels
/// are joined back to the sessions. In a campaign's name, the rules look for only two words, so all names without these words become `-`.
enum OriginText {
    /// The maximum number of distinct origins to classify. Rarer origins count as Other; only automated traffic has that many.
    static let maximum = 20_000
    /// Separates the parts of an origin. No part contains it, because control characters are removed.
    private static let separator = "\u{1D}"

    /// Returns the SQL expression for the text.
    /// - Parameter source: the SQL expression for the session's source. Campaign parameters are read from their columns, which are null for
    ///   a session without a touch.
    static func sql(_ source: SQL) -> SQL {
        """
        \(source) || \(separator) || coalesce(utm_source, '') || \(separator) || coalesce(utm_medium, '') || \(separator) ||
          CASE WHEN coalesce(utm_campaign, '') = '' THEN '' WHEN lower(utm_campaign) LIKE '%shop%' THEN utm_campaign
            WHEN lower(utm_campaign) LIKE '%cross-network%' THEN utm_campaign ELSE '-' END || \(separator) || coalesce(click_id, '')
        """
    }

    /// Returns the channel for a text that `sql` produced.
    static func channel(_ origin: String) -> Channel {
        // exact: a control character takes no combining mark
        let parts = origin.split(separator: Character(separator), omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5 else { return .other }
        return Channel(
            Origin(
                referrer: parts[0], source: parts[1], medium: parts[2], campaign: parts[3], clickID: ClickID(rawValue: parts[4])))
    }
}
