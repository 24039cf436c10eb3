import Core

/// What the rules of channels have to know of a session, as one text: they are asked once for each that occurs, and the answers joined
/// back. Of a campaign's name they want to know no more than two words, so most names need not be told apart.
enum OriginText {
    /// Different origins that are looked at; rarer ones, which nobody but a machine makes so many of, are Other.
    static let maximum = 20_000
    /// Between the parts of an origin. No part has it: control characters are not kept.
    private static let separator = "\u{1D}"

    /// - Parameter source: the session's; its campaign's parameters are columns, null for none.
    static func sql(_ source: SQL) -> SQL {
        """
        \(source) || \(separator) || coalesce(utm_source, '') || \(separator) || coalesce(utm_medium, '') || \(separator) ||
          CASE WHEN coalesce(utm_campaign, '') = '' THEN '' WHEN lower(utm_campaign) LIKE '%shop%' THEN utm_campaign
            WHEN lower(utm_campaign) LIKE '%cross-network%' THEN utm_campaign ELSE '-' END || \(separator) || coalesce(click_id, '')
        """
    }

    static func channel(_ origin: String) -> Channel {
        // exact: a control character takes no mark
        let parts = origin.split(separator: Character(separator), omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5 else { return .other }
        return Channel(Origin(
            referrer: parts[0], source: parts[1], medium: parts[2], campaign: parts[3], clickID: ClickID(rawValue: parts[4])))
    }
}
