import Core

/// The campaign parameters and click id of a pageview, as stored.
struct CampaignFields: Sendable {
    static let names = ["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"]
    static let maximumLength = 200

    static let fields: [Schema.Field] =
        [
            .optional("utm_source", .optionalText(maximumLength), "The source that sent the visitor."),
            .optional("utm_medium", .optionalText(maximumLength), "The medium, such as cpc or email."),
            .optional("utm_campaign", .optionalText(maximumLength), "Name of the campaign."),
            .optional("utm_content", .optionalText(maximumLength), "Distinguishes the links within a campaign."),
            .optional("utm_term", .optionalText(maximumLength), "The paid search keyword."),
        ] + ClickID.fields

    /// The values, in the order of `names`; "" for parameters that weren't sent.
    let values: [String]
    let clickID: ClickID?

    /// Returns nil if all parameters are empty and there is no click id.
    init?(_ payload: Payload) {
        values = Self.names.map { Self.kept(payload.text($0)) }
        clickID = ClickID(payload)
        guard clickID != nil || values.contains(where: { !$0.isEmpty }) else { return nil }
    }

    /// Returns the text without control characters and surrounding white space, cut to `maximumLength`. Case is kept, because sites choose
    /// these names themselves.
    static func kept(_ text: String) -> String {
        let scalars = text.unicodeScalars.filter { $0.properties.generalCategory != .control }
        let start = scalars.drop { $0.properties.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.properties.isWhitespace }) else { return "" }
        return String(String.UnicodeScalarView(start[...last])).prefix(scalars: maximumLength)
    }
}
