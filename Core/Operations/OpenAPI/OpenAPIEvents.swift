import Common

/// The events that `POST /api/collect` takes: one schema for each collector, told apart by `type`.
struct OpenAPIEvents {
    /// `Event`, `EventPageview` ... for `components.schemas`; empty without collectors.
    let schemas: [String: JSONTree]
    /// The media types of the body; nil without collectors.
    let body: JSONTree?

    init(collectors: [OpenAPI.CollectorDescription], commonFields: [Schema.Field]) {
        guard !collectors.isEmpty else {
            schemas = [:]
            body = nil
            return
        }
        var schemas: [String: JSONTree] = [:], mapping: [String: JSONTree] = [:]
        for collector in collectors.sorted(by: { $0.type < $1.type }) {
            let name = "Event" + OpenAPIOperationName.capitalized(collector.type)
            schemas[name] = Self.event(collector, commonFields)
            mapping[collector.type] = .string("#/components/schemas/\(name)")
        }
        schemas["Event"] = [
            "oneOf": .array(schemas.keys.sorted().map { .reference("components/schemas/\($0)") }),
            "discriminator": ["propertyName": "type", "mapping": .object(mapping)],
        ]
        if !commonFields.isEmpty {
            var common = Schema.object(commonFields, .request)
            common["description"] = "What every event may carry."
            schemas["CommonEventFields"] = common
        }
        schemas["Events"] = Self.batch
        self.schemas = schemas
        // `sendBeacon` sends text/plain, which needs no preflight.
        let schema = JSONTree.reference("components/schemas/Events")
        body = ["application/json": ["schema": schema], "text/plain": ["schema": schema]]
    }

    private static func event(_ collector: OpenAPI.CollectorDescription, _ commonFields: [Schema.Field]) -> JSONTree {
        var tree = Schema.object([.required("type", .text(1))] + collector.fields, .request)
        if case .object(var properties)? = tree["properties"] {
            properties["type"] = ["const": .string(collector.type)]
            // One that all events have, and this one must have, is described there; generators can't make one of two descriptions.
            for field in collector.fields where field.isRequired && commonFields.contains(where: { $0.name == field.name }) {
                properties[field.name] = ["description": .string(field.summary), "not": ["type": "null"]]
            }
            tree["properties"] = .object(properties)
        }
        // Some generators read one reference in `allOf` as the whole, so its own fields are a part like that.
        if !commonFields.isEmpty { tree = ["allOf": [.reference("components/schemas/CommonEventFields"), tree]] }
        tree["description"] = .string(collector.summary)
        tree["x-pulse-module"] = .string(collector.module)
        return tree
    }

    /// One event, or up to 1,000 in either form of a batch.
    private static let batch: JSONTree = {
        let list: JSONTree = [
            "type": "array", "minItems": 1, "maxItems": 1_000, "items": .reference("components/schemas/Event"),
        ]
        return [
            "oneOf": [
                .reference("components/schemas/Event"), list,
                ["type": "object", "properties": ["events": list], "required": ["events"], "not": ["required": ["type"]]],
            ],
        ]
    }()

    /// 400 of `POST /api/collect`: an error, or the answer to a batch of which nothing was accepted.
    static func refusal(orBatchAnswer content: JSONTree) -> JSONTree {
        let batch = content["application/json"]?["schema"] ?? [:]
        return [
            "description": "The event, or every event of the batch, was refused.",
            "content": ["application/json": ["schema": ["anyOf": [.reference("components/schemas/Error"), batch]]]],
        ]
    }
}
