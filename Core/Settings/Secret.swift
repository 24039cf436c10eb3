/// A value that must not be seen: printing, logging or dumping it shows that it is set and no more.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The value itself, for where it is used.
    public let revealed: String

    public init(_ value: String) { revealed = value }

    /// `postgresql://(hidden)` for a URL, else `(hidden)`.
    public var description: String {
        let scheme = revealed.prefix { $0.isASCII && $0.isLetter }
        return !scheme.isEmpty && revealed.dropFirst(scheme.count).hasPrefix("://") ? "\(scheme)://(hidden)" : "(hidden)"
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Why it could be guessed, behind the secret's name, and what to do; nil for one that is long and varied enough.
    public var guessability: String? {
        let characters = revealed.unicodeScalars.count, different = Set(revealed.unicodeScalars).count
        let advice = "Use 32 or more at random, such as `openssl rand -hex 32` prints."
        if characters < 32 { return "has only \(characters) characters and could be guessed. \(advice)" }
        return different < 8 ? "has only \(different) different characters and could be guessed. \(advice)" : nil
    }
}
