/// Moves the object and enum schemas of a document into `components.schemas`. Equal schemas become one component, so a generated client has
/// one type for them. Works on the finished document, so it can't miss a route.
struct OpenAPISchemas {
    /// One use of a schema, from which to derive its name.
    struct Use {
        /// The resource it belongs to: `Funnel`.
        let base: String
        /// The part of the resource: `Step`; empty for the resource itself.
        let suffix: String
        var isRequest = false
        /// Whether the suffix alone may become the name if several resources use the schema.
        var isShareable = false
        /// The fallback if the first name is taken.
        var otherwise = ""
        /// Whether the schema is that of a whole body, or of one of a body's rows.
        var isWhole = false
    }

    /// The temporary member that holds the name of a `Schema.named`.
    static let nameMark = "x-pulse-name"
    /// The temporary member that holds the `Schema.Names` that a field accepts.
    static let namesMark = "x-pulse-names"

    /// A future component: a schema that has no name yet, and its uses.
    struct Shape {
        var tree: JSONTree
        var uses: [Use] = []
    }

    private(set) var shapes: [Shape] = []
    private var numbers: [JSONTree: Int] = [:]

    /// The position of a schema during the walk through the document.
    struct Place {
        var base: String
        var isRequest: Bool
        /// The schema's use; nil if it is already a component.
        var own: Use?
        /// The name of the member that holds it; empty for a whole body or one of its rows.
        var member = ""
        /// The use of the elements of `data`.
        var row: Use?
        /// Whether `own` applies even if the body has no rows.
        var hasRows = true
    }

    /// Returns the schema with everything that has become a component replaced by a reference to its number.
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
        // A name such as `type` says too little without its owner's.
        let isValue = schema["enum"] != nil && !place.member.isEmpty
        let suffix = isValue ? place.member + word : word
        inner.own = Use(
            base: place.base, suffix: suffix, isRequest: place.isRequest, isShareable: true, otherwise: "\(place.base)\(suffix)Item")
        return inner
    }

    /// Whether a member has its owner's type: it requires the same members, and all its properties equal the owner's.
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
