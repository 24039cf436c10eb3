/// A value with the shape that writes it: what is answered or stored as JSON, before it is known in which form.
///
/// ```swift
/// Shaped(["visitor": visitor], .map(.text(100)))
/// ```
public struct Shaped: Sendable {
    private let append: @Sendable (inout JSONText) throws -> Void
    /// The number of rows of a list, or of an object's member `data`; nil for other values.
    public let rows: Int?

    public init<Value: Sendable>(_ value: Value, _ shape: Shape<Value>) {
        append = { try shape.append(value, &$0) }
        rows = shape.rows?(value)
    }

    private init(rows: Int?, append: @escaping @Sendable (inout JSONText) throws -> Void) {
        self.rows = rows
        self.append = append
    }

    /// `{}`
    public static let emptyObject = Shaped(rows: nil) { text in text.object { _ in } }

    /// Appends the value to `text`.
    /// - Throws: `JSONText.NotANumber` for infinity or NaN.
    public func write(to text: inout JSONText) throws { try append(&text) }

    /// The value as JSON.
    /// - Parameter instants: how to write instants; nil for ISO 8601.
    /// - Throws: `JSONText.NotANumber` for infinity or NaN.
    public func text(instants: InstantText? = nil) throws -> JSONText {
        var text = JSONText(instants: instants)
        try append(&text)
        return text
    }

    /// The value, which is an object, with another member at its end.
    @_spi(Host) public func adding<Member: Sendable>(_ field: Shape<Member>.Field, _ member: Member) -> Shaped {
        Shaped(rows: rows) { text in
            try append(&text)
            try text.reopened { try field.append(member, &$0) }
        }
    }
}

extension Shape where Value == Shaped {
    /// Any value, written by its own shape.
    public static var any: Shape { Shape(.any) { try $0.write(to: &$1) } }
    /// An object, written by its own shape.
    public static var document: Shape { Shape(.map(.any)) { try $0.write(to: &$1) } }
}
