/// Moves the object and enum schemas of a document to `components.schemas`. Equal schemas become a single component, so a generated client
/// has a single type for them. The finished document is processed, so no route can be missed.
struct OpenAPISchemas {
    /// One place where a schema is used. The schema's name is derived from its uses.
    struct Use {
        /// The resource that uses the schema: `Funnel`.
        let base: String
        /// The part of the resource that the schema describes: `Step`; empty for the resource itself.
        let suffix: String
        var isRequest = false
        /// Whether the suffix alone may become the name, if several resources use the schema.
        var isShareable = false
        /// The name to fall back on if the first choice is taken.
        var otherwise = ""
        /// Whether the schema describes a whole body, or one row of a body.
        var isWhole = false
    }

    /// A temporary member that holds the name of a `Schema.named`.
    static let nameMark = "x-pulse-name"
    /// A temporary member that holds the `Schema.Names` that a field accepts.
    static let namesMark = "x-pulse-names"

    /// A schema that will become a component but has no name yet, with its uses.
    struct Shape {
        var tree: JSONTree
        var uses: [Use] = []
    }

    private(set) var shapes: [Shape] = []
    private var numbers: [JSONTree: Int] = [:]

    /// The position of a schema in the document.
    struct Place {
        var base: String
        var isRequest: Bool
        /// How the schema is used; nil if the schema is already a component.
        var own: Use?
        /// The name of the member that holds the schema; empty for a whole body or one of its rows.
        var member = ""
        /// How the elements of `data` are used.
        var row: Use?
        /// Whether `own` also applies if the body has no rows.
        var hasRows = true
    }

    /// Returns the schema in which every part that became a component is replaced by a reference to the component's number.
    mutating func shared(_ schema: JSONTree, _ place: Place) -> JSONTree {
        guard case .object(var members) = schema, members["$ref"] == nil else { return schema }
        var place = place
        if case .string(let name)? = members[Self.nameMark] { (place.base, place.member, place.row) = (name, "", nil) }
        if case .object(let properties)? = members["properties"] {
            members["properties"] = .object(
                Dictionary(
                    // exact: names in the document are ours
                    uniqueKeysWithValues: properties.sorted { $0.key < $1.key }.map { name, property in
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
        // A name such as `type` says too little without the name of the object that has this member.
        let isValue = schema["enum"] != nil && !place.member.isEmpty
        let suffix = isValue ? place.member + word : word
        inner.own = Use(
            base: place.base, suffix: suffix, isRequest: place.isRequest, isShareable: true, otherwise: "\(place.base)\(suffix)Item")
        return inner
    }

    /// Whether a member has the same type as its owner: it requires the same members, and all its properties equal those of the owner.
    private func isRepetition(_ member: JSONTree, of owner: JSONTree) -> Bool {
        guard case .object(let inner)? = member["properties"], case .object(let outer)? = owner["properties"], !inner.isEmpty else {
            return false
        }
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
        let annotations = ["description", "default"].compactMap { name in members.removeValue(forKey: name).map { (name, $0) } }
        let number = number(of: .object(members))
        shapes[number].uses.append(use)
        let reference: JSONTree = ["$ref": .string("~\(number)")]
        var tree: JSONTree = isNullable ? ["anyOf": [reference, ["type": "null"]]] : reference
        for (name, value) in annotations { tree[name] = value }
        return tree
    }

    private mutating func number(of tree: JSONTree) -> Int {
        if let number = numbers[tree] { return number }
        numbers[tree] = shapes.count
        shapes.append(Shape(tree: tree))
        return shapes.count - 1
    }
}
