import Common

/// A value from a YAML file, with its line number, or from an environment variable, without one.
indirect enum YAMLNode: Sendable {
    case scalar(Scalar)
    case list([YAMLNode], line: Int?)
    case mapping(Mapping)

    struct Scalar: Sendable {
        let text: String
        /// Whether the text was written without quotes. Then `null` means no value; in quotes it is a word.
        let isPlain: Bool
        let line: Int?
    }

    struct Mapping: Sendable {
        let members: [Member]
        let line: Int?
    }

    struct Member: Sendable {
        let key: String
        let line: Int?
        let value: YAMLNode
    }

    var line: Int? {
        switch self {
        case .scalar(let scalar): scalar.line
        case .list(_, let line): line
        case .mapping(let mapping): mapping.line
        }
    }

    /// Whether the value is null: `key:` without a value, `null` or `~`.
    var isNull: Bool {
        guard case .scalar(let scalar) = self, scalar.isPlain else { return false }
        return ["", "~", "null", "Null", "NULL"].contains(scalar.text)
    }

    /// The text of a scalar; nil for null, lists and mappings.
    var text: String? {
        guard case .scalar(let scalar) = self, !isNull else { return nil }
        return scalar.text
    }

    /// A description of the value, worded to follow "got".
    var described: String {
        switch self {
        case _ where isNull: "nothing"
        // Somebody put a URL in the wrong place, perhaps with a password.
        case .scalar(let scalar) where scalar.text.contains("://"): hidden
        case .scalar(let scalar): "'\(scalar.text.excerpt(60))'"
        case .list: "a list"
        case .mapping: "a group of keys"
        }
    }

    /// Like `described`, but never quotes the value.
    var hidden: String { text.map { "\($0.count) characters that are not shown" } ?? described }

    /// Text that is the same for equal values, regardless of their place in the file and the order of their keys.
    var canonical: String {
        switch self {
        case _ where isNull: return "null"
        case .scalar(let scalar): return scalar.text.debugDescription
        case .list(let nodes, _): return "[" + nodes.map(\.canonical).joined(separator: ", ") + "]"
        case .mapping(let mapping):
            let pairs = mapping.members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.canonical)" }
            return "{" + pairs.joined(separator: ", ") + "}"
        }
    }
}
