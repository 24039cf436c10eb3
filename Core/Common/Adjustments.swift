/// The changes made to an unusual event so that it could be stored. The ledger counts each kind of change by its name.
public struct Adjustments: OptionSet, Sendable, Hashable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// A NUL, an unpaired surrogate or invalid UTF-8 was replaced with U+FFFD.
    public static let characters = Adjustments(rawValue: 1)
    /// A string was truncated, or a free-form object lost the members that exceeded its limits.
    public static let tooLong = Adjustments(rawValue: 2)
    /// A number sent as a string was parsed, a number out of range was kept as a string, or a fraction was rounded because the field takes
    /// whole numbers.
    public static let number = Adjustments(rawValue: 4)
    /// An optional field was dropped because its value is not accepted.
    public static let leftOut = Adjustments(rawValue: 8)
    /// Values nested too deeply were replaced with null.
    public static let tooDeep = Adjustments(rawValue: 16)
    /// A timestamp in an unusual form was accepted, such as a string of digits or one with a fraction of a millisecond.
    public static let timestamp = Adjustments(rawValue: 32)
    /// An invalid screen size was dropped, or its fractions were rounded.
    public static let screen = Adjustments(rawValue: 64)
    /// An array or object sent as a string was parsed.
    public static let json = Adjustments(rawValue: 128)

    /// Each adjustment, paired with its name in the ledger and in metrics.
    public static let reasons: [(adjustment: Adjustments, name: String)] = [
        (.characters, "characters"), (.tooLong, "too_long"), (.number, "number"), (.leftOut, "left_out"), (.tooDeep, "too_deep"),
        (.timestamp, "timestamp"), (.screen, "screen"), (.json, "json"),
    ]

    /// The names of the adjustments in this set, in the order of `reasons`.
    public var names: [String] { isEmpty ? [] : Self.reasons.filter { contains($0.adjustment) }.map(\.name) }
}
