import Common

/// A query parameter of a route: checked before the handler runs, and described in OpenAPI.
public struct Parameter: Sendable {
    public enum Kind: Sendable {
        case integer(ClosedRange<Int>, default: Int?)
        case text(maximum: Int)
        /// Text that the handler judges.
        case anyText
        case choice([String], default: String?)
        case timestamp
        case boolean(default: Bool)

        /// The same, where what stands for nothing is another matter.
        var withoutDefault: Kind {
            switch self {
            case .integer(let range, _): .integer(range, default: nil)
            case .choice(let choices, _): .choice(choices, default: nil)
            case .text, .anyText, .timestamp, .boolean: self
            }
        }
    }

    public let name: String
    public let kind: Kind
    public let isRequired: Bool
    public let summary: String

    public init(_ name: String, _ kind: Kind, required: Bool = false, _ summary: String) {
        self.name = name
        self.kind = kind
        self.isRequired = required
        self.summary = summary
    }

    /// - Throws: 400 that names the parameter, what came and what is accepted.
    func check(_ query: IncomingRequest.Query) throws {
        guard let value = query[name], !value.isEmpty else {
            if isRequired { throw ServiceError.parameter(name, "it is required, and must be \(expectation).") }
            return
        }
        guard accepts(value) else { throw ServiceError.parameter(name, "must be \(expectation); got '\(value.excerpt(60))'.") }
    }

    func accepts(_ value: String) -> Bool {
        switch kind {
        case .integer(let range, _): Int(value).map(range.contains) ?? false
        case .text(let maximum): value.unicodeScalars.count <= maximum && !value.utf8.contains(0)
        case .anyText: true
        case .choice(let choices, _): choices.contains(value)
        case .timestamp: ISO8601.parse(parameter: value) != nil
        case .boolean: ["true", "false"].contains(value)
        }
    }

    var expectation: String {
        switch kind {
        case .integer(let range, _): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .text(let maximum): "at most \(maximum) characters of text"
        case .anyText: "text"
        case .choice(let choices, _): "one of " + choices.map { "'\($0)'" }.joined(separator: ", ")
        case .timestamp: "an ISO 8601 date or timestamp such as 2026-03-01 or 2026-03-01T00:00:00Z"
        case .boolean: "'true' or 'false'"
        }
    }

    /// The parameters that every list understands.
    public static let page: [Parameter] = [
        Parameter("limit", .integer(1...1_000, default: 10), "Rows at most."),
        Parameter("offset", .integer(0...1_000_000, default: 0), "Rows to leave out at the beginning."),
    ]
}
