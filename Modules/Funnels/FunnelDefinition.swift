import Core

extension Funnel {
    static let resource = Resource(
        "Funnel", path: "/api/v1/funnels", table: "funnels_definition", fields: [.required("name", .text(200))] + fields,
        counted: ["steps", "exclusions"], live: true, check: { _ = try Funnel($0) }, normalize: labelled)

    /// Returns the definition with a label for each step. A step without a label gets its value as the label.
    @Sendable private static func labelled(_ definition: JSON) throws -> JSON {
        let steps = (definition["steps"]?.elements ?? []).map { step in
            var parts = Dictionary(exactly: step.members)
            if parts["label"]?.string == nil { parts["label"] = parts["value"] }
            return parts
        }
        var members = Dictionary(exactly: definition.members)
        members["steps"] = try JSON(try Shape.list(.map(.any)).text(steps))
        return try JSON(try Shape.map(.any).text(members))
    }

    /// Returns the definition of a segment that contains the visitors at `place` of `funnel`, a funnel's definition.
    static func segment(_ place: FunnelPlace, of funnel: JSON) throws -> JSON {
        let names = fields.map(\.name)
        var condition = Dictionary(exactly: funnel.members.filter { names.contains($0.name) })
        condition["source"] = JSON(text: "funnel")
        condition["step"] = JSON(Int64(place.step))
        condition["state"] = JSON(text: place.state.rawValue)
        var text = JSONText()
        try text.object { text in
            text.name("conditions")
            try text.array { text in
                text.element()
                try Shape.map(.any).write(condition, to: &text)
            }
            text.member("match", "all")
        }
        return try JSON(text)
    }
}
