/// Names components after their uses, so the same routes always produce the same names.
struct OpenAPISchemaNames {
    /// The names, indexed by the number of the shape.
    private(set) var names: [String]
    private var taken: Set<String>

    /// - Parameter taken: names that the document uses for other components.
    init(_ shapes: [OpenAPISchemas.Shape], taken: Set<String>) {
        self.taken = taken
        names = shapes.map { _ in "" }
        let ranked = shapes.indices.map { number in
            let shape = shapes[number], (names, strength) = Self.candidates(shape)
            return (number: number, names: names, rank: (shape.uses.contains(where: \.isWhole) ? 1 : 0, strength, shape.uses.count))
        }
        // The shapes with the strongest claim to a name choose first.
        let order = ranked.sorted { $0.rank != $1.rank ? $0.rank > $1.rank : ($0.names[0], $0.number) < ($1.names[0], $1.number) }
        for (number, candidates, _) in order { names[number] = free(candidates) }
    }

    private mutating func free(_ candidates: [String]) -> String {
        for name in candidates where taken.insert(name).inserted { return name }
        var number = 2
        while !taken.insert("\(candidates[0])\(number)").inserted { number += 1 }
        return "\(candidates[0])\(number)"
    }

    /// Possible names, best first, and how many uses support the first one.
    private static func candidates(_ shape: OpenAPISchemas.Shape) -> (names: [String], strength: Int) {
        let answers = shape.uses.filter { !$0.isRequest }
        let uses = answers.isEmpty ? shape.uses : answers
        var counts: [String: Int] = [:]
        for use in uses { counts[name(use), default: 0] += 1 }
        var names = counts.sorted { ($1.value, $0.key.count, $0.key) < ($0.value, $1.key.count, $1.key) }.map(\.key)
        let strength = counts.values.max() ?? 0
        if let fixed = fixedName(shape.tree) { return ([fixed] + names, .max) }
        if let suffix = sharedSuffix(uses) { return ([suffix] + names, uses.count) }
        names += Set(uses.map(\.otherwise)).filter { !$0.isEmpty }.sorted()
        return (names, strength)
    }

    /// The suffix that most uses share, if these uses belong to three or more resources.
    private static func sharedSuffix(_ uses: [OpenAPISchemas.Use]) -> String? {
        // A schema that is a resource of its own gets the resource's name, even if other resources contain it under another name.
        guard !uses.contains(where: { $0.isWhole && !$0.isShareable }) else { return nil }
        let groups = Dictionary(grouping: uses.filter(\.isShareable), by: \.suffix).filter {
            !$0.key.isEmpty && $0.value.count * 2 > uses.count
        }
        guard let (suffix, group) = groups.first, Set(group.map(\.base)).count > 2 else { return nil }
        return suffix
    }

    private static func name(_ use: OpenAPISchemas.Use) -> String {
        // `Goal` and `GoalType` give `GoalType`, not `GoalGoalType`.
        let whole =
            use.suffix.hasPrefix(use.base) || use.base.hasSuffix(use.suffix) && !use.isWhole
            ? longer(use.base, use.suffix) : use.base + use.suffix
        // `Input` marks schemas that occur only in requests.
        return whole + (use.isRequest && use.isShareable ? "Input" : "")
    }

    private static func longer(_ one: String, _ other: String) -> String { one.count > other.count ? one : other }

    /// The name for a map, that is, an object whose member names the sender chooses; nil for other schemas.
    private static func fixedName(_ tree: JSONTree) -> String? {
        guard tree["properties"] == nil, let values = tree["additionalProperties"] else { return nil }
        switch values["type"] {
        case "string": return "Texts"
        case "integer", "number": return "Numbers"
        case nil where values["$ref"] == nil: return tree["maxProperties"] == nil ? "AnyObject" : "Properties"
        default: return nil
        }
    }
}
