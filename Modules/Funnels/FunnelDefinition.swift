import Core

extension Funnel {
    static let resource = Resource(
        "Funnel", path: "/api/v1/funnels", table: "funnels_definition", fields: [.required("name", .text(200))] + fields,
        counted: ["steps", "exclusions"], live: true, check: { _ = try Funnel($0) }, normalize: labelled)

    /// Returns the definition with a label for each step. A step without a label gets its value as the label.
    @Sendable private static func labelled(_ definition: JSON) throws -> String {
        var members = Dictionary(definition.members.map { ($0.name, $0.value) }) { $1 }
        members["steps"] = try JSON(
            encoding: definition["steps"]?.elements.map { step in
                var parts = Dictionary(step.members.map { ($0.name, $0.value) }) { $1 }
                if parts["label"]?.string == nil { parts["label"] = parts["value"] }
                return parts
            })
        var text = JSONText()
        text.append(try JSON(encoding: members))
        return text.string
    }

    /// Returns the definition of a segment that contains the visitors at `place` of `funnel`, a funnel's definition.
    static func segment(_ place: FunnelPlace, of funnel: JSON) throws -> JSON {
        let names = fields.map(\.name)
        var condition = Dictionary(funnel.members.filter { names.contains($0.name) }.map { ($0.name, $0.value) }) { $1 }
        condition["source"] = try JSON(encoding: "funnel")
        condition["step"] = try JSON(encoding: place.step)
        condition["state"] = try JSON(encoding: place.state.rawValue)
        return try JSON(encoding: ["match": JSON(encoding: "all"), "conditions": JSON(encoding: [condition])])
    }
}
