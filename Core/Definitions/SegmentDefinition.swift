import Access
import Common
import Questions
import Storage

/// Saved segments. The `segments` module serves the definitions, and the `segment_id` parameter limits a report to a segment.
public enum SegmentDefinition {
    /// The definition's fields, checks and routes.
    public static let resource = Resource(
        "Segment", path: "/api/v1/segments", table: "segments_definition",
        fields: [
            .required("name", .text(200)), .optional("description", .nullable(.optionalText(2_000))),
            .required("definition", .object([]), "The segment's rule: match and conditions, as described in the module's documentation."),
            .optional("is_active", .boolean, "Whether reports can use the segment. Default: true."),
        ],
        defaults: #"{"description":null,"is_active":true}"#, live: true,
        check: { _ = try Segment.parse($0["definition"] ?? $0) },
        verify: { call, id, body in
            guard let definition = body["definition"] else { return }
            _ = try await resolve(try Segment.parse(definition), for: call, inside: id.map { [$0] } ?? [])
            if let id { try await requireKey(toChange: id, call) }
        },
        relations: { _, relations in
            let references = Dictionary(relations.all.map { ($0.id, Self.references(of: $0)) }) { $1 }
            guard let new = relations.new else { return try requireUnused(relations.old?.id ?? "", in: relations.all, references) }
            var reached: Set<String> = [], next = references[new.id] ?? []
            while let id = next.popFirst() {
                guard id != new.id else { throw ServiceError.body(field: "definition", "has a circular reference to segment '\(id)'.") }
                if reached.insert(id).inserted { next.formUnion(references[id] ?? []) }
            }
        })

    /// Checks that a key limited to some modules may read every saved report that is limited to the segment, or to a segment that refers to
    /// it: the key could choose, visitor by visitor, what someone else's embed of the report shows.
    /// - Throws: 403 if the key may not read one of the reports.
    private static func requireKey(toChange id: String, _ call: ProjectRequest) async throws {
        guard call.allowedModules != nil else { return }
        let all = try await resource.all(call).map { (id: $0.id, references: references(of: $0)) }
        var affected: Set<String> = [], next: Set<String> = [id]
        while let id = next.popFirst() {
            guard affected.insert(id).inserted else { continue }
            next.formUnion(all.filter { $0.references.contains(id) }.map(\.id))
        }
        try await call.requireKey(toReadAll: { $0.segmentID.map(affected.contains) == true })
    }

    /// Ids of the segments that a definition refers to. Empty if the definition can no longer be parsed, so it doesn't block changes to
    /// other definitions.
    private static func references(of definition: Resource.Definition) -> Set<String> {
        var ids: Set<String> = []
        let segment = try? parsed(definition)
        segment?.rule.forEachLeaf { if case .segment(let id, _) = $0 { ids.insert(id) } }
        return ids
    }

    private static func requireUnused(_ id: String, in all: [Resource.Definition], _ references: [String: Set<String>]) throws {
        guard let user = all.first(where: { references[$0.id]?.contains(id) == true }) else { return }
        let name = user.fields["name"]?.string ?? ""
        throw ServiceError.invalid(
            "segment_used", "Segment '\(id)' is used by segment '\(name.excerpt(60))' (\(user.id)); change or delete that segment first.")
    }

    /// The saved segment with this id, with its references resolved.
    /// - Throws: 404 if there is none; 400 if it is not active or refers to itself; 403 if the caller may not read the `segments` module or
    ///   a module whose facts the segment reads.
    public static func segment(_ id: String, for call: ProjectRequest) async throws -> Segment {
        try call.require(module: "segments")
        guard let found = try await resource.find(id, for: call) else { throw ServiceError.notFound("Segment", id) }
        guard found.fields["is_active"]?.boolean ?? true else {
            throw ServiceError.invalid("segment_inactive", "Segment '\(id)' is not active; set its 'is_active' to true to use it.")
        }
        return try await segment(found, for: call)
    }

    /// The segment that a definition describes, with its references resolved, whether or not it is active.
    public static func segment(_ definition: Resource.Definition, for call: ProjectRequest) async throws -> Segment {
        try await resolve(try parsed(definition), for: call, inside: [definition.id])
    }

    /// The rule of a definition, with its references as they are.
    fileprivate static func parsed(_ definition: Resource.Definition) throws -> Segment {
        try definition.value { try Segment.parse($0.fields["definition"] ?? $0.fields) }
    }

    /// Replaces references to other segments with the rules of those segments, and checks access to the modules whose facts are read.
    /// - Parameter outer: the id of `segment` itself; empty if it is not saved.
    /// - Throws: 400 if a segment refers to itself, to a segment that doesn't exist or to too many segments; 403 if the caller may not read
    ///   one of the modules.
    public static func resolve(_ segment: Segment, for call: ProjectRequest, inside outer: Set<String> = []) async throws -> Segment {
        var expansion = SegmentExpansion(call)
        let rule = try await expansion.expand(segment.rule, inside: outer, depth: 0), modules = Segment(rule).modules
        for module in modules.sorted() { try call.require(module: module) }
        // A condition on revenue may be in a segment that this one refers to, so this check follows the replacement of references.
        let currency = modules.contains("revenue") ? try await Revenue.currency(of: call.wholeScope().overDatasets()) : nil
        return Segment(rule, currency: currency ?? Revenue.defaultCurrency)
    }
}

/// Replaces references to saved segments with the rules of those segments.
private struct SegmentExpansion {
    private static let maximumDepth = 5, maximumConditions = 500
    /// The maximum number of sequences and funnels in a segment. Each of them needs its own pass over all visitors' activity.
    private static let maximumJourneys = 10

    private let call: ProjectRequest
    private var rules: [String: Segment.Rule] = [:]
    private var conditions = 0, journeys = 0

    init(_ call: ProjectRequest) { self.call = call }

    /// Returns `rule` with all references replaced.
    /// - Parameters:
    ///   - outer: ids of the segments that contain the rule.
    ///   - depth: the number of references followed to reach the rule.
    mutating func expand(_ rule: Segment.Rule, inside outer: Set<String>, depth: Int) async throws -> Segment.Rule {
        switch rule {
        case .all(let rules): return .all(try await expand(rules, inside: outer, depth: depth))
        case .any(let rules): return .any(try await expand(rules, inside: outer, depth: depth))
        case .not(let inner): return .not(try await expand(inner, inside: outer, depth: depth))
        case .segment(let id, let isMember):
            try count()
            guard !outer.contains(id) else {
                throw ServiceError.body(field: "definition", "has a circular reference to segment '\(id)'.")
            }
            guard depth < Self.maximumDepth else {
                throw ServiceError.body(
                    field: "definition", "may nest segments at most \(Self.maximumDepth) levels deep; segment '\(id)' is deeper."
                )
            }
            let inner = try await expand(try await definition(id), inside: outer.union([id]), depth: depth + 1)
            return isMember ? inner : .not(inner)
        case .sequence, .funnel:
            try count()
            journeys += 1
            guard journeys <= Self.maximumJourneys else {
                throw ServiceError.body(
                    field: "definition",
                    "has more than \(Self.maximumJourneys) conditions with the source 'sequence' or 'funnel', including those of the segments that it refers to."
                )
            }
            return rule
        default:
            try count()
            return rule
        }
    }

    private mutating func expand(_ rules: [Segment.Rule], inside outer: Set<String>, depth: Int) async throws -> [Segment.Rule] {
        var expanded: [Segment.Rule] = []
        for rule in rules { expanded.append(try await expand(rule, inside: outer, depth: depth)) }
        return expanded
    }

    private mutating func count() throws {
        conditions += 1
        guard conditions <= Self.maximumConditions else {
            throw ServiceError.body(
                field: "definition",
                "has more than \(Self.maximumConditions) conditions, including those of the segments that it refers to.")
        }
    }

    private mutating func definition(_ id: String) async throws -> Segment.Rule {
        if let rule = rules[id] { return rule }
        guard let saved = try await SegmentDefinition.resource.find(id, for: call) else {
            throw ServiceError.body(field: "definition", "refers to segment '\(id)', which does not exist.")
        }
        let rule = try SegmentDefinition.parsed(saved).rule
        rules[id] = rule
        return rule
    }
}
