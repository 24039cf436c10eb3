import Common
import Storage

/// One condition of the `filter` parameter: a dimension, an operator and the values to compare with.
public struct Filter: Sendable, Hashable {
    /// How the dimension's value is compared with the filter's values.
    public enum Operator: String, Sendable, CaseIterable {
        /// Equal to one of the values.
        case isOneOf = ":"
        /// Equal to none of the values.
        case isNoneOf = "!:"
        /// Matches one of the patterns, in which `*` matches any text.
        case matches = "~:"
        /// Matches none of the patterns.
        case matchesNone = "!~:"

        var usesPatterns: Bool { self == .matches || self == .matchesNone }
    }

    /// What the values are compared with.
    public let dimension: Dimension
    /// How the dimension is compared with the values.
    public let comparison: Operator
    /// The values to compare with. For `matches` and `matchesNone`, they are patterns in which a backslash escapes the next character.
    public let values: [String]

    public init(_ dimension: Dimension, _ comparison: Operator, _ values: [String]) {
        self.dimension = dimension
        self.comparison = comparison
        self.values = dimension.isPath ? values.map { comparison.usesPatterns ? PagePath.normalized($0) : PagePath.clean($0) } : values
    }

    public static func == (left: Filter, right: Filter) -> Bool {
        left.dimension == right.dimension && left.comparison == right.comparison
            && left.values.elementsEqual(right.values) { $0.isExactly($1) }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(dimension)
        hasher.combine(comparison)
        for value in values { value.hashExactly(into: &hasher) }
    }

    /// An attribute that rows can be filtered by.
    // exact: column names are Pulse's own, and PropertyPath compares exactly
    public enum Dimension: Sendable, Hashable {
        /// A column that has the same value in all rows of a session.
        case session(String)
        /// A column that differs from row to row.
        case row(String)
        /// The first or last page of the session.
        case entryPage, exitPage
        /// A property of a custom event, such as `data.plan`.
        case property(PropertyPath)
        /// A session attribute that a module provides.
        case ofModule(SessionDimension)

        static let sessionColumns = [
            "source", "referrer", "country", "region", "city", "browser", "browser_version", "os", "os_version", "device",
            "screen", "language",
        ]
        static let rowColumns = ["path": "path", "title": "title", "event": "name"]

        /// The built-in dimension with this name. Nil for an unknown name and for the dimensions of modules.
        public init?(_ name: String) {
            if Self.sessionColumns.contains(name) {
                self = .session(name)
            } else if let column = Self.rowColumns[name] {
                self = .row(column)
            } else if name == "entry_page" {
                self = .entryPage
            } else if name == "exit_page" {
                self = .exitPage
            } else if let path = PropertyPath(name, below: ["data"]) {
                self = .property(path)
            } else {
                return nil
            }
        }

        /// The names of the built-in dimensions, for error messages. `data.NAME` stands for all properties.
        public static var names: [String] {
            sessionColumns + rowColumns.keys.sorted() + ["entry_page", "exit_page", "data.NAME"]
        }

        var isOfSession: Bool {
            switch self {
            case .session, .entryPage, .exitPage, .ofModule: true
            case .row, .property: false
            }
        }

        /// Whether the dimension's values are page paths.
        var isPath: Bool { self == .row("path") || self == .entryPage || self == .exitPage }

        var ofModule: SessionDimension? { if case .ofModule(let dimension) = self { dimension } else { nil } }
    }

    /// The condition on a row of `core_activity`.
    func condition(_ scope: Scope) -> SQL {
        switch dimension {
        case .session(let column), .row(let column): condition(on: SQL(sql: column))
        case .property(let path): "kind = 1 AND \(condition(on: scope.dialect.jsonText("data", path)))"
        case .entryPage, .exitPage: "(visitor, session_at) IN (\(sessions(scope)!))"
        case .ofModule(let dimension):
            if let sql = scope.moduleConditions[self] {
                sql
            } else {
                preconditionFailure("'\(dimension.name)' has no condition yet; call withModuleConditions() first")
            }
        }
    }

    /// A SELECT of the `visitor` and `session_at` of the sessions that the filter selects, for dimensions that compare rows of a session; nil
    /// for all others.
    func sessions(_ scope: Scope) -> SQL? {
        let page: SQL
        switch dimension {
        case .entryPage: page = scope.dialect.first("path", by: Scope.position)
        case .exitPage: page = scope.dialect.last("path", by: Scope.position)
        default: return nil
        }
        return """
            SELECT visitor, session_at FROM \(Scope.qualified(Activity.table, scope.dialect))
            WHERE \(SQL.all([scope.bounds, "kind = 0"] + scope.activityRestrictions)) GROUP BY visitor, session_at HAVING \(condition(on: page))
            """
    }

    /// The condition that `subject`, an SQL expression for the dimension's value, satisfies the filter.
    public func condition(on subject: SQL) -> SQL {
        switch comparison {
        case .isOneOf: "\(subject) IN \(list: values)"
        case .isNoneOf: "coalesce(\(subject) NOT IN \(list: values), TRUE)"
        case .matches: matchesAny(subject)
        case .matchesNone: "coalesce(NOT (\(matchesAny(subject))), TRUE)"
        }
    }

    private func matchesAny(_ subject: SQL) -> SQL {
        SQL.any(values.map { "\(subject) LIKE \(Self.pattern($0, escapes: true)) ESCAPE '!'" })
    }

    /// Converts a filter pattern to a LIKE pattern with the escape character `!`: `*` becomes `%`, and LIKE's own wildcards are escaped.
    /// - Parameter escapes: whether a backslash in `text` escapes the next character.
    static func pattern(_ text: String, escapes: Bool = false) -> String {
        var pattern = String.UnicodeScalarView(), escaped = false
        // Goes through scalars, because LIKE does: to LIKE, a combining mark is a separate character.
        for scalar in text.unicodeScalars {
            if escapes, scalar == "\\", !escaped {
                escaped = true
                continue
            }
            if scalar == "*", !escaped { pattern.append("%") } else { append(scalar, to: &pattern) }
            escaped = false
        }
        return String(pattern)
    }

    /// Escapes `text` so that a LIKE pattern matches it literally.
    static func literal(_ text: String) -> String {
        var literal = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { append(scalar, to: &literal) }
        return String(literal)
    }

    private static func append(_ scalar: Unicode.Scalar, to pattern: inout String.UnicodeScalarView) {
        if ["%", "_", "!"].contains(scalar) { pattern.append("!") }
        pattern.append(scalar)
    }
}

extension Filter {
    /// Parses `country:US,CA;browser!:Chrome;path~:/docs*`. Conditions are separated by `;`, and all of them must hold. Values are
    /// separated by `,`. A backslash escapes the next character, including in a property's name: `data.a\:b:1`.
    /// - Parameter others: dimensions of modules, accepted in addition to `Dimension.names`.
    /// - Throws: A 400 that names the invalid part and says what is accepted.
    public static func parse(_ text: String, and others: [SessionDimension] = []) throws -> [Filter] {
        let conditions = split(text, at: ";").filter { !$0.isEmpty }
        guard conditions.count <= 20 else { throw ServiceError.parameter("filter", "at most 20 conditions; got \(conditions.count).") }
        return try conditions.map { try parseCondition($0, others) }
    }

    private static func parseCondition(_ text: String, _ others: [SessionDimension]) throws -> Filter {
        let scalars = text.unicodeScalars
        guard let colon = firstColon(scalars) else {
            throw ServiceError.parameter("filter", "'\(text.excerpt(60))' has no ':'; write it as country:US,CA.")
        }
        var front = scalars[..<colon]
        var sign = ":"
        if front.last == "~", !endsEscaped(front) { sign = "~:"; front = front.dropLast() }
        if front.last == "!", !endsEscaped(front) { sign = "!" + sign; front = front.dropLast() }
        let name = String(front)
        let match = Dimension(name) ?? others.first { $0.name.isExactly(name) }.map(Dimension.ofModule)
        guard let comparison = Operator(rawValue: sign), let dimension = match else {
            let accepted = Dimension.names + others.map(\.name)
            throw ServiceError.parameter(
                "filter", "unknown dimension '\(name.excerpt(60))'; accepted: \(accepted.joined(separator: ", ")).")
        }
        let parts = split(String(scalars[scalars.index(after: colon)...]), at: ",")
        let values = comparison == .matches || comparison == .matchesNone ? parts : parts.map(unescaped)
        guard values.count <= 100 else { throw ServiceError.parameter("filter", "at most 100 values for '\(name)'; got \(values.count).") }
        guard values.allSatisfy({ $0.utf8.count <= 2_048 && !$0.utf8.contains(0) }) else {
            throw ServiceError.parameter("filter", "a value for '\(name)' is longer than 2048 bytes or contains a NUL character.")
        }
        return Filter(dimension, comparison, values)
    }

    /// The index of the first unescaped colon. An escaped colon is part of a property's name.
    private static func firstColon(_ text: String.UnicodeScalarView) -> String.Index? {
        var escaped = false
        return text.indices.first { index in
            defer { escaped = text[index] == "\\" && !escaped }
            return text[index] == ":" && !escaped
        }
    }

    /// Whether a backslash escapes the text's last character.
    private static func endsEscaped(_ text: Substring.UnicodeScalarView) -> Bool {
        text.dropLast().reversed().prefix { $0 == "\\" }.count % 2 == 1
    }

    /// Splits the text at unescaped separators. Backslashes stay in the parts.
    private static func split(_ text: String, at separator: Unicode.Scalar) -> [String] {
        var parts = [String.UnicodeScalarView()], escaped = false
        for scalar in text.unicodeScalars {
            if scalar == separator, !escaped { parts.append(.init()) } else { parts[parts.count - 1].append(scalar) }
            escaped = scalar == "\\" && !escaped
        }
        return parts.map { String($0) }
    }

    private static func unescaped(_ text: String) -> String {
        var result = String.UnicodeScalarView(), escaped = false
        for scalar in text.unicodeScalars {
            if scalar == "\\", !escaped { escaped = true; continue }
            result.append(scalar)
            escaped = false
        }
        return String(result)
    }
}
