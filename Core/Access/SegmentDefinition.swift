import Common
import Storage

/// Saved segments: module `segments` serves them, and every report can be asked about one with `segment_id`.
public enum SegmentDefinition {
    public static let resource = Resource(
        "Segment", path: "/api/v1/segments", table: "segments_definition",
        fields: [
            .required("name", .text(200)), .optional("description", .nullable(.optionalText(2_000))),
            .required("definition", .object([]), "match and conditions; see the module's page."),
            .optional("is_active", .boolean, "Whether reports may be asked about it. Default: true."),
        ],
        defaults: #"{"description":null,"is_active":true}"#,
        check: { _ = try Segment.parse($0["definition"] ?? $0) },
        verify: { call, id, body in
            guard let definition = body["definition"] else { return }
            _ = try await resolve(try Segment.parse(definition), for: call, inside: id.map { [$0] } ?? [])
        })

    /// The segment with this id.
    /// - Throws: 404; 400 where it is not active, or refers to itself; 403 where a module whose facts it reads is off.
    public static func segment(_ id: String, for call: ProjectRequest) async throws -> Segment {
        try call.require(module: "segments")
        guard let found = try await resource.find(id, for: call) else { throw ServiceError.notFound("Segment", id) }
        guard found.fields["is_active"]?.boolean ?? true else {
            throw ServiceError.invalid("segment_inactive", "Segment '\(id)' is not active; set its 'is_active' to true to use it.")
        }
        return try await segment(found, for: call)
    }

    /// What a definition means, whether it is active or not.
    public static func segment(_ definition: Resource.Definition, for call: ProjectRequest) async throws -> Segment {
        try await resolve(try Segment.parse(definition.fields["definition"] ?? definition.fields), for: call, inside: [definition.id])
    }

    /// `segment` with those that it refers to put in their place, and the modules checked.
    /// - Parameter outer: ids of the segments that it is part of.
    public static func resolve(_ segment: Segment, for call: ProjectRequest, inside outer: Set<String> = []) async throws -> Segment {
        for module in segment.modules.sorted() { try call.require(module: module) }
        var rules: [String: Segment.Rule] = [:]
        for id in segment.references.sorted() {
            guard !outer.contains(id) else { throw ServiceError.body("field 'definition' refers to segment '\(id)', which it is a part of.") }
            guard let found = try await resource.find(id, for: call) else {
                throw ServiceError.body("field 'definition' refers to segment '\(id)', which does not exist.")
            }
            let inner = try Segment.parse(found.fields["definition"] ?? found.fields)
            rules[id] = try await resolve(inner, for: call, inside: outer.union([id])).rule
        }
        return segment.resolved { rules[$0]! }
    }
}
