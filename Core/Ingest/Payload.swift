import Common

/// One event as it was sent: flat fields and those inside `payload`, which win where both are there. Once it was checked, what could not be kept
/// as it was sent is as it can be.
public struct Payload: Sendable {
    public let flat: JSON
    public let nested: JSON?
    private let nameBits: UInt64
    /// The field `payload` where it is neither an object nor null.
    private let wrongPayload: JSON?
    /// Fields that were changed; null for those that were left out. Empty for nearly every event.
    private var adjusted: [(name: String, value: JSON)] = []
    /// What was done to them.
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

    /// The text of a field; "" when it is absent. The field `path` is a page's in every payload, and so in the one form of `PagePath`.
    public func text(_ name: String) -> String {
        let text = self[name]?.string ?? ""
        return name == "path" ? PagePath.clean(text) : text
    }
    public func integer(_ name: String) -> Int64? { self[name]?.integer }
    public func number(_ name: String) -> Double? { self[name]?.number }

    /// The field as compact JSON text; nil when it is absent.
    public func jsonText(_ name: String) -> String? {
        guard let value = self[name] else { return nil }
        var text = JSONText()
        text.append(value)
        return text.string
    }

    /// Checks the fields of a collector against what was sent, wherever it stands, and adjusts what is no more than a detail.
    /// - Throws: 400 for what costs the event: a required field that is not there or of the wrong kind, one that must be exact.
    mutating func check(_ fields: [Schema.Field]) throws {
        if let wrongPayload { throw ServiceError.body("field 'payload' must be an object; got \(wrongPayload.described).") }
        // By index, as a copy of a field would retain each of its parts.
        for index in fields.indices {
            guard mayHave(fields[index]), let value = self[fields[index].name] else {
                if fields[index].isRequired { throw ServiceError.body("missing required field '\(fields[index].name)'.") }
                continue
            }
            if fields[index].placeholders != .accepted, PlaceholderID.isOne(value) {
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

    /// Counts what was changed besides.
    mutating func note(_ adjustments: Adjustments) { self.adjustments.formUnion(adjustments) }

    /// Whether one of the fields was sent.
    func hasAny(of fields: [Schema.Field]) -> Bool { fields.indices.contains { mayHave(fields[$0]) && self[fields[$0].name] != nil } }

    /// False for most of the fields that were not sent.
    private func mayHave(_ field: borrowing Schema.Field) -> Bool { nameBits & field.nameBit != 0 }
}
