import Core

/// What the channel rules need to know about a session, as one text. The rules run once for each distinct text, and the results are joined
/// back. They look for only two words in a campaign's name, so all names without them become `-`.
enum OriginText {
    /// The most distinct origins that are classified. Rarer ones are Other; only machines produce so many.
    static let maximum = 20_000
    /// Separates the parts of an origin. No part contains it, because control characters are removed.
    private static let separator = "\u{1D}"

    /// The SQL that makes the text.
    /// - Parameter source: the session's source. The campaign parameters are read from columns, which are null without a campaign.
    static func sql(_ source: SQL) -> SQL {
        """
        \(source) || \(separator) || coalesce(utm_source, '') || \(separator) || coalesce(utm_medium, '') || \(separator) ||
          CASE WHEN coalesce(utm_campaign, '') = '' THEN '' WHEN lower(utm_campaign) LIKE '%shop%' THEN utm_campaign
            WHEN lower(utm_campaign) LIKE '%cross-network%' THEN utm_campaign ELSE '-' END || \(separator) || coalesce(click_id, '')
        """
    }

    /// The channel for a text that `sql` made.
    static func channel(_ origin: String) -> Channel {
        // exact: a control character takes no combining mark
        let parts = origin.split(separator: Character(separator), omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5 else { return .other }
        return Channel(
            Origin(
                referrer: parts[0], source: parts[1], medium: parts[2], campaign: parts[3], clickID: ClickID(rawValue: parts[4])))
    }
}
