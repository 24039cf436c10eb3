/// A value that must not be shown. Printing, logging or dumping it shows `(hidden)`.
public struct Secret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The value itself. Never print or log it.
    public let revealed: String

    public init(_ value: String) { revealed = value }

    /// The text shown in place of the secret: `postgresql://(hidden)` for a URL, otherwise `(hidden)`.
    public var description: String {
        let scheme = revealed.prefix { $0.isASCII && $0.isLetter }
        return !scheme.isEmpty && revealed.dropFirst(scheme.count).hasPrefix("://") ? "\(scheme)://(hidden)" : "(hidden)"
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// Why the secret could be guessed and what to do about it, worded to follow the secret's name. Nil if the secret is long and varied
    /// enough.
    public var weakness: String? {
        let characters = revealed.unicodeScalars.count, different = Set(revealed.unicodeScalars).count
        let advice = "Use 32 or more random characters, such as the output of `openssl rand -hex 32`."
        if characters < 32 { return "has only \(characters) characters and could be guessed. \(advice)" }
        return different < 8 ? "has only \(different) different characters and could be guessed. \(advice)" : nil
    }
}
