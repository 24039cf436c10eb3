extension String {
    /// The first `count` Unicode scalars. Schemas count length in scalars, too.
    public func prefix(scalars count: Int) -> String {
        // Every scalar has at least one byte, and the byte count is known without scanning the text.
        utf8.count <= count ? self : String(UnicodeScalarView(unicodeScalars.prefix(count)))
    }
}
