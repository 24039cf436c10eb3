import Common
import Synchronization

extension SQL {
    /// The names that a statement reads from after FROM and JOIN, and that it does not define itself as CTEs. A name with a schema is one
    /// name, such as `main.core_activity`. Functions that return rows are not included.
    ///
    /// Understands the SQL of reports: upper-case or lower-case keywords, no comments, no quoted names. Works on bytes, because every
    /// statement is read, also one whose result is in memory.
    @_spi(Host) public var sources: Set<String> {
        var text = ""
        text.reserveCapacity(4_096)
        for part in parts { if case .text(let piece) = part { text += piece } else { text.unicodeScalars.append(SourceReader.value) } }
        let key = ExactText(text)
        if let known = Self.known.withLock({ $0[key] }) { return known }
        let sources = text.withUTF8 { text in
            var reader = SourceReader(text)
            return reader.sources()
        }
        guard text.utf8.count <= Self.maximumBytes else { return sources }
        Self.known.withLock { known in
            if known.count >= Self.maximumKnown { known.removeAll() }
            known[key] = sources
        }
        return sources
    }

    /// The names of all tables that a statement reads or changes, and that it does not define itself as CTEs. Understands statements of the
    /// control plane, which may begin with a comment.
    var tables: Set<String> {
        var text = statementText
        return text.withUTF8 { text in
            var reader = SourceReader(text)
            return reader.sources().union(reader.changed())
        }
    }

    /// The statement's text, with a sign for each bound value. Equal for statements that differ in their values alone.
    var statementText: String {
        var text = ""
        for part in parts {
            switch part {
            case .text(let piece), .table(let piece): text += piece
            case .value: text.unicodeScalars.append(SourceReader.value)
            }
        }
        return text
    }

    /// The sources of recent statements, by their text. Values are bound, so a report's text is nearly always the same.
    private static let known = Mutex<[ExactText: Set<String>]>([:])
    private static let maximumKnown = 500, maximumBytes = 16 << 10
}

private struct SourceReader {
    /// Stands for a bound value and for the name of a stored table. No statement contains this byte.
    static let value: Unicode.Scalar = "\u{1}"

    private struct Token {
        /// The place of a word in the text; empty for a symbol.
        var word: Range<Int>
        var symbol: UInt8
    }

    private static let open = UInt8(ascii: "("), close = UInt8(ascii: ")"), comma = UInt8(ascii: ","), quote = UInt8(ascii: "'")

    private let text: UnsafeBufferPointer<UInt8>
    private var tokens: [Token] = []
    private var names: Set<String> = [], defined: Set<String> = []
    /// For each open parenthesis, and the statement around them: whether a FROM clause is being read.
    private var isInFrom = [false]
    /// Whether FROM is part of the function whose parenthesis is open, as in `EXTRACT(hour FROM x)`.
    private var isArgument = [false]

    init(_ text: UnsafeBufferPointer<UInt8>) {
        self.text = text
        tokens.reserveCapacity(text.count / 4)
        var at = 0
        while at < text.count {
            let byte = text[at]
            if Self.isName(byte) {
                let start = at
                while at < text.count, Self.isName(text[at]) { at += 1 }
                tokens.append(Token(word: start..<at, symbol: 0))
                continue
            }
            at += 1
            if byte == UInt8(ascii: "/"), at < text.count, text[at] == UInt8(ascii: "*") {
                at += 1
                while at < text.count, !(text[at] == UInt8(ascii: "/") && text[at - 1] == UInt8(ascii: "*")) { at += 1 }
                at += 1
            } else if byte == Self.quote {
                while at < text.count, text[at] != Self.quote { at += 1 }
                at += 1
                tokens.append(Token(word: 0..<0, symbol: UInt8(ascii: Self.value)))
            } else if byte > UInt8(ascii: " ") || byte == UInt8(ascii: Self.value) {
                tokens.append(Token(word: 0..<0, symbol: byte))
            }
        }
    }

    private static func isName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private func isSymbol(_ index: Int, _ symbol: UInt8) -> Bool { tokens.indices.contains(index) && tokens[index].symbol == symbol }

    /// Whether a token is this keyword, in upper or lower case.
    private func isWord(_ index: Int, _ keyword: StaticString) -> Bool {
        guard tokens.indices.contains(index), tokens[index].word.count == keyword.utf8CodeUnitCount else { return false }
        let start = tokens[index].word.lowerBound
        // Letters differ from their capitals by one bit.
        return (0..<keyword.utf8CodeUnitCount).allSatisfy { text[start + $0] & 0xDF == keyword.utf8Start[$0] & 0xDF }
    }

    private func isWord(_ index: Int, among keywords: [StaticString]) -> Bool { keywords.contains { isWord(index, $0) } }

    private func name(_ index: Int) -> String? {
        guard tokens.indices.contains(index), !tokens[index].word.isEmpty else { return nil }
        return String(decoding: text[tokens[index].word], as: UTF8.self)
    }

    private static let functionsWithFrom: [StaticString] = ["EXTRACT", "SUBSTRING", "TRIM", "OVERLAY"]
    /// The words that end a FROM clause.
    private static let ends: [StaticString] = [
        "SELECT", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "UNION", "EXCEPT", "INTERSECT", "WINDOW", "ON", "USING",
        "QUALIFY",
    ]

    mutating func sources() -> Set<String> {
        for index in tokens.indices {
            switch tokens[index].symbol {
            case Self.open:
                isInFrom.append(false)
                isArgument.append(isWord(index - 1, among: Self.functionsWithFrom))
            case Self.close where isInFrom.count > 1:
                isInFrom.removeLast()
                isArgument.removeLast()
            case Self.comma: if isInFrom[isInFrom.count - 1] { read(at: index + 1) }
            case 0: takeWord(at: index)
            default: break
            }
        }
        return names.subtracting(defined)
    }

    /// The tables that the statement changes.
    func changed() -> Set<String> {
        var names: Set<String> = []
        for index in tokens.indices {
            // Not the `UPDATE` of `ON CONFLICT DO UPDATE` and of `FOR UPDATE`.
            guard isWord(index, "INTO") || isWord(index, "UPDATE") && !isWord(index - 1, among: ["DO", "FOR"]) else {
                if isWord(index, "DELETE"), let name = name(index + 2) { names.insert(name) }
                continue
            }
            if let name = name(index + 1) { names.insert(name) }
        }
        return names
    }

    private mutating func takeWord(at index: Int) {
        let depth = isInFrom.count - 1
        if isWord(index, "FROM") && !isArgument[depth] && !isWord(index - 1, "DISTINCT") || isWord(index, "JOIN") {
            isInFrom[depth] = true
            read(at: index + 1)
        } else if isWord(index, "AS") {
            define(before: index)
        } else if isInFrom[depth], isWord(index, among: Self.ends) {
            isInFrom[depth] = false
        }
    }

    private mutating func read(at index: Int) {
        if isWord(index, among: ["LATERAL", "ONLY"]) { return read(at: index + 1) }
        guard !isSymbol(index + 1, Self.open), let name = name(index) else { return }
        names.insert(name)
    }

    /// Takes note of `name AS (`, `name AS [NOT] MATERIALIZED (` and `name (columns) AS (`.
    private mutating func define(before index: Int) {
        var next = index + 1
        while isWord(next, among: ["NOT", "MATERIALIZED"]) { next += 1 }
        guard isSymbol(next, Self.open) else { return }
        var at = index - 1
        if isSymbol(at, Self.close) { at = (tokens[..<at].lastIndex { $0.symbol == Self.open } ?? 0) - 1 }
        if let name = name(at) { defined.insert(name) }
    }
}
