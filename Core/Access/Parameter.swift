import Common

/// A query parameter of a route. The gate validates its value before the handler runs, and OpenAPI documents it.
public struct Parameter: Sendable {
    /// The values that a parameter accepts.
    public enum Kind: Sendable {
        case integer(ClosedRange<Int>, default: Int?)
        /// Text of at most `maximum` characters (Unicode scalars), without NUL.
        case text(maximum: Int)
        /// Any text; the handler validates it.
        case anyText
        case choice([String], default: String?)
        case timestamp
        case boolean(default: Bool)

        /// This kind without its default value. A Boolean keeps its default.
        @_spi(Host) public var withoutDefault: Kind {
            switch self {
            case .integer(let range, _): .integer(range, default: nil)
            case .choice(let choices, _): .choice(choices, default: nil)
            case .text, .anyText, .timestamp, .boolean: self
            }
        }
    }

    /// The parameter's name in the query.
    public let name: String
    /// The values that the parameter accepts.
    public let kind: Kind
    /// Whether requests without the parameter are rejected. An empty value counts as missing.
    public let isRequired: Bool
    /// One sentence that says what the parameter does.
    public let summary: String

    public init(_ name: String, _ kind: Kind, required: Bool = false, _ summary: String) {
        self.name = name
        self.kind = kind
        self.isRequired = required
        self.summary = summary
    }

    /// - Throws: 400 that names the parameter, the received value and the accepted values.
    func check(_ query: IncomingRequest.Query) throws {
        guard let value = query[name], !value.isEmpty else {
            if isRequired { throw ServiceError.parameter(name, "it is required, and must be \(expectation).") }
            return
        }
        guard accepts(value) else { throw ServiceError.parameter(name, "must be \(expectation); got '\(value.excerpt(60))'.") }
    }

    /// Whether `value` is accepted.
    @_spi(Host) public func accepts(_ value: String) -> Bool {
        switch kind {
        case .integer(let range, _): Int(value).map(range.contains) ?? false
        case .text(let maximum): value.unicodeScalars.count <= maximum && !value.utf8.contains(0)
        case .anyText: true
        case .choice(let choices, _): choices.contains(value)
        case .timestamp: ISO8601.parse(parameter: value) != nil
        case .boolean: ["true", "false"].contains(value)
        }
    }

    /// The accepted values, worded to follow "must be".
    @_spi(Host) public var expectation: String {
        switch kind {
        case .integer(let range, _): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .text(let maximum): "at most \(maximum) characters of text"
        case .anyText: "text"
        case .choice(let choices, _): "one of " + choices.map { "'\($0)'" }.joined(separator: ", ")
        case .timestamp: "an ISO 8601 date or timestamp such as 2026-03-01 or 2026-03-01T00:00:00Z"
        case .boolean: "'true' or 'false'"
        }
    }

    /// `limit` and `offset`, which list routes accept.
    public static let page: [Parameter] = [
        Parameter("limit", .integer(1...1_000, default: 10), "Maximum number of rows."),
        Parameter("offset", .integer(0...1_000_000, default: 0), "Number of rows to skip."),
    ]
}
