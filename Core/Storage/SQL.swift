/// A piece of SQL with its values. Interpolation binds: `"name = \(name)"` never becomes text of the statement.
///
/// Pieces compose: `\(other)` of type `SQL` is inserted with its own values. `\(sql:)` inserts text as it is, and is
/// for names and constants of ours alone.
public struct SQL: Sendable, ExpressibleByStringInterpolation {
    enum Part: Sendable {
        case text(String)
        case value(Value)
    }

    private(set) var parts: [Part]

    public init(stringLiteral value: String) { parts = [.text(value)] }
    public init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }
    /// Text of ours, as it is.
    public init(sql: String) { parts = [.text(sql)] }

    public struct StringInterpolation: StringInterpolationProtocol {
        var parts: [Part] = []

        public init(literalCapacity: Int, interpolationCount: Int) { parts.reserveCapacity(interpolationCount * 2 + 1) }

        public mutating func appendLiteral(_ literal: String) { if !literal.isEmpty { parts.append(.text(literal)) } }
        public mutating func appendInterpolation(_ value: some ValueConvertible) { parts.append(.value(value.value)) }
        public mutating func appendInterpolation(_ value: (some ValueConvertible)?) { parts.append(.value(value.value)) }
        public mutating func appendInterpolation(_ sql: SQL) { parts.append(contentsOf: sql.parts) }
        public mutating func appendInterpolation(sql: String) { parts.append(.text(sql)) }
        /// `(1, 2, 3)`, each bound; for an empty list `(NULL)`, which nothing is in.
        public mutating func appendInterpolation(list values: [some ValueConvertible]) {
            let list: SQL = values.isEmpty ? "(NULL)" : "(\(SQL.joined(values.map { "\($0)" })))"
            appendInterpolation(list)
        }
    }

    public static func joined(_ pieces: [SQL], separator: String = ", ") -> SQL {
        var all = SQL(sql: "")
        for (index, piece) in pieces.enumerated() {
            if index > 0 { all.parts.append(.text(separator)) }
            all.parts.append(contentsOf: piece.parts)
        }
        return all
    }

    /// All hold; `TRUE` for none.
    public static func all(_ conditions: [SQL]) -> SQL {
        conditions.isEmpty ? "TRUE" : joined(conditions.map { "(\($0))" }, separator: " AND ")
    }

    public static func any(_ conditions: [SQL]) -> SQL {
        conditions.isEmpty ? "FALSE" : joined(conditions.map { "(\($0))" }, separator: " OR ")
    }

    /// The names, keywords and whole numbers of its text, without those that are values.
    var words: Set<String> {
        var words: Set<String> = [], word: [UInt8] = []
        func end() {
            if !word.isEmpty { words.insert(String(decoding: word, as: UTF8.self)) }
            word.removeAll(keepingCapacity: true)
        }
        for part in parts {
            // A name may be made of two pieces of text; a value ends it.
            guard case .text(let text) = part else { end(); continue }
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "_"): word.append(byte)
                default: end()
                }
            }
        }
        end()
        return words
    }

    /// Whether it takes columns without naming them, by `*` rather than `count(*)`.
    var takesAllColumns: Bool {
        var last: UInt8 = 0
        for case .text(let text) in parts {
            for byte in text.utf8 {
                if byte == UInt8(ascii: "*"), last != UInt8(ascii: "(") { return true }
                last = byte
            }
        }
        return false
    }

    /// The statement as an engine takes it: text with placeholders, and the values in their order.
    public func rendered(for dialect: Dialect) -> (text: String, values: [Value]) {
        var text = "", values: [Value] = []
        for part in parts {
            switch part {
            case .text(let piece): text += piece
            case .value(let value):
                values.append(value)
                text += dialect.placeholder(values.count, for: value)
            }
        }
        return (text, values)
    }
}
