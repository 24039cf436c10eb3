import Core

/// The campaign parameters of a pageview, as they are stored.
struct CampaignFields: Sendable {
    static let names = ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"]
    static let maximumLength = 200

    static let fields: [Schema.Field] = [
        .optional("utm_source", .optionalText(maximumLength), "Who sent the visitor."),
        .optional("utm_medium", .optionalText(maximumLength), "By what means, such as cpc or email."),
        .optional("utm_campaign", .optionalText(maximumLength), "Name of the campaign."),
        .optional("utm_content", .optionalText(maximumLength), "Which of several links."),
        .optional("utm_term", .optionalText(maximumLength), "Which search word was bought."),
    ] + ClickID.fields

    /// In the order of `names`; "" for what was not sent.
    let values: [String]
    let clickID: ClickID?

    /// Nil where none of them says anything.
    init?(_ payload: Payload) {
        values = Self.names.map { Self.kept(payload.text($0)) }
        clickID = ClickID(payload)
        guard clickID != nil || values.contains(where: { !$0.isEmpty }) else { return nil }
    }

    /// Without control characters, and white space at both ends. The case stays: it is the site's own name for something.
    static func kept(_ text: String) -> String {
        let scalars = text.unicodeScalars.filter { $0.properties.generalCategory != .control }
        let start = scalars.drop { $0.properties.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
        return String(String.UnicodeScalarView(start[...last])).prefix(scalars: maximumLength)
    }
}
