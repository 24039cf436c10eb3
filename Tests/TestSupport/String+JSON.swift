import Common

extension String {
    /// As a JSON string, with its quotes.
    public var quoted: String {
        var text = JSONText()
        text.append(string: self)
        return text.string
    }
}
