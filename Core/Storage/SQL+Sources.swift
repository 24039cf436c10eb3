extension SQL {
    /// The names that a statement reads from after FROM and JOIN, and that it does not define itself as CTEs. A name with a schema is one
    /// name, such as `main.core_activity`. Functions that return rows are not included.
    ///
    /// Understands the SQL of reports: upper-case or lower-case keywords, no comments, no quoted names.
    @_spi(Host) public var sources: Set<String> {
        var reader = SourceReader(tokens: tokens)
        return reader.sources()
    }

    fileprivate enum Token: Equatable {
        case word(String)
        case symbol(UInt8)
        /// A bound value, or a string.
        case value
    }

    private var tokens: [Token] {
        var tokens: [Token] = [], word: [UInt8] = [], isString = false
        func end() {
            if !word.isEmpty { tokens.append(.word(String(decoding: word, as: UTF8.self))) }
            word.removeAll(keepingCapacity: true)
        }
        for part in parts {
            guard case .text(let text) = part else {
                end()
                tokens.append(.value)
                continue
            }
            for byte in text.utf8 {
                if isString {
                    isString = byte != UInt8(ascii: "'")
                    continue
                }
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "_"), UInt8(ascii: "."):
                    word.append(byte)
                case UInt8(ascii: "'"):
                    end()
                    tokens.append(.value)
                    isString = true
                case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\t"): end()
                default:
                    end()
                    tokens.append(.symbol(byte))
                }
            }
        }
        end()
        return tokens
    }

    private struct SourceReader {
        let tokens: [Token]
        private var names: Set<String> = [], defined: Set<String> = []
        /// For each open parenthesis, and the statement around them: whether a FROM clause is being read.
        private var isInFrom = [false]
        /// Whether FROM is part of the function whose parenthesis is open, as in `EXTRACT(hour FROM x)`.
        private var isArgument = [false]

        init(tokens: [Token]) { self.tokens = tokens }

        private static let open = Token.symbol(UInt8(ascii: "(")), close = Token.symbol(UInt8(ascii: ")"))
        private static let comma = Token.symbol(UInt8(ascii: ","))
        private static let withFrom: Set<String> = ["EXTRACT", "SUBSTRING", "TRIM", "OVERLAY"]
        /// The words that end a FROM clause.
        private static let ends: Set<String> = [
            "SELECT", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "OFFSET", "UNION", "EXCEPT", "INTERSECT", "WINDOW", "ON", "USING",
            "QUALIFY",
        ]

        private func word(_ index: Int) -> String? {
            guard tokens.indices.contains(index), case .word(let word) = tokens[index] else { return nil }
            return word
        }

        mutating func sources() -> Set<String> {
            for index in tokens.indices {
                switch tokens[index] {
                case Self.open:
                    isInFrom.append(false)
                    isArgument.append(word(index - 1).map { Self.withFrom.contains($0.uppercased()) } ?? false)
                case Self.close where isInFrom.count > 1:
                    isInFrom.removeLast()
                    isArgument.removeLast()
                case Self.comma where isInFrom.last == true: read(at: index + 1)
                case .word(let word): take(word.uppercased(), at: index)
                default: break
                }
            }
            return names.subtracting(defined)
        }

        private mutating func take(_ keyword: String, at index: Int) {
            switch keyword {
            case "FROM" where isArgument.last == false && word(index - 1)?.uppercased() != "DISTINCT", "JOIN":
                isInFrom[isInFrom.count - 1] = true
                read(at: index + 1)
            case "AS": define(before: index)
            case _ where Self.ends.contains(keyword): isInFrom[isInFrom.count - 1] = false
            default: break
            }
        }

        private mutating func read(at index: Int) {
            guard let name = word(index) else { return }
            if ["LATERAL", "ONLY"].contains(name.uppercased()) { return read(at: index + 1) }
            if tokens.indices.contains(index + 1), tokens[index + 1] == Self.open { return }
            names.insert(name)
        }

        /// Takes note of `name AS (`, `name AS [NOT] MATERIALIZED (` and `name (columns) AS (`.
        private mutating func define(before index: Int) {
            var next = index + 1
            while let word = word(next), ["NOT", "MATERIALIZED"].contains(word.uppercased()) { next += 1 }
            guard tokens.indices.contains(next), tokens[next] == Self.open else { return }
            var at = index - 1
            if at > 0, tokens[at] == Self.close { at = (tokens[..<at].lastIndex(of: Self.open) ?? 0) - 1 }
            if let name = word(at) { defined.insert(name) }
        }
    }
}
