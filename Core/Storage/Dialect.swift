/// The differences between the engines' SQL. All other SQL uses the part of PostgreSQL's SQL that every engine supports.
public enum Dialect: String, Sendable {
    case sqlite, duckdb, postgresql

    /// The placeholder for the value with this number, with the value's type.
    @_spi(Host) public func placeholder(_ number: Int, for value: Value) -> String {
        switch self {
        case .sqlite: return "?\(number)"
        case .duckdb, .postgresql:
            // The value is cast, because PostgreSQL infers a parameter's type from its context and can get it wrong.
            switch value {
            case .int: return "$\(number)::bigint"
            case .double: return "$\(number)::double precision"
            case .bool: return "$\(number)::boolean"
            case .text: return "$\(number)::text"
            case .null: return "$\(number)"
            }
        }
    }

    func typeName(_ type: ColumnType) -> String {
        switch (self, type) {
        case (.sqlite, .int16), (.sqlite, .int32), (.sqlite, .int64), (.sqlite, .bool): "INTEGER"
        case (.sqlite, .double): "REAL"
        case (.sqlite, .text), (.duckdb, .text): "TEXT"
        // Orders by code points, like the other engines, not by the database's locale.
        case (.postgresql, .text): "TEXT COLLATE \"C\""
        case (_, .int16): "SMALLINT"
        case (_, .int32): "INTEGER"
        case (_, .int64): "BIGINT"
        case (_, .double): "DOUBLE PRECISION"
        case (_, .bool): "BOOLEAN"
        }
    }

    /// Integer division; neither operand may be negative.
    public func quotient(_ dividend: SQL, _ divisor: SQL) -> SQL {
        self == .duckdb ? "(\(dividend)) // (\(divisor))" : "(\(dividend)) / (\(divisor))"
    }

    /// The visitor's 64-bit key in a row of facts.
    /// - Parameter rows: the alias of the fact table in the statement.
    public func visitorKey(in rows: SQL) -> SQL {
        self == .duckdb
            ? "coalesce((SELECT max(v.key) FROM ingest_visitors v WHERE v.project = \(rows).project AND v.number = \(rows).visitor), 0)"
            : "\(rows).visitor"
    }

    /// The tables that `visitorKey` reads.
    @_spi(Host) public var tablesOfVisitorKeys: Set<String> { self == .duckdb ? ["ingest_visitors"] : [] }

    // MARK: JSON stored as text

    /// The value at `path` as text, compared by code points; null if there is none. Strings are unquoted; any other value is returned as
    /// stored by `JSONText`. The names in the path are bound, never part of the statement's text. A name made of digits is an array index,
    /// starting at 0.
    public func jsonText(_ document: SQL, _ path: [String]) -> SQL {
        switch self {
        case .duckdb: "json_extract_string(\(document), \(Self.pointer(path)))"
        case .postgresql: byCodePoints(Self.text(in: "(\(document))::json", path))
        case .sqlite: "json_extract(\(document), \(Self.jsonPath(path)))"
        }
    }

    /// The path as a JSON pointer (RFC 6901).
    private static func pointer(_ path: [String]) -> String {
        var pointer = String.UnicodeScalarView()
        for part in path {
            pointer.append("/")
            for scalar in part.unicodeScalars {
                switch scalar {
                case "~": pointer.append(contentsOf: "~0".unicodeScalars)
                case "/": pointer.append(contentsOf: "~1".unicodeScalars)
                default: pointer.append(scalar)
                }
            }
        }
        return String(pointer)
    }

    /// Uses `json`, because `jsonb` would rewrite members, whitespace and numbers.
    private static func text(in document: SQL, _ path: [String]) -> SQL {
        func array(_ path: ArraySlice<String>) -> SQL { "ARRAY[\(SQL.joined(path.map { "\($0)" }))]::text[]" }
        let value: SQL = "\(document) #>> \(array(path[...]))"
        // Among the engines, only PostgreSQL accepts `-1`, `+1` and `01` as array indexes, so these are excluded.
        let arrays = path.indices.filter { isOddIndex(path[$0]) }.map {
            "json_typeof(\(document) #> \(array(path[..<$0]))) = 'array'" as SQL
        }
        return arrays.isEmpty ? value : "CASE WHEN \(SQL.any(arrays)) THEN NULL ELSE \(value) END"
    }

    /// Whether the name isn't an array index in a JSON pointer, but PostgreSQL, which uses the C library's parser, would accept it as one.
    private static func isOddIndex(_ part: String) -> Bool {
        let digits = part.utf8.drop { $0 == 32 || (9...13).contains($0) }.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
        guard !digits.isEmpty, digits.allSatisfy({ (48...57).contains($0) }) else { return false }
        return digits.count < part.utf8.count || (digits.count > 1 && digits.first == UInt8(ascii: "0"))
    }

    private static func jsonPath(_ path: [String]) -> String {
        "$" + path.map { "." + "\"" + String($0.unicodeScalars.filter { $0 != "\"" }) + "\"" }.joined()
    }

    /// The text, compared and ordered by code points, like stored columns.
    public func byCodePoints(_ text: SQL) -> SQL { self == .postgresql ? "(\(text)) COLLATE \"C\"" : text }

    /// The text as a number; null if it isn't one, so filters on properties of mixed types never fail. Accepts decimal numbers with at most
    /// 100 digits before the point, 100 after it, and an exponent from -199 to 199. DuckDB and PostgreSQL can represent these.
    public func number(_ text: SQL) -> SQL {
        let pattern = SQL(sql: "[-+]?([0-9]{1,100}([.][0-9]{0,100})?|[.][0-9]{1,100})([eE][-+]?[01]?[0-9]{1,2})?")
        // DuckDB's cast accepts infinities, underscores and whitespace, so the text is checked against the pattern first.
        return switch self {
        case .duckdb:
            "CASE WHEN try_cast(\(text) AS DOUBLE) IS NOT NULL AND regexp_full_match(\(text), '\(pattern)') THEN try_cast(\(text) AS DOUBLE) END"
        case .postgresql: "CASE WHEN \(text) ~ '^\(pattern)$' THEN (\(text))::double precision END"
        case .sqlite: "CASE WHEN \(text) GLOB '*[0-9]*' THEN CAST(\(text) AS REAL) END"
        }
    }

    // MARK: Aggregates

    /// An aggregate that returns the `column` of the row with the smallest `order` in a group.
    public func first(_ column: SQL, by order: SQL) -> SQL {
        switch self {
        case .duckdb: "arg_min(\(column), \(order))"
        default: "(array_agg(\(column) ORDER BY \(order)))[1]"
        }
    }

    /// An aggregate that returns the `column` of the row with the largest `order` in a group.
    public func last(_ column: SQL, by order: SQL) -> SQL {
        switch self {
        case .duckdb: "arg_max(\(column), \(order))"
        default: "(array_agg(\(column) ORDER BY \(order) DESC))[1]"
        }
    }

    /// An aggregate that returns a list of a group's first `count` values of `column` by `order`. `list[1]` is the first; an index past the
    /// end gives null.
    public func first(_ count: Int, of column: SQL, by order: SQL) -> SQL {
        let number = SQL(sql: String(count))
        return self == .duckdb ? "arg_min(\(column), \(order), \(number))" : "(array_agg(\(column) ORDER BY \(order)))[1:\(number)]"
    }

    /// An aggregate that returns a list of a group's last `count` values of `column` by `order`. `list[1]` is the last; an index past the
    /// end gives null.
    public func last(_ count: Int, of column: SQL, by order: SQL) -> SQL {
        let number = SQL(sql: String(count))
        return self == .duckdb ? "arg_max(\(column), \(order), \(number))" : "(array_agg(\(column) ORDER BY \(order) DESC))[1:\(number)]"
    }
}
