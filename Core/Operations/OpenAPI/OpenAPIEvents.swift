import Common

/// Describes the events that `POST /api/collect` accepts. Each collector has one schema, and `type` distinguishes them.
struct OpenAPIEvents {
    /// The entries for `components.schemas`: `Event`, `EventPageview` and so on. Empty if there are no collectors.
    let schemas: [String: JSONTree]
    /// The request body, by media type; nil if there are no collectors.
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
            common["description"] = "Fields that every event may have."
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
            // Common fields that this event requires are described in `CommonEventFields`, because generators can't merge two descriptions.
            for field in collector.fields where field.isRequired && commonFields.contains(where: { $0.name == field.name }) {
                properties[field.name] = ["description": .string(field.summary), "not": ["type": "null"]]
            }
            tree["properties"] = .object(properties)
        }
        // Some generators treat a single reference in `allOf` as the whole schema. The event's own fields are therefore
        // another element of `allOf`.
        if !commonFields.isEmpty { tree = ["allOf": [.reference("components/schemas/CommonEventFields"), tree]] }
        tree["description"] = .string(collector.summary)
        tree["x-pulse-module"] = .string(collector.module)
        return tree
    }

    /// One event, or a batch of up to 1,000 events in either of its two forms.
    private static let batch: JSONTree = {
        let list: JSONTree = [
            "type": "array", "minItems": 1, "maxItems": 1_000, "items": .reference("components/schemas/Event"),
        ]
        return [
            "oneOf": [
                .reference("components/schemas/Event"), list,
                ["type": "object", "properties": ["events": list], "required": ["events"], "not": ["required": ["type"]]],
            ]
        ]
    }()

    /// The 400 response of `POST /api/collect`: an error, or the response to a batch of which no event was accepted.
    static func refusal(orBatchAnswer content: JSONTree) -> JSONTree {
        let batch = content["application/json"]?["schema"] ?? [:]
        return [
            "description": "The event, or every event in the batch, was rejected.",
            "content": ["application/json": ["schema": ["anyOf": [.reference("components/schemas/Error"), batch]]]],
        ]
    }
}
