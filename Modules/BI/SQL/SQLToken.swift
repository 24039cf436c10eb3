import Core

/// A position in a statement, for error messages. Lines and columns start at 1.
struct SQLPlace: Sendable, Hashable {
    var line = 1, column = 1
}

/// A word or sign of a statement.
struct SQLToken: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// An unquoted word, in lower case.
        case word(String)
        /// A name in double quotes, exactly as written.
        case quoted(String)
        case text(String)
        case integer(Int64)
        case decimal(Double)
        case sign(String)
        /// `{{project_id}}`
        case project
        case end
    }

    let kind: Kind
    let place: SQLPlace

    /// The token as error messages show it.
    var described: String {
        switch kind {
        case .word(let word): "'\(word.excerpt(40))'"
        case .quoted(let name): "\"\(name.excerpt(40))\""
        case .text: "a string"
        case .integer(let number): "'\(number)'"
        case .decimal(let number): "'\(number)'"
        case .sign(let sign): "'\(sign)'"
        case .project: "'{{project_id}}'"
        case .end: "the end"
        }
    }
}

/// The error for a rejected statement: what is wrong, and where.
struct SQLRefusal: Error {
    let message: String
    let place: SQLPlace

    var error: ServiceError {
        .invalid("invalid_sql", "Invalid SQL at line \(place.line), column \(place.column): \(message)")
    }
}

/// Splits a statement into tokens. Characters outside the language are rejected here, before parsing.
struct SQLTokenizer {
    static let maximumCharacters = 20_000
    /// Maximum words, signs and values of one statement.
    static let maximumTokens = 4_000

    private let scalars: [Unicode.Scalar]
    private var at = 0
    private var place = SQLPlace()

    static func tokens(of text: String) throws(SQLRefusal) -> [SQLToken] {
        guard text.unicodeScalars.count <= maximumCharacters else {
            throw SQLRefusal(
                message: "a statement may have at most \(maximumCharacters) characters; this one has \(text.unicodeScalars.count).",
                place: SQLPlace())
        }
        var tokenizer = SQLTokenizer(text), tokens: [SQLToken] = []
        while true {
            let token = try tokenizer.next()
            tokens.append(token)
            if token.kind == .end { return tokens }
            guard tokens.count < maximumTokens else {
                throw SQLRefusal(message: "a statement may have at most \(maximumTokens) words and signs.", place: token.place)
            }
        }
    }

    private init(_ text: String) { scalars = Array(text.unicodeScalars) }

    private func peek(_ ahead: Int = 0) -> Unicode.Scalar? { at + ahead < scalars.count ? scalars[at + ahead] : nil }

    @discardableResult
    private mutating func take() -> Unicode.Scalar {
        let scalar = scalars[at]
        at += 1
        if scalar == "\n" { place = SQLPlace(line: place.line + 1, column: 1) } else { place.column += 1 }
        return scalar
    }

    private static let twoSigns: Set<String> = ["<>", "!=", "<=", ">=", "||"]
    private static let oneSign: Set<Unicode.Scalar> = ["(", ")", ",", ".", "+", "-", "*", "/", "%", "=", "<", ">"]

    private mutating func next() throws(SQLRefusal) -> SQLToken {
        while let scalar = peek(), [" ", "\t", "\n", "\r"].contains(scalar) { take() }
        let start = place
        guard let first = peek(), !SQLTail.begins(in: scalars[at...]) else { return SQLToken(kind: .end, place: start) }
        if Self.isLetter(first) { return SQLToken(kind: .word(word().lowercased()), place: start) }
        if Self.isDigit(first) || first == "." && peek(1).map(Self.isDigit) == true {
            return SQLToken(kind: try number(start), place: start)
        }
        if first == "'" { return SQLToken(kind: .text(try quoted("'", start)), place: start) }
        if first == "\"" { return SQLToken(kind: .quoted(try quoted("\"", start)), place: start) }
        let pair = String(String.UnicodeScalarView([first] + [peek(1)].compactMap(\.self)))
        if pair == "{{" { return SQLToken(kind: try placeholder(start), place: start) }
        if pair == "--" || pair == "/*" { throw SQLRefusal(message: "comments are not accepted.", place: start) }
        if pair == "::" { throw SQLRefusal(message: "'::' is not accepted; write CAST(value AS type).", place: start) }
        if Self.twoSigns.contains(pair) {
            take(); take()
            return SQLToken(kind: .sign(pair == "!=" ? "<>" : pair), place: start)
        }
        guard Self.oneSign.contains(first) else { throw SQLRefusal(message: Self.refusal(of: first), place: start) }
        take()
        return SQLToken(kind: .sign(String(first)), place: start)
    }

    private static func refusal(of scalar: Unicode.Scalar) -> String {
        switch scalar {
        case ";": SQLTail.refusal
        case "\\": "a backslash is not accepted outside text in quotes."
        case "$": "'$' is not accepted; write text in single quotes, and other values directly."
        case "`": "'`' is not accepted; put names in double quotes."
        case "[", "]": "'\(scalar)' is not accepted: there are no arrays."
        default:
            scalar.isASCII && scalar.value >= 0x20
                ? "'\(scalar)' is not accepted."
                : "the character U+\(hex(scalar)) is accepted only in quoted text and in names in double quotes."
        }
    }

    private static func hex(_ scalar: Unicode.Scalar) -> String {
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        ("a"..."z").contains(scalar) || ("A"..."Z").contains(scalar) || scalar == "_"
    }

    private static func isDigit(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }

    private mutating func word() -> String {
        var word = String.UnicodeScalarView()
        while let scalar = peek(), Self.isLetter(scalar) || Self.isDigit(scalar) { word.append(take()) }
        return String(word)
    }

    private mutating func number(_ start: SQLPlace) throws(SQLRefusal) -> SQLToken.Kind {
        var digits = String.UnicodeScalarView(), isWhole = true
        while let scalar = peek() {
            if Self.isDigit(scalar) {
                digits.append(take())
            } else if scalar == "." {
                isWhole = false
                digits.append(take())
            } else if scalar == "e" || scalar == "E" {
                isWhole = false
                digits.append(take())
                if peek() == "-" || peek() == "+" { digits.append(take()) }
            } else {
                break
            }
        }
        let text = String(digits)
        if let next = peek(), Self.isLetter(next) {
            throw SQLRefusal(message: "'\(text.excerpt(20))\(next)' is not a number.", place: start)
        }
        if isWhole, let number = Int64(text) { return .integer(number) }
        guard let number = Double(text.hasPrefix(".") ? "0" + text : text), number.isFinite else {
            throw SQLRefusal(message: "'\(text.excerpt(20))' is not a number, or too large for one.", place: start)
        }
        return .decimal(number)
    }

    /// Reads text between two `quote`s, in which a doubled `quote` stands for a single one.
    private mutating func quoted(_ quote: Unicode.Scalar, _ start: SQLPlace) throws(SQLRefusal) -> String {
        var content = String.UnicodeScalarView()
        take()
        while peek() != nil {
            let scalar = take()
            if scalar == quote {
                guard peek() == quote else {
                    if quote == "\"", content.isEmpty || content.count > 100 {
                        throw SQLRefusal(message: "a name in double quotes must have 1 to 100 characters.", place: start)
                    }
                    return String(content)
                }
                take()
            }
            guard scalar.value != 0 else { throw SQLRefusal(message: "a NUL character is not accepted.", place: place) }
            content.append(scalar)
        }
        throw SQLRefusal(message: "the \(quote) that opens here is not closed.", place: start)
    }

    private mutating func placeholder(_ start: SQLPlace) throws(SQLRefusal) -> SQLToken.Kind {
        for expected in "{{project_id}}".unicodeScalars {
            guard peek() == expected else { throw SQLRefusal(message: "the only placeholder is {{project_id}}.", place: start) }
            take()
        }
        return .project
    }
}
