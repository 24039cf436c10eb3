import Common
import Logging

/// Metadata that is ready to write: keys are dotted, secrets are removed, and length is bounded.
struct LogFields {
    /// The most characters of a value that are written.
    private static let maximumText = 8_192

    /// The fields in order of name.
    let sorted: [(name: String, value: JSONTree)]

    init(_ metadata: Logger.Metadata, redaction: Redaction) {
        var fields: [String: JSONTree] = [:]
        Self.flatten(metadata, "", redaction, into: &fields)
        sorted = fields.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private static func flatten(
        _ metadata: Logger.Metadata, _ prefix: String, _ redaction: Redaction, into fields: inout [String: JSONTree]
    ) {
        for (key, value) in metadata {
            let name = prefix + key
            if case .dictionary(let inner) = value, !Redaction.isSecret(name) {
                flatten(inner, name + ".", redaction, into: &fields)
            } else {
                fields[name] = Redaction.isSecret(name) ? .string(Redaction.mark) : tree(value, redaction)
            }
        }
    }

    private static func tree(_ value: Logger.MetadataValue, _ redaction: Redaction) -> JSONTree {
        switch value {
        case .string(let text): .string(redaction.clean(text).excerpt(maximumText))
        case .stringConvertible(let value): tree(value, redaction)
        case .array(let values): .array(values.map { tree($0, redaction) })
        case .dictionary(let members):
            .object(
                Dictionary(
                    // exact: the names come from a dictionary
                    uniqueKeysWithValues: members.map { name, value in
                        (name, Redaction.isSecret(name) ? .string(Redaction.mark) : tree(value, redaction))
                    }))
        }
    }

    /// Keeps numbers and booleans as they are. Anything else becomes text.
    private static func tree(_ value: any CustomStringConvertible & Sendable, _ redaction: Redaction) -> JSONTree {
        switch value {
        case let value as Bool: .boolean(value)
        case let value as any BinaryInteger: Int64(exactly: value).map(JSONTree.integer) ?? .string("\(value)")
        case let value as Double: .number(value)
        case let value as Float: .number(Double(value))
        default: .string(redaction.clean("\(value)").excerpt(maximumText))
        }
    }
}
