/// Moves the object and enum schemas of a document into `components.schemas`: equal schemas become one component, and a generated client has one
/// type for each. It works on the finished document, so no route can be left out.
struct OpenAPISchemas {
    /// Where a schema is used, for its name.
    struct Use {
        /// What it is part of: `Funnel`.
        let base: String
        /// What it is of that: `Step`; empty for the thing itself.
        let suffix: String
        var isRequest = false
        /// Whether the suffix alone names it once several things have it.
        var isShareable = false
        /// The name for when something else has the first one.
        var otherwise = ""
        /// Whether it is the whole of a body or one of its rows.
        var isWhole = false
    }

    /// Where `Schema.named` leaves the name.
    static let nameMark = "x-pulse-name"
    /// Where a field says which `Schema.Names` it accepts.
    static let namesMark = "x-pulse-names"

    struct Shape {
        var tree: JSONTree
        var uses: [Use] = []
    }

    private(set) var shapes: [Shape] = []
    private var numbers: [JSONTree: Int] = [:]

    /// The place of a schema while the document is walked.
    struct Place {
        var base: String
        var isRequest: Bool
        /// Nil where the schema has a name already.
        var own: Use?
        /// The member that holds it, where that is not the whole or one of its rows.
        var member = ""
        /// What the members of `data` are.
        var row: Use?
        /// Whether it has the name that rows give also without any.
        var hasRows = true
    }

    /// The schema with references to numbers in place of what has become a component.
    mutating func shared(_ schema: JSONTree, _ place: Place) -> JSONTree {
        guard case .object(var members) = schema, members["$ref"] == nil else { return schema }
        var place = place
        if case .string(let name)? = members[Self.nameMark] { (place.base, place.member, place.row) = (name, "", nil) }
        if case .object(let properties)? = members["properties"] {
            // exact: names in the document are ours
            members["properties"] = .object(Dictionary(uniqueKeysWithValues: properties.sorted { $0.key < $1.key }.map { name, property in
                (name, isRepetition(property, of: schema) ? Self.itself(property) : shared(property, at(name, property, place)))
            }))
        }
        for name in ["items", "additionalProperties", "not"] {
            if let inner = members[name] { members[name] = shared(inner, place) }
        }
        for name in ["oneOf", "anyOf", "allOf"] {
            if case .array(let inner)? = members[name] { members[name] = .array(inner.map { shared($0, place) }) }
        }
        guard let use = place.own, isNameable(.object(members)) else { return .object(members) }
        return reference(to: members, use)
    }

    private func isNameable(_ schema: JSONTree) -> Bool {
        schema["enum"] != nil || schema["properties"] != nil || (schema["additionalProperties"].map { $0 != false } ?? false)
    }

    private func at(_ name: String, _ property: JSONTree, _ place: Place) -> Place {
        var word = OpenAPIOperationName.capitalized(name)
        var isList = property["items"] != nil, schema = property
        while let items = schema["items"] { schema = items }
        if schema["additionalProperties"] != nil, schema["additionalProperties"] != false { isList = true }
        if isList { word = OpenAPIOperationName.singular(word) }
        var inner = place
        inner.member = word
        inner.row = nil
        if name == "data", place.row != nil {
            inner.own = place.row
            inner.member = ""
            return inner
        }
        // `type` says too little without what has it.
        let isValue = schema["enum"] != nil && !place.member.isEmpty
        let suffix = isValue ? place.member + word : word
        inner.own = Use(
            base: place.base, suffix: suffix, isRequest: place.isRequest, isShareable: true, otherwise: "\(place.base)\(suffix)Item")
        return inner
    }

    /// Whether a member holds the same again: what its owner requires, and nothing that the owner does not describe in the same way.
    private func isRepetition(_ member: JSONTree, of owner: JSONTree) -> Bool {
        guard case .object(let inner)? = member["properties"], case .object(let outer)? = owner["properties"], !inner.isEmpty else { return false }
        return member["required"] == owner["required"] && inner.allSatisfy { outer[$0.key] == $0.value }
    }

    private static func itself(_ member: JSONTree) -> JSONTree {
        var tree: JSONTree = ["$ref": "~"]
        tree["description"] = member["description"]
        return tree
    }

    private mutating func reference(to members: [String: JSONTree], _ use: Use) -> JSONTree {
        var members = members, isNullable = false
        if case .array(let types)? = members["type"], types.count == 2, types[1] == "null" {
            members["type"] = types[0]
            isNullable = true
        }
        if case .array(let choices)? = members["enum"] { members["enum"] = .array(choices.filter { $0 != .null }) }
        var use = use
        if case .string(let name)? = members.removeValue(forKey: Self.nameMark) {
            use = Use(base: name, suffix: "", isRequest: use.isRequest, isShareable: true, otherwise: use.base + use.suffix)
        }
        let said = ["description", "default"].compactMap { name in members.removeValue(forKey: name).map { (name, $0) } }
        let number = number(of: .object(members))
        shapes[number].uses.append(use)
        let reference: JSONTree = ["$ref": .string("~\(number)")]
        var tree: JSONTree = isNullable ? ["anyOf": [reference, ["type": "null"]]] : reference
        for (name, value) in said { tree[name] = value }
        return tree
    }

    private mutating func number(of tree: JSONTree) -> Int {
        if let number = numbers[tree] { return number }
        numbers[tree] = shapes.count
        shapes.append(Shape(tree: tree))
        return shapes.count - 1
    }
}
