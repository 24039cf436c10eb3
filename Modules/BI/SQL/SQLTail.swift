/// The end of a statement as editors and consoles write it: one semicolon, possibly with white space and comments around it.
enum SQLTail {
    /// The error for a semicolon anywhere else.
    static let refusal = "';' is not accepted inside a statement; send one statement at a time."

    /// Whether `text`, the rest of a statement, consists only of a semicolon, white space and comments.
    static func begins(in text: ArraySlice<Unicode.Scalar>) -> Bool {
        guard let first = text.first, [";", "-", "/"].contains(first) else { return false }
        let rest = withoutBlanks(text)
        return rest.first == ";" && withoutBlanks(rest.dropFirst()).isEmpty
    }

    /// Drops leading white space and comments.
    private static func withoutBlanks(_ text: ArraySlice<Unicode.Scalar>) -> ArraySlice<Unicode.Scalar> {
        var rest = text
        while true {
            rest = rest.drop { [" ", "\t", "\n", "\r"].contains($0) }
            if rest.starts(with: "--".unicodeScalars) {
                rest = rest.drop { $0 != "\n" }
            } else if rest.starts(with: "/*".unicodeScalars), let end = endOfComment(rest.dropFirst(2)) {
                rest = rest[end...]
            } else {
                return rest
            }
        }
    }

    /// The index after the next `*/`; nil if there is none, or if a comment is nested, since engines disagree about where that comment
    /// ends.
    private static func endOfComment(_ text: ArraySlice<Unicode.Scalar>) -> Int? {
        var last: Unicode.Scalar = " "
        for (index, scalar) in zip(text.indices, text) {
            if last == "*", scalar == "/" { return index + 1 }
            if last == "/", scalar == "*" { return nil }
            last = scalar
        }
        return nil
    }
}
