@_spi(Host) import Common

/// A database value that both planes and all engines can hold. As in the databases, two texts are equal if their bytes are equal.
public enum Value: Sendable, Hashable {
    case null
    case int(Int64)
    case double(Double)
    case text(String)
    case bool(Bool)

    public var isNull: Bool { self == .null }

    /// The value as an integer. Converts whole doubles (engines differ in what `sum` returns), booleans, and text that is an integer; nil
    /// for all other values.
    public var int: Int64? {
        switch self {
        case .int(let value): value
        case .double(let value): Int64(exactly: value)
        case .bool(let value): value ? 1 : 0
        case .text(let value): Int64(value)
        case .null: nil
        }
    }

    /// The value as a double; nil for null, booleans, and text that isn't a number.
    public var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .double(let value): value
        case .text(let value): Double(value)
        case .bool, .null: nil
        }
    }

    /// The value as text; nil for any other type.
    public var text: String? { if case .text(let value) = self { value } else { nil } }

    /// The value as a boolean. Integers are true unless they are 0; nil for all other types.
    public var bool: Bool? {
        switch self {
        case .bool(let value): value
        case .int(let value): value != 0
        default: nil
        }
    }

    public static func == (left: Value, right: Value) -> Bool {
        switch (left, right) {
        case (.null, .null): true
        case (.int(let left), .int(let right)): left == right
        case (.double(let left), .double(let right)): left == right
        case (.text(let left), .text(let right)): left.isExactly(right)
        case (.bool(let left), .bool(let right)): left == right
        default: false
        }
    }

    public func hash(into hasher: inout Hasher) {
        switch self {
        case .null: hasher.combine(0)
        case .int(let value): hasher.combine(value)
        case .double(let value): hasher.combine(value)
        case .text(let value): value.hashExactly(into: &hasher)
        case .bool(let value): hasher.combine(value)
        }
    }
}

extension Shape where Value == Storage.Value {
    /// A database value. Infinities and NaN become null, because JSON doesn't have them.
    public static var any: Shape {
        Shape(.any) { value, text in
            switch value {
            case .null: text.appendNull()
            case .int(let value): text.append(value)
            case .double(let value): if value.isFinite { try text.append(value) } else { text.appendNull() }
            case .text(let value): text.append(string: value)
            case .bool(let value): text.append(value)
            }
        }
    }
}

/// A type that can be interpolated into `SQL`. The value is bound, not inserted into the text.
public protocol ValueConvertible: Sendable {
    var value: Value { get }
}

extension Value: ValueConvertible { public var value: Value { self } }
extension Int: ValueConvertible { public var value: Value { .int(Int64(self)) } }
extension Int64: ValueConvertible { public var value: Value { .int(self) } }
extension Double: ValueConvertible { public var value: Value { .double(self) } }
extension String: ValueConvertible { public var value: Value { .text(self) } }
extension ExactText: ValueConvertible { public var value: Value { .text(text) } }
extension Bool: ValueConvertible { public var value: Value { .bool(self) } }
extension Optional: ValueConvertible where Wrapped: ValueConvertible {
    public var value: Value { self?.value ?? .null }
}

/// A statement's result: column names, and rows in the order that the statement returns them.
public struct Rows: Sendable, RandomAccessCollection {
    public let columns: [String]
    public let values: [[Value]]

    public init(columns: [String] = [], values: [[Value]] = []) {
        self.columns = columns
        self.values = values
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { values.count }
    public subscript(position: Int) -> Row { Row(columns: columns, values: values[position]) }
}

/// One row of a result. Reading a column that the result doesn't have is a programming error and traps.
public struct Row: Sendable {
    public let columns: [String]
    public let values: [Value]

    public init(columns: [String], values: [Value]) {
        self.columns = columns
        self.values = values
    }

    /// The value of the column with this name.
    public subscript(_ column: String) -> Value {
        // A loop instead of `firstIndex(of:)`, which in debug builds looks up type metadata for each comparison.
        var index = 0
        while index < columns.count {
            if columns[index] == column { return values[index] }
            index += 1
        }
        preconditionFailure("no column '\(column)' among \(columns)")
    }

    /// The column as an integer, or as a double; 0 for null, such as the sum of no rows.
    public func int(_ column: String) -> Int64 { self[column].int ?? 0 }
    public func double(_ column: String) -> Double { self[column].double ?? 0 }
    /// The column as a boolean; false for null.
    public func bool(_ column: String) -> Bool { self[column].bool ?? false }
    /// The column as text; "" for null.
    public func text(_ column: String) -> String { self[column].text ?? "" }
    /// The column as text; nil for null.
    public func optionalText(_ column: String) -> String? { self[column].text }
}
