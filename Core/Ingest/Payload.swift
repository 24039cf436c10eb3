import Common

/// One event as it was sent: its flat fields, and those inside `payload`, which win when a field is in both. After `check`, fields
/// that can't be kept as sent have their adjusted values.
public struct Payload: Sendable {
    /// The event itself.
    public let flat: JSON
    /// The object in its field `payload`; nil when there is none.
    public let nested: JSON?
    private let nameBits: UInt64
    /// The field `payload` when it is neither an object nor null.
    private let wrongPayload: JSON?
    /// Changed fields, with null for those that were left out. Empty for nearly every event.
    private var adjusted: [(name: String, value: JSON)] = []
    /// The kinds of changes made to them.
    private(set) var adjustments: Adjustments = []

    init(_ json: JSON) {
        flat = json
        let payload = json["payload"]
        nested = payload.flatMap { $0.kind == .object ? $0 : nil }
        wrongPayload = nested == nil ? payload.flatMap { $0.isNull ? nil : $0 } : nil
        nameBits = json.nameBits | (nested?.nameBits ?? 0)
    }

    /// The field; nil when it is absent or null.
    public subscript(_ name: String) -> JSON? {
        guard nameBits & JSON.nameBit(name) != 0 else { return nil }
        if !adjusted.isEmpty, let (_, value) = adjusted.first(where: { $0.name == name }) { return value.isNull ? nil : value }
        if let value = nested?[name], !value.isNull { return value }
        guard let value = flat[name], !value.isNull else { return nil }
        return value
    }

    /// The text of a field; "" when it is absent or not a string. `path` is the path of a page in every payload, so `PagePath`
    /// normalizes it.
    public func text(_ name: String) -> String {
        let text = self[name]?.string ?? ""
        return name == "path" ? PagePath.clean(text) : text
    }
    /// The whole number in a field; nil when it is absent or something else.
    public func integer(_ name: String) -> Int64? { self[name]?.integer }
    /// The number in a field; nil when it is absent or something else.
    public func number(_ name: String) -> Double? { self[name]?.number }

    /// The field as compact JSON text; nil when it is absent.
    public func jsonText(_ name: String) -> String? {
        guard let value = self[name] else { return nil }
        var text = JSONText()
        text.append(value)
        return text.string
    }

    /// Checks what was sent, flat or nested, against the fields of a collector, and adjusts values with minor errors.
    /// - Throws: 400 when the event can't be kept: a required field is missing or of the wrong kind, or an exact one is wrong.
    mutating func check(_ fields: [Schema.Field]) throws {
        if let wrongPayload { throw ServiceError.body("field 'payload' must be an object; got \(wrongPayload.described).") }
        // By index, because copying a field would retain each of its parts.
        for index in fields.indices {
            guard mayHave(fields[index]), let value = self[fields[index].name] else {
                if fields[index].isRequired { throw ServiceError.body("missing required field '\(fields[index].name)'.") }
                continue
            }
            if fields[index].placeholders != .accepted, PlaceholderID.matches(value) {
                guard fields[index].placeholders == .leftOut else { throw PlaceholderID.refusal(fields[index].name, value.string ?? "") }
                leaveOut(fields[index].name)
                continue
            }
            do { try fields[index].schema.check(value, at: fields[index].name) } catch let refusal as ServiceError {
                try adjust(fields[index], value, refusal)
            }
        }
    }

    private mutating func adjust(_ field: Schema.Field, _ value: JSON, _ refusal: ServiceError) throws {
        if let (fitting, done) = field.fitting(value) {
            adjusted.append((field.name, fitting))
            adjustments.formUnion(done)
        } else if field.isRequired || field.fit == .exact {
            throw refusal
        } else {
            leaveOut(field.name)
        }
    }

    private mutating func leaveOut(_ name: String) {
        adjusted.append((name, .nothing))
        adjustments.insert(.leftOut)
    }

    /// Adds adjustments that were made elsewhere.
    mutating func note(_ adjustments: Adjustments) { self.adjustments.formUnion(adjustments) }

    /// Whether one of the fields was sent.
    func hasAny(of fields: [Schema.Field]) -> Bool { fields.indices.contains { mayHave(fields[$0]) && self[fields[$0].name] != nil } }

    /// A quick check that is false for most fields that were not sent.
    private func mayHave(_ field: borrowing Schema.Field) -> Bool { nameBits & field.nameBit != 0 }
}
