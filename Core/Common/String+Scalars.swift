extension String {
    /// The first `count` Unicode scalars, which is what schemas count as characters.
    public func prefix(scalars count: Int) -> String {
        // A scalar has at least one byte, and the byte count is known without scanning the text.
        utf8.count <= count ? self : String(UnicodeScalarView(unicodeScalars.prefix(count)))
    }
}
