import Common

/// One event as it was sent: flat fields and those inside `payload`, which win where both are there.
public struct Payload: Sendable {
    public let flat: JSON
    public let nested: JSON?

    init(_ json: JSON) {
        flat = json
        nested = json["payload"].flatMap { $0.kind == .object ? $0 : nil }
    }

    /// The field; nil when it is absent or null.
    public subscript(_ name: String) -> JSON? {
        if let value = nested?[name], !value.isNull { return value }
        guard let value = flat[name], !value.isNull else { return nil }
        return value
    }

    /// The text of a field; "" when it is absent.
    public func text(_ name: String) -> String { self[name]?.string ?? "" }
    public func integer(_ name: String) -> Int64? { self[name]?.integer }
    public func number(_ name: String) -> Double? { self[name]?.number }

    /// The field as compact JSON text; nil when it is absent.
    public func jsonText(_ name: String) -> String? {
        guard let value = self[name] else { return nil }
        var text = JSONText()
        text.append(value)
        return text.string
    }

    /// Checks the fields of a collector against what was sent, wherever it stands.
    func check(_ fields: [Schema.Field]) throws {
        if nested == nil, let other = flat["payload"], !other.isNull {
            throw ServiceError.body("field 'payload' must be an object; got \(other.described).")
        }
        for field in fields {
            guard let value = self[field.name] else {
                if field.isRequired { throw ServiceError.body("missing required field '\(field.name)'.") }
                continue
            }
            try field.schema.check(value, at: field.name)
        }
    }
}
