import Common

/// One condition of `filter=`: a dimension, how it compares, and the values.
public struct Filter: Sendable, Hashable {
    public enum Operator: String, Sendable, CaseIterable {
        /// Equal to one of the values.
        case isOneOf = ":"
        case isNoneOf = "!:"
        /// Like one of the patterns, in which `*` stands for any text.
        case matches = "~:"
        case matchesNone = "!~:"

        var isOfPatterns: Bool { self == .matches || self == .matchesNone }
    }

    public let dimension: Dimension
    public let comparison: Operator
    public let values: [String]

    public init(_ dimension: Dimension, _ comparison: Operator, _ values: [String]) {
        self.dimension = dimension
        self.comparison = comparison
        self.values = dimension.isPath ? values.map { comparison.isOfPatterns ? PagePath.normalized($0) : PagePath.clean($0) } : values
    }

    /// What can be filtered by.
    public enum Dimension: Sendable, Hashable {
        /// A column that is the same in all rows of a session.
        case session(String)
        /// A column of the single row.
        case row(String)
        /// The first, or last, page of the session.
        case entryPage, exitPage
        /// A property of a custom event, by its path: `data.plan`.
        case property([String])
        /// What a module tells of the session.
        case ofModule(SessionDimension)

        static let sessionColumns = [
            "source", "referrer", "country", "region", "city", "browser", "browser_version", "os", "os_version", "device",
            "screen", "language",
        ]
        static let rowColumns = ["path": "path", "title": "title", "event": "name"]

        public init?(_ name: String) {
            if Self.sessionColumns.contains(name) {
                self = .session(name)
            } else if let column = Self.rowColumns[name] {
                self = .row(column)
            } else if name == "entry_page" {
                self = .entryPage
            } else if name == "exit_page" {
                self = .exitPage
            } else if name.hasPrefix("data."), name.utf8.count > 5 {
                self = .property(name.dropFirst(5).split(separator: ".", omittingEmptySubsequences: false).map(String.init))
            } else {
                return nil
            }
        }

        /// Names for an error's sentence.
        public static var names: [String] {
            sessionColumns + rowColumns.keys.sorted() + ["entry_page", "exit_page", "data.NAME"]
        }

        var isOfSession: Bool {
            switch self {
            case .session, .entryPage, .exitPage, .ofModule: true
            case .row, .property: false
            }
        }

        /// Whether its values are paths of pages.
        var isPath: Bool { self == .row("path") || self == .entryPage || self == .exitPage }

        var ofModule: SessionDimension? { if case .ofModule(let dimension) = self { dimension } else { nil } }
    }

    /// The condition on a row of `core_activity`.
    func condition(_ scope: Scope) -> SQL {
        switch dimension {
        case .session(let column), .row(let column): condition(on: SQL(sql: column))
        case .property(let path): "kind = 1 AND \(condition(on: scope.dialect.jsonText("data", path)))"
        case .entryPage: session(scope, scope.dialect.first("path", by: Scope.position))
        case .exitPage: session(scope, scope.dialect.last("path", by: Scope.position))
        case .ofModule(let dimension):
            if let told = scope.told[self] { told } else { preconditionFailure("nobody asked the module about '\(dimension.name)'") }
        }
    }

    private func session(_ scope: Scope, _ page: SQL) -> SQL {
        """
        (visitor, session_at) IN (SELECT visitor, session_at FROM core_activity
          WHERE \(SQL.all([scope.bounds, "kind = 0"] + scope.leftOfActivity)) GROUP BY visitor, session_at HAVING \(condition(on: page)))
        """
    }

    /// The condition that `subject` is one of the values that are asked for.
    public func condition(on subject: SQL) -> SQL {
        switch comparison {
        case .isOneOf: "\(subject) IN \(list: values)"
        case .isNoneOf: "coalesce(\(subject) NOT IN \(list: values), TRUE)"
        case .matches: SQL.any(values.map { "\(subject) LIKE \(Self.pattern($0)) ESCAPE '!'" })
        case .matchesNone: "coalesce(NOT (\(SQL.any(values.map { "\(subject) LIKE \(Self.pattern($0)) ESCAPE '!'" }))), TRUE)"
        }
    }

    /// `*` becomes LIKE's `%`; LIKE's own signs lose their meaning.
    static func pattern(_ text: String) -> String {
        text.map { character in
            switch character {
            case "*": "%"
            case "%", "_", "!": "!\(character)"
            default: String(character)
            }
        }.joined()
    }
}

extension Filter {
    /// Reads `country:US,CA;browser!:Chrome;path~:/docs*`: conditions separated by `;`, all of which must hold; values
    /// by `,`. A backslash takes the meaning from the character after it.
    /// - Parameter others: what can be filtered by beside `Dimension.names`.
    /// - Throws: 400 that quotes the condition and says what is accepted.
    public static func parse(_ text: String, and others: [SessionDimension] = []) throws -> [Filter] {
        let conditions = split(text, at: ";").filter { !$0.isEmpty }
        guard conditions.count <= 20 else { throw ServiceError.parameter("filter", "at most 20 conditions; got \(conditions.count).") }
        return try conditions.map { try parseCondition($0, others) }
    }

    private static func parseCondition(_ text: String, _ others: [SessionDimension]) throws -> Filter {
        guard let colon = text.firstIndex(of: ":") else {
            throw ServiceError.parameter("filter", "'\(text.excerpt(60))' has no ':'; write it as country:US,CA.")
        }
        var name = text[..<colon]
        var sign = ":"
        if name.hasSuffix("~") { sign = "~:"; name = name.dropLast() }
        if name.hasSuffix("!") { sign = "!" + sign; name = name.dropLast() }
        let known = Dimension(String(name)) ?? others.first { $0.name == name }.map(Dimension.ofModule)
        guard let comparison = Operator(rawValue: sign), let dimension = known else {
            let accepted = Dimension.names + others.map(\.name)
            throw ServiceError.parameter("filter", "unknown dimension '\(String(name).excerpt(60))'; accepted are \(accepted.joined(separator: ", ")).")
        }
        let values = split(String(text[text.index(after: colon)...]), at: ",").map(unescaped)
        guard values.count <= 100 else { throw ServiceError.parameter("filter", "at most 100 values for '\(name)'; got \(values.count).") }
        guard values.allSatisfy({ $0.utf8.count <= 2_048 && !$0.utf8.contains(0) }) else {
            throw ServiceError.parameter("filter", "a value for '\(name)' is longer than 2048 bytes or contains a NUL character.")
        }
        return Filter(dimension, comparison, values)
    }

    /// Parts between separators that no backslash precedes; backslashes stay.
    private static func split(_ text: String, at separator: Character) -> [String] {
        var parts = [""], escaped = false
        for character in text {
            if character == separator, !escaped {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
            escaped = character == "\\" && !escaped
        }
        return parts
    }

    private static func unescaped(_ text: String) -> String {
        var result = "", escaped = false
        for character in text {
            if character == "\\", !escaped { escaped = true; continue }
            result.append(character)
            escaped = false
        }
        return result
    }
}
