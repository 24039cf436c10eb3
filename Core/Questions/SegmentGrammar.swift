import Common
import Storage

/// The JSON form of segments:
/// `{"match": "all", "conditions": [{"source": "profile", "field": "traits.plan", "op": "eq", "value": "pro"}]}`.
extension Segment {
    private static let maximumDepth = 5, maximumConditions = 50

    /// Parses a segment's definition.
    /// - Parameter path: the path of the definition in the request body.
    /// - Throws: A 400 that names the invalid field and says what is accepted.
    public static func parse(_ definition: JSON, at path: String = "definition") throws -> Segment {
        var count = 0
        return Segment(try group(definition, at: path, depth: 1, &count))
    }

    private static func group(_ json: JSON, at path: String, depth: Int, _ count: inout Int) throws -> Rule {
        guard depth <= maximumDepth else { throw ServiceError.body(field: path, "is nested more than \(maximumDepth) groups deep.") }
        let match = json["match"]?.string ?? ""
        guard match == "all" || match == "any" else {
            throw ServiceError.body(
                field: "\(path).match",
                "must be one of 'all', 'any'; got \(json["match"].map { $0.string.map { "'\($0.excerpt(60))'" } ?? $0.described } ?? "nothing")."
            )
        }
        guard let conditions = json["conditions"], conditions.kind == .array else {
            throw ServiceError.body(
                field: "\(path).conditions", "must be an array of conditions; got \(json["conditions"]?.described ?? "nothing").")
        }
        let rules = try conditions.elements.enumerated().map { index, condition in
            let place = "\(path).conditions[\(index)]"
            guard condition.kind == .object else {
                throw ServiceError.body(field: place, "must be an object; got \(condition.described).")
            }
            count += 1
            guard count <= maximumConditions else {
                throw ServiceError.body(field: path, "has more than \(maximumConditions) conditions.")
            }
            return condition["conditions"] == nil
                ? try negated(try leaf(condition, at: place), condition, at: place)
                : try group(condition, at: place, depth: depth + 1, &count)
        }
        return try negated(match == "all" ? .all(rules) : .any(rules), json, at: path)
    }

    /// The rule, or its negation if `json` has `"negate": true`. The negation holds for all other active visitors.
    private static func negated(_ rule: Rule, _ json: JSON, at path: String) throws -> Rule {
        guard let negate = json["negate"], !negate.isNull else { return rule }
        guard let isNegated = negate.boolean else {
            throw ServiceError.body(field: "\(path).negate", "must be true or false; got \(negate.described).")
        }
        return isNegated ? .not(rule) : rule
    }

    private static let sources = ["profile", "session", "pageview", "event", "metric", "sequence", "funnel", "segment"]

    private static func leaf(_ json: JSON, at path: String) throws -> Rule {
        switch json["source"]?.string {
        case "profile": return try profile(json, at: path)
        case "session": return try session(json, at: path)
        case "pageview": return try pageview(json, at: path)
        case "event": return try event(json, at: path)
        case "metric": return try metric(json, at: path)
        case "sequence": return .sequence(try sequence(json, at: path))
        case "funnel": return try funnel(json, at: path)
        case "segment": return try reference(json, at: path)
        case let other:
            let received = other.map { "'\($0.excerpt(60))'" } ?? json["source"]?.described ?? "nothing"
            throw ServiceError.body(field: "\(path).source", "must be one of \(quoted(sources)); got \(received).")
        }
    }

    private static func profile(_ json: JSON, at path: String) throws -> Rule {
        let field = try self.field(json, at: path), comparison = try Comparison.parse(json, at: path)
        if let trait = PropertyPath(field, below: ["traits"]) { return .trait(trait, comparison) }
        switch field {
        case "user_id": return .user(comparison)
        case "account_id": return .account(comparison)
        default: throw unknownField(field, path, ["traits.NAME", "user_id", "account_id"])
        }
    }

    private static func session(_ json: JSON, at path: String) throws -> Rule {
        let field = try self.field(json, at: path)
        if let measure = SessionMeasure(rawValue: field) {
            return .sessionMeasure(measure, measure.isNumber ? try number(json, at: path) : try Comparison.parse(json, at: path).ofPaths)
        }
        guard Filter.Dimension.sessionColumns.contains(field) else {
            throw unknownField(field, path, Filter.Dimension.sessionColumns + SessionMeasure.allCases.map(\.rawValue))
        }
        return .session(column: field, try Comparison.parse(json, at: path))
    }

    private static func pageview(_ json: JSON, at path: String) throws -> Rule {
        // A condition without a field applies to pageviews of all pages.
        guard json["field"] != nil else { return try did(Step(.pageview, nil), json, at: path) }
        let field = try self.field(json, at: path)
        guard field == "path" || field == "title" else { throw unknownField(field, path, ["path", "title"]) }
        if field == "path", json["count"] != nil || json["within_days"] != nil {
            let comparison = try Comparison.parse(json, at: path, accepting: [.eq])
            return try did(Step(.pageview, comparison.operands[0].text), json, at: path, comparesField: true)
        }
        let comparison = try Comparison.parse(json, at: path)
        return .pageview(column: field, field == "path" ? comparison.ofPaths : comparison)
    }

    private static func event(_ json: JSON, at path: String) throws -> Rule {
        let name = json["event"].flatMap { $0.isNull ? nil : $0 }
        if let name, !Step.isName(name, atMost: 200) { throw Step.invalidName(name, at: path + ".event", atMost: 200) }
        var properties = try Step.properties(json, at: path)
        guard json["field"] != nil else { return try did(Step(.event, name?.string, properties: properties), json, at: path) }
        let comparison = try Comparison.parse(json, at: path), field = try Step.property(json, at: path)
        // `not_exists` means that no event has the property, so the number of events that have it must be 0.
        let isAbsent = comparison.operation == .not_exists
        properties.append(Step.Property(path: field, comparison: isAbsent ? .exists : comparison))
        let step = Step(.event, name?.string, properties: properties)
        if isAbsent { return .did(step, count: Comparison(.eq, [.number(0)]), withinDays: try days(json, at: path)) }
        return try did(step, json, at: path, comparesField: true)
    }

    /// A rule on how often the visitor did the step: at least once, never if `op` is `not_exists`, or as often as `count` says.
    private static func did(_ step: Step, _ json: JSON, at path: String, comparesField: Bool = false) throws -> Rule {
        var count = Comparison(.gte, [.number(1)])
        if let wanted = json["count"], !wanted.isNull {
            count = try number(wanted, at: path + ".count")
        } else if !comparesField, json["op"] != nil {
            let done = try Comparison.parse(json, at: path, accepting: [.exists, .not_exists])
            if done.operation == .not_exists { count = Comparison(.eq, [.number(0)]) }
        }
        return .did(step, count: count, withinDays: try days(json, at: path))
    }

    private static func metric(_ json: JSON, at path: String) throws -> Rule {
        let field = try self.field(json, at: path)
        guard let metric = Metric(rawValue: field) else { throw unknownField(field, path, Metric.allCases.map(\.rawValue)) }
        return .metric(metric, try number(json, at: path))
    }

    private static func sequence(_ json: JSON, at path: String) throws -> Sequence {
        let steps = json["steps"]?.elements ?? []
        let thenNot = try json["then_not"].flatMap { $0.isNull ? nil : $0 }.map { try Step.parse($0, at: path + ".then_not") }
        let least = thenNot == nil ? 2 : 1
        guard (least...10).contains(steps.count) else {
            throw ServiceError.body(field: "\(path).steps", "must be an array of \(least) to 10 steps; got \(steps.count).")
        }
        return Sequence(
            steps: try steps.enumerated().map { try Step.parse($1, at: "\(path).steps[\($0)]") }, thenNot: thenNot,
            withinDays: try days(json, at: path))
    }

    private static func funnel(_ json: JSON, at path: String) throws -> Rule {
        try Schema.object(Funnel.fields + FunnelPlace.fields).check(json, at: path)
        let funnel = try Funnel(json, at: path)
        return .funnel(funnel, try FunnelPlace(json, of: funnel, at: path))
    }

    private static func reference(_ json: JSON, at path: String) throws -> Rule {
        try Schema.object([.required("segment_id", .uuid)]).check(json, at: path)
        let comparison =
            json["op"] == nil
            ? .eq
            : try Comparison.Operator(rawValue: json["op"]?.string ?? "").flatMap { [.eq, .neq].contains($0) ? $0 : nil }
                ?? { throw ServiceError.body(field: "\(path).op", "must be one of 'eq', 'neq'.") }()
        return .segment(id: (json["segment_id"]?.string ?? "").lowercased(), isMember: comparison == .eq)
    }

    // MARK: Parts

    private static func field(_ json: JSON, at path: String) throws -> String {
        guard let field = json["field"], !field.isNull else { throw ServiceError(.missingField("\(path).field")) }
        guard let text = field.string, (1...200).contains(text.utf8.count), !text.utf8.contains(0) else {
            throw ServiceError.body(field: "\(path).field", "must be a string of 1 to 200 characters; got \(field.described).")
        }
        return text
    }

    /// Parses a comparison whose operands must be numbers.
    private static func number(_ json: JSON, at path: String) throws -> Comparison {
        let comparison = try Comparison.parse(json, at: path, accepting: Comparison.Operator.ofNumbers)
        for operand in comparison.operands {
            guard case .number = operand else {
                throw ServiceError.body(field: "\(path).value", "must be a number; got '\(operand.text.excerpt(60))'.")
            }
        }
        return comparison
    }

    private static func days(_ json: JSON, at path: String) throws -> Int? {
        guard let days = json["within_days"], !days.isNull else { return nil }
        guard let number = days.integer, (1...3_660).contains(number) else {
            throw ServiceError.body(
                field: "\(path).within_days",
                "must be a whole number from 1 to 3660; got \(days.integer.map(String.init) ?? days.described)."
            )
        }
        return Int(number)
    }

    private static func unknownField(_ field: String, _ path: String, _ accepted: [String]) -> ServiceError {
        .body(field: "\(path).field", "must be one of \(quoted(accepted)); got '\(field.excerpt(60))'.")
    }

    private static func quoted(_ names: [String]) -> String { names.map { "'\($0)'" }.joined(separator: ", ") }
}
