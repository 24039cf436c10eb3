extension String {
    /// The first `count` Unicode scalars, which is what schemas count as characters.
    public func prefix(scalars count: Int) -> String {
        // No scalar is shorter than a byte, and bytes are counted at once.
        utf8.count <= count ? self : String(UnicodeScalarView(unicodeScalars.prefix(count)))
    }
}
