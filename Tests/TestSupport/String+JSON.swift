import Common

extension String {
    /// The text as a JSON string, with quotes.
    package var quoted: String {
        var text = JSONText()
        text.append(string: self)
        return text.string
    }
}
