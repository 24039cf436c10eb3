/// A piece of SQL together with its values. Interpolated values are bound: in `"name = \(name)"`, the name never becomes part of the
/// statement's text.
///
/// Pieces can be combined: `\(other)` of type `SQL` is inserted with its own values. `\(sql:)` inserts text unchanged, so it is only for
/// names and constants from Pulse's source.
public struct SQL: Sendable, ExpressibleByStringInterpolation {
    enum Part: Sendable {
        case text(String)
        case value(Value)
        /// The name of a stored table, which only a scope may write.
        case table(String)
    }

    private(set) var parts: [Part]

    public init(stringLiteral value: String) { parts = [.text(value)] }
    public init(stringInterpolation: StringInterpolation) { parts = stringInterpolation.parts }
    /// Uses text unchanged. Only for text from Pulse's source.
    public init(sql: String) { parts = [.text(sql)] }

    /// The name of a stored table. `sources` leaves it out: whoever uses this has restricted what is read from the table.
    @_spi(Host) public init(table: String) { parts = [.table(table)] }

    /// Collects text and bound values.
    public struct StringInterpolation: StringInterpolationProtocol {
        var parts: [Part] = []

        public init(literalCapacity: Int, interpolationCount: Int) { parts.reserveCapacity(interpolationCount * 2 + 1) }

        public mutating func appendLiteral(_ literal: String) { if !literal.isEmpty { parts.append(.text(literal)) } }
        public mutating func appendInterpolation(_ value: some ValueConvertible) { parts.append(.value(value.value)) }
        public mutating func appendInterpolation(_ value: (some ValueConvertible)?) { parts.append(.value(value.value)) }
        public mutating func appendInterpolation(_ sql: SQL) { parts.append(contentsOf: sql.parts) }
        public mutating func appendInterpolation(sql: String) { parts.append(.text(sql)) }
        /// Inserts `(1, 2, 3)`, with each value bound. An empty list becomes `(NULL)`, which contains nothing.
        public mutating func appendInterpolation(list values: [some ValueConvertible]) {
            let list: SQL = values.isEmpty ? "(NULL)" : "(\(SQL.joined(values.map { "\($0)" })))"
            appendInterpolation(list)
        }
    }

    /// Joins the pieces, with `separator` between them.
    public static func joined(_ pieces: [SQL], separator: String = ", ") -> SQL {
        var all = SQL(sql: "")
        for (index, piece) in pieces.enumerated() {
            if index > 0 { all.parts.append(.text(separator)) }
            all.parts.append(contentsOf: piece.parts)
        }
        return all
    }

    /// A condition that holds if all conditions hold; `TRUE` if there are none.
    public static func all(_ conditions: [SQL]) -> SQL {
        conditions.isEmpty ? "TRUE" : joined(conditions.map { "(\($0))" }, separator: " AND ")
    }

    /// A condition that holds if at least one of the conditions holds; `FALSE` if there are none.
    public static func any(_ conditions: [SQL]) -> SQL {
        conditions.isEmpty ? "FALSE" : joined(conditions.map { "(\($0))" }, separator: " OR ")
    }

    /// The names, keywords and whole numbers in the statement's text. Bound values are not included.
    @_spi(Host) public var words: Set<String> {
        var words: Set<String> = [], word: [UInt8] = []
        func end() {
            if !word.isEmpty { words.insert(String(decoding: word, as: UTF8.self)) }
            word.removeAll(keepingCapacity: true)
        }
        for part in parts {
            // A name may continue in the next piece of text, but not across a bound value.
            let text: String
            switch part {
            case .text(let piece), .table(let piece): text = piece
            case .value:
                end()
                continue
            }
            for byte in text.utf8 {
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "_"):
                    word.append(byte)
                default: end()
                }
            }
        }
        end()
        return words
    }

    /// Whether the statement may read columns without naming them: it has a `*` that doesn't directly follow a parenthesis, as it does in
    /// `count(*)`. A multiplication counts too.
    @_spi(Host) public var takesAllColumns: Bool {
        var last: UInt8 = 0
        for case .text(let text) in parts {
            for byte in text.utf8 {
                if byte == UInt8(ascii: "*"), last != UInt8(ascii: "(") { return true }
                last = byte
            }
        }
        return false
    }

    /// The statement in the form that an engine takes: text with placeholders, and the values in order.
    public func rendered(for dialect: Dialect) -> (text: String, values: [Value]) {
        rendered { dialect.placeholder($0, for: $1) }
    }

    /// The statement's text and its values in order.
    /// - Parameter value: what to write for the value with this number, starting at 1.
    @_spi(Host) public func rendered(value: (Int, Value) -> String) -> (text: String, values: [Value]) {
        var text = "", values: [Value] = []
        for part in parts {
            switch part {
            case .text(let piece), .table(let piece): text += piece
            case .value(let bound):
                values.append(bound)
                text += value(values.count, bound)
            }
        }
        return (text, values)
    }

    /// The names of the stored tables that were written with `init(table:)`, each once, in the order in which they first occur.
    @_spi(Host) public var storedTables: [String] {
        var names: [String] = []
        // exact: tables are named in our source
        for case .table(let name) in parts where !names.contains(name) { names.append(name) }
        return names
    }

    /// The statement with something else in place of the stored tables that were written with `init(table:)`.
    @_spi(Host) public func reading(_ source: (_ table: String) -> SQL) -> SQL {
        var copy = self
        copy.parts = parts.flatMap { part in if case .table(let name) = part { source(name).parts } else { [part] } }
        return copy
    }
}
