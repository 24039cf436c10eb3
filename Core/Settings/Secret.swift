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
}
