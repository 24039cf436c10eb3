import Common

extension OpenAPISchemas {
    /// Returns the document with schemas moved to shared components, and with an example of each successful response.
    static func sharing(_ document: JSONTree) -> JSONTree {
        var document = document, schemas = OpenAPISchemas()
        if case .object(let paths)? = document["paths"] {
            document["paths"] = .object(
                paths.sortedMap { _, item in
                    guard case .object(let operations) = item else { return item }
                    return .object(operations.sortedMap { _, operation in schemas.shared(operation: operation) })
                })
        }
        if case .object(let given)? = document["components"]?["schemas"] {
            let shared = given.sortedMap { name, schema in schemas.shared(schema, Place(base: name, isRequest: false)) }
            let names = OpenAPISchemaNames(schemas.shapes, taken: Set(given.keys)).names
            // exact: names in the document are ours
            let extracted = Dictionary(uniqueKeysWithValues: zip(names, schemas.shapes.map(\.tree)))
            let all = shared.merging(extracted) { given, _ in given }
            document["components"]?["schemas"] = .object(all.sortedMap { name, schema in schema.named(names, itself: name) })
            document["paths"] = document["paths"]?.named(names, itself: "")
        }
        return document
    }

    private mutating func shared(operation: JSONTree) -> JSONTree {
        guard case .string(let id)? = operation["operationId"] else { return operation }
        var operation = operation
        let (verb, noun) = OpenAPIOperationName.parts(of: id), whole = OpenAPIOperationName.capitalized(id)
        if case .array(let parameters)? = operation["parameters"] {
            operation["parameters"] = .array(
                parameters.map { parameter in
                    guard let schema = parameter["schema"], case .string(let name)? = parameter["name"] else { return parameter }
                    var parameter = parameter
                    let own = Use(base: noun, suffix: OpenAPIOperationName.capitalized(name), isShareable: true)
                    parameter["schema"] = shared(schema, Place(base: noun, isRequest: false, own: own))
                    return parameter
                })
        }
        let request: Use =
            switch verb {
            case "create": Use(base: "New", suffix: noun, isRequest: true)
            case "update": Use(base: noun, suffix: "Changes", isRequest: true)
            default: Use(base: whole, suffix: "Request", isRequest: true)
            }
        operation["requestBody"] = operation["requestBody"].map {
            inContent(of: $0, Place(base: noun, isRequest: true, own: request), givesExample: false)
        }
        if case .object(let responses)? = operation["responses"] {
            operation["responses"] = .object(
                responses.sortedMap { status, response in
                    let isSuccess = status.hasPrefix("2")
                    return inContent(of: response, answer(verb, noun, whole), givesExample: isSuccess)
                })
        }
        return operation
    }

    private mutating func inContent(of body: JSONTree, _ place: Place, givesExample: Bool) -> JSONTree {
        guard case .object(let content)? = body["content"] else { return body }
        var body = body
        body["content"] = .object(
            content.sortedMap { type, media in
                guard let schema = media["schema"] else { return media }
                var media = media, place = place
                if schema["properties"]?["data"]?["type"] != "array" {
                    place.row = nil
                    if !place.hasRows { place.own = Use(base: place.base, suffix: "", otherwise: place.base + "Detail", isWhole: true) }
                }
                media["schema"] = shared(schema, place)
                if givesExample, type == "application/json", schema != [:] { media["example"] = OpenAPIExample.value(of: schema) }
                return media
            })
        return body
    }

    /// Suffixes for the names of responses, by the verb of the operation; for verbs other than create, read, update and delete.
    private static let nouns = [
        "analyze": "Report", "drill": "VisitorList", "compare": "Comparison", "evaluate": "Visitors", "export": "Export",
        "preview": "Preview",
        "query": "Answer", "run": "Answer", "test": "Test",
    ]

    private func answer(_ verb: String, _ noun: String, _ whole: String) -> Place {
        let one = OpenAPIOperationName.singular(noun)
        switch verb {
        case "list":
            let row = Use(base: one, suffix: "", otherwise: one + "ListItem", isWhole: true)
            return Place(base: one, isRequest: false, own: Use(base: one, suffix: "List", isWhole: true), row: row)
        case "get":
            // A response without rows represents the resource itself.
            let row = Use(base: one, suffix: one.hasSuffix("Row") ? "" : "Row")
            return Place(base: noun, isRequest: false, own: Use(base: noun, suffix: "Report", isWhole: true), row: row, hasRows: false)
        case "create":
            return Place(base: noun, isRequest: false, own: Use(base: noun, suffix: "", otherwise: "Created" + noun, isWhole: true))
        case "update", "enable", "disable", "rotate":
            return Place(base: noun, isRequest: false, own: Use(base: noun, suffix: "", isWhole: true))
        default:
            guard let name = Self.nouns[verb], !noun.isEmpty else {
                return Place(base: whole, isRequest: false, own: Use(base: whole, suffix: "Answer", isWhole: true))
            }
            // A drill-down always returns the same kind of visitor list.
            let own = Use(base: noun, suffix: name, isShareable: verb == "drill", isWhole: true)
            return Place(base: noun + name, isRequest: false, own: own, row: Use(base: noun + name, suffix: "Row"))
        }
    }
}

extension JSONTree {
    /// Returns the tree in which each field that accepts registered names lists these names.
    func listing(_ names: [Schema.Names: [String]]) -> JSONTree {
        switch self {
        case .array(let elements): return .array(elements.map { $0.listing(names) })
        case .object(var members):
            if case .string(let mark)? = members.removeValue(forKey: OpenAPISchemas.namesMark), let kind = Schema.Names(rawValue: mark),
                let choices = names[kind]
            {
                return Schema.choice(choices).jsonSchema(.answer).described(members["description"], isNullable: members["type"] != "string")
            }
            return .object(members.mapValues { $0.listing(names) })
        default: return self
        }
    }

    private func described(_ description: JSONTree?, isNullable: Bool) -> JSONTree {
        var tree = isNullable ? Schema.orNull(self) : self
        tree["description"] = description
        return tree
    }
}

extension JSONTree {
    /// Returns the tree with component names in place of component numbers. `itself` is the name for a reference to the enclosing schema.
    fileprivate func named(_ names: [String], itself: String) -> JSONTree {
        switch self {
        case .array(let elements): return .array(elements.map { $0.named(names, itself: itself) })
        case .object(var members):
            if case .string(let reference)? = members["$ref"], reference.hasPrefix("~") {
                let name = Int(reference.dropFirst()).map { names[$0] } ?? itself
                members["$ref"] = .string("#/components/schemas/\(name)")
                return .object(members)
            }
            return .object(members.mapValues { $0.named(names, itself: itself) })
        default: return self
        }
    }
}

extension [String: JSONTree] {
    /// Visits values in order of name, so the numbers are assigned in the same order every time.
    fileprivate func sortedMap(_ transform: (String, JSONTree) -> JSONTree) -> [String: JSONTree] {
        // exact: names in the document are ours
        Dictionary(uniqueKeysWithValues: sorted { $0.key < $1.key }.map { ($0.key, transform($0.key, $0.value)) })
    }
}
