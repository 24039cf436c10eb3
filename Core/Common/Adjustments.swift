/// Changes that made an odd event storable. The ledger counts each by its name.
public struct Adjustments: OptionSet, Sendable, Hashable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// NUL, half of a surrogate pair or bytes that are no UTF-8 became U+FFFD.
    public static let characters = Adjustments(rawValue: 1)
    /// A text was cut, or of a free object what is too much was left out.
    public static let tooLong = Adjustments(rawValue: 2)
    /// A number that was written as text was read; one that 64 bits can't hold is kept as text; a fraction was rounded where a whole number is
    /// expected.
    public static let number = Adjustments(rawValue: 4)
    /// An optional field that does not hold what is accepted was left out.
    public static let leftOut = Adjustments(rawValue: 8)
    /// Values that are nested too deep were left out.
    public static let tooDeep = Adjustments(rawValue: 16)
    /// A timestamp with a fraction of a millisecond, or written as text, was read as meant.
    public static let timestamp = Adjustments(rawValue: 32)
    /// An invalid screen size was left out, or its fractions were rounded.
    public static let screen = Adjustments(rawValue: 64)
    /// An array or object that was written as text was read.
    public static let json = Adjustments(rawValue: 128)

    /// Each with its name, as the ledger and metrics have it.
    public static let reasons: [(adjustment: Adjustments, name: String)] = [
        (.characters, "characters"), (.tooLong, "too_long"), (.number, "number"), (.leftOut, "left_out"), (.tooDeep, "too_deep"),
        (.timestamp, "timestamp"), (.screen, "screen"), (.json, "json"),
    ]

    public var names: [String] { isEmpty ? [] : Self.reasons.filter { contains($0.adjustment) }.map(\.name) }
}
