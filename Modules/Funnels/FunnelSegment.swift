import Core

/// The visitors at a place of a funnel, as the definition of a segment: what can be said there of steps.
struct FunnelSegment: Encodable {
    struct Condition: Encodable {
        struct Step: Encodable { var event: String?, path: String?, `where`: JSON? }
        struct Count: Encodable { let op = "gte", value = 1 }

        let source: String
        var steps: [Step]?
        var event: String?
        var `where`: JSON?
        var field: String?, op: String?, value: String?
        var count: Count?
        var withinDays: Int64?
        var negate: Bool?

        enum CodingKeys: String, CodingKey {
            case source, steps, event, `where`, field, op, value, count, negate
            case withinDays = "within_days"
        }
    }

    let match = "all"
    let conditions: [Condition]

    private static let maximumSteps = 10, dayInSeconds: Int64 = 86_400, maximumDays: Int64 = 3_660

    /// - Parameter steps: as the funnel's definition has them.
    /// - Throws: 400 for what a segment can't say.
    init(_ place: FunnelPlace, of funnel: Funnel, steps: [JSON]) throws {
        guard funnel.order != .strict else { throw Self.refusal("that nothing lies between steps, which order 'strict' asks for") }
        guard funnel.exclusions.isEmpty else { throw Self.refusal("the funnel's exclusions") }
        let through = place.state == .converted ? place.step : place.step - 1
        if funnel.order == .any {
            guard funnel.windowSeconds == nil else { throw Self.refusal("a conversion_window where 'order' is 'any'") }
            conditions = steps.prefix(through).map(Self.done) + (place.state == .dropped ? [Self.done(steps[place.step - 1]).negated] : [])
        } else {
            let days = try Self.days(funnel.windowSeconds)
            guard place.step <= Self.maximumSteps else { throw Self.refusal("more than \(Self.maximumSteps) steps; this takes \(place.step)") }
            conditions = [Self.sequence(steps.prefix(through), days)]
                + (place.state == .dropped ? [Self.sequence(steps.prefix(place.step), days).negated] : [])
        }
    }

    private static func days(_ seconds: Int64?) throws -> Int64? {
        guard let seconds else { return nil }
        guard seconds.isMultiple(of: dayInSeconds), seconds / dayInSeconds <= maximumDays else {
            throw refusal("a conversion_window that is not 1 to \(maximumDays) whole days; this one is \(seconds) seconds")
        }
        return seconds / dayInSeconds
    }

    private static func refusal(_ what: String) -> ServiceError {
        .invalid("funnel_not_a_segment", "A segment can't express \(what).")
    }

    // MARK: Conditions

    private static func sequence(_ steps: ArraySlice<JSON>, _ days: Int64?) -> Condition {
        guard steps.count > 1 else { return done(steps[steps.startIndex]) }
        return Condition(source: "sequence", steps: steps.map(step), withinDays: days)
    }

    private static func step(_ step: JSON) -> Condition.Step {
        step["type"]?.string == "pageview"
            ? Condition.Step(path: step["value"]?.string) : Condition.Step(event: step["value"]?.string, where: step["where"])
    }

    private static func done(_ step: JSON) -> Condition {
        // Counted, a path may have the `*` that it may have in a funnel.
        step["type"]?.string == "pageview"
            ? Condition(source: "pageview", field: "path", op: "eq", value: step["value"]?.string, count: Condition.Count())
            : Condition(source: "event", event: step["value"]?.string, where: step["where"])
    }
}

extension FunnelSegment.Condition {
    fileprivate var negated: Self {
        var copy = self
        copy.negate = true
        return copy
    }
}
