import Common

/// Checks a value against a JSON Schema in a document. Supports the keywords that Pulse's documents use.
struct JSONSchemaReader {
    let root: JSON

    /// Describes the first part of the value that the schema rejects; nil if it is valid.
    func problem(_ value: JSON, _ schema: JSON, at place: String = "$") -> String? {
        if let reference = schema["$ref"]?.string {
            let target = reference.split(separator: "/").dropFirst().reduce(root as JSON?) { $0?[String($1)] }
            return target.map { problem(value, $0, at: place) } ?? "\(place): \(reference) leads nowhere"
        }
        for word in ["anyOf", "oneOf"] {
            guard let choices = schema[word]?.elements else { continue }
            return choices.contains { problem(value, $0, at: place) == nil } ? nil : "\(place): none of \(word)"
        }
        if let choices = schema["enum"]?.elements, !choices.contains(where: { $0.string == value.string }) {
            return "\(place): not in the enum"
        }
        if let type = schema["type"] {
            let types = type.kind == .array ? type.elements.compactMap(\.string) : [type.string ?? ""]
            guard types.contains(where: { isOf($0, value) }) else { return "\(place): \(value.described) is none of \(types)" }
        }
        return bounds(value, schema, place) ?? inside(value, schema, place)
    }

    private func isOf(_ type: String, _ value: JSON) -> Bool {
        switch type {
        case "integer": value.integer != nil
        case "number": value.number != nil
        default: value.kind.rawValue == type || value.isNull && type == "null"
        }
    }

    private func bounds(_ value: JSON, _ schema: JSON, _ place: String) -> String? {
        if let number = value.number {
            if let least = schema["minimum"]?.number, number < least { return "\(place): below \(least)" }
            if let most = schema["maximum"]?.number, number > most { return "\(place): above \(most)" }
        }
        let size = value.string?.unicodeScalars.count ?? (value.kind == .array ? value.elements.count : nil)
        for (least, most) in [("minLength", "maxLength"), ("minItems", "maxItems")] {
            if let size, let bound = schema[least]?.integer, size < bound { return "\(place): \(size) is below \(least)" }
            if let size, let bound = schema[most]?.integer, size > bound { return "\(place): \(size) is above \(most)" }
        }
        if let pattern = schema["pattern"]?.string, let text = value.string, (try? Regex(pattern).wholeMatch(in: text)) == nil {
            return "\(place): does not match \(pattern)"
        }
        return nil
    }

    private func inside(_ value: JSON, _ schema: JSON, _ place: String) -> String? {
        for name in schema["required"]?.elements.compactMap(\.string) ?? [] where value[name] == nil { return "\(place): no \(name)" }
        for (name, member) in value.kind == .object ? value.members : [] {
            guard let own = schema["properties"]?[name] ?? schema["additionalProperties"] else { continue }
            if own.boolean == false { return "\(place): \(name) is not declared" }
            if let found = problem(member, own, at: "\(place).\(name)") { return found }
        }
        guard value.kind == .array, let items = schema["items"] else { return nil }
        return value.elements.enumerated().lazy.compactMap { problem($1, items, at: "\(place)[\($0)]") }.first
    }
}
