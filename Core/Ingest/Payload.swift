import Common

/// One event as it was sent. Its fields are at the top level (flat) or inside `payload` (nested). A nested field takes precedence over a
/// flat field with the same name. After `check`, fields that can't be kept as sent have their adjusted values.
public struct Payload: Sendable {
    /// The event itself.
    public let flat: JSON
    /// The object in the `payload` field; nil if there is none.
    public let nested: JSON?
    private let nameBits: UInt64
    /// The value of the `payload` field if it is neither an object nor null.
    private let wrongPayload: JSON?
    /// The adjusted fields, with null for dropped ones. Empty for nearly every event.
    private var adjusted: [(name: String, value: JSON)] = []
    /// The kinds of adjustments made to the fields.
    private(set) var adjustments: Adjustments = []

    init(_ json: JSON) {
        flat = json
        let payload = json["payload"]
        nested = payload.flatMap { $0.kind == .object ? $0 : nil }
        wrongPayload = nested == nil ? payload.flatMap { $0.isNull ? nil : $0 } : nil
        nameBits = json.nameBits | (nested?.nameBits ?? 0)
    }

    /// The value of a field, adjusted if necessary; nil if it is absent or null.
    public subscript(_ name: String) -> JSON? {
        guard nameBits & JSON.nameBit(name) != 0 else { return nil }
        if !adjusted.isEmpty, let (_, value) = adjusted.first(where: { $0.name == name }) { return value.isNull ? nil : value }
        if let value = nested?[name], !value.isNull { return value }
        guard let value = flat[name], !value.isNull else { return nil }
        return value
    }

    /// The text of a field; "" if it is absent or not a string. `path` means the path of a page in every payload, so `PagePath` normalizes
    /// it.
    public func text(_ name: String) -> String {
        let text = self[name]?.string ?? ""
        return name == "path" ? PagePath.clean(text) : text
    }
    /// The whole number in a field; nil if it is absent or not a whole number.
    public func integer(_ name: String) -> Int64? { self[name]?.integer }
    /// The number in a field; nil if it is absent or not a number.
    public func number(_ name: String) -> Double? { self[name]?.number }

    /// The field as compact JSON text; nil if it is absent.
    public func jsonText(_ name: String) -> String? {
        guard let value = self[name] else { return nil }
        var text = JSONText()
        text.append(value)
        return text.string
    }

    /// Checks the fields, flat or nested, against those that a collector declares, and adjusts values with minor errors.
    /// - Throws: 400 if the event can't be kept: a required field is missing or has the wrong type, or a field that must be exact is
    ///   invalid.
    mutating func check(_ fields: [Schema.Field]) throws {
        if let wrongPayload { throw ServiceError.body(field: "payload", "must be an object; got \(wrongPayload.described).") }
        // Iterates by index, because copying a field would retain each of its parts.
        for index in fields.indices {
            guard mayHave(fields[index]), let value = self[fields[index].name] else {
                if fields[index].isRequired { throw ServiceError(.missingField(fields[index].name)) }
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

    /// The event with other values in these fields; a nil value removes the field. Its fields must be checked again.
    func changing(_ changes: [(name: String, value: JSON?)]) throws -> Payload {
        func write(_ old: JSON, adding added: [(name: String, value: JSON?)], to text: inout JSONText) {
            var isFirst = true
            func begin(_ name: String) {
                if !isFirst { text.append(raw: ",") }
                isFirst = false
                text.append(string: name)
                text.append(raw: ":")
            }
            text.append(raw: "{")
            for (name, value) in old.members where !changes.contains(where: { $0.name.isExactly(name) }) {
                begin(name)
                if let nested, name.isExactly("payload") { write(nested, adding: changes, to: &text) } else { text.append(value) }
            }
            for case (let name, let value?) in added {
                begin(name)
                text.append(value)
            }
            text.append(raw: "}")
        }
        var text = JSONText()
        write(flat, adding: nested == nil ? changes : [], to: &text)
        var changed = Payload(try text.bytes.withUnsafeBytes { try JSON.parse($0) })
        changed.adjustments = adjustments
        return changed
    }

    /// All fields that are not null, each once, without `type`.
    var fields: [(name: String, value: JSON)] {
        var names: [String] = []
        for (name, _) in flat.members + (nested?.members ?? []) where !["type", "payload"].contains(exactly: name) {
            if !names.contains(exactly: name) { names.append(name) }
        }
        return names.compactMap { name in self[name].map { (name, $0) } }
    }

    /// Adds adjustments that other code made.
    mutating func note(_ adjustments: Adjustments) { self.adjustments.formUnion(adjustments) }

    /// Whether at least one of the fields was sent.
    func hasAny(of fields: [Schema.Field]) -> Bool { fields.indices.contains { mayHave(fields[$0]) && self[fields[$0].name] != nil } }

    /// A quick check that rules out most fields that were not sent.
    private func mayHave(_ field: borrowing Schema.Field) -> Bool { nameBits & field.nameBit != 0 }
}
