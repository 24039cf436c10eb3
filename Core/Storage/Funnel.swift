import Common

/// Steps that visitors shall take, and what holds between them.
public struct Funnel: Sendable {
    public enum Order: String, Sendable, CaseIterable {
        /// The visitor's next activity must be the next step.
        case strict
        /// A step later than the one before it.
        case ordered
        case any
    }

    /// What stops a visitor who does it before the next step.
    public struct Exclusion: Sendable {
        public let step: Step
        /// Between this step and the next alone; nil for anywhere between the first and the last.
        public let afterStep: Int?
    }

    public let labels: [String]
    public let steps: [Step]
    public let order: Order
    /// From the first step to the last; nil for no limit.
    public let windowSeconds: Int64?
    public let exclusions: [Exclusion]

    static let maximumSteps = 20
    private static let maximumExclusions = 10

    // MARK: As it is sent

    private static let condition = Schema.named("PropertyCondition", .object([
        .required("field", .text(200), "A property of the event, such as plan or event_data.plan."),
        .required("op", .choice(Comparison.Operator.allCases.map(\.rawValue))), .optional("value", .any),
    ]))

    public static let conditions = Schema.Field.optional(
        "where", .array(condition, count: 0...20), "Conditions on properties of the event, all of which must hold.")

    private static let what: [Schema.Field] = [
        .required("type", .choice(Step.Kind.allCases.map(\.rawValue))),
        .required("value", .text(2_048), "A path, in which * stands for any text, or the name of an event."),
        conditions,
    ]

    /// What a definition is made of.
    public static let fields: [Schema.Field] = [
        .required(
            "steps", .array(.object(what + [.optional("label", .text(200), "Default: the value.")]), count: 2...maximumSteps), "In their order."),
        .optional("order", .choice(Order.allCases.map(\.rawValue)), "Default: ordered."),
        .optional("conversion_window", .integer(1...315_360_000), "Seconds from the first step to the last. Default: no limit."),
        .optional(
            "exclusions",
            .nullable(.array(.object(what + [.optional("after_step", .integer(1...Int64(maximumSteps)))]), count: 0...maximumExclusions)),
            "What stops a visitor who does it between the first step and the last."),
    ]

    /// - Parameters:
    ///   - definition: what the schema of `fields` accepts.
    ///   - path: the definition's place in the body; "" for the whole.
    /// - Throws: 400 for what it can't say.
    public init(_ definition: JSON, at path: String = "") throws {
        let path = path.isEmpty ? "" : path + "."
        let steps = definition["steps"]?.elements ?? []
        labels = steps.map { $0["label"]?.string ?? $0["value"]?.string ?? "" }
        self.steps = try steps.enumerated().map { try Self.step($1, at: "\(path)steps[\($0)]") }
        order = definition["order"]?.string.flatMap(Order.init) ?? .ordered
        windowSeconds = definition["conversion_window"]?.integer
        exclusions = try (definition["exclusions"]?.elements ?? []).enumerated().map { index, exclusion in
            Exclusion(step: try Self.step(exclusion, at: "\(path)exclusions[\(index)]"), afterStep: exclusion["after_step"]?.integer.map(Int.init))
        }
        try checkExclusions(at: path)
    }

    private static func step(_ json: JSON, at path: String) throws -> Step {
        let kind = json["type"]?.string.flatMap(Step.Kind.init) ?? .event, value = json["value"]?.string ?? ""
        let properties = try Step.properties(json, at: path)
        guard kind == .event || properties.isEmpty else {
            throw ServiceError.body("field '\(path).where' must be empty for a pageview, which has no properties; got \(properties.count).")
        }
        guard kind == .pageview || value.unicodeScalars.count <= 200 else {
            throw ServiceError.body("field '\(path).value' must be the name of an event, of 1 to 200 characters; got \(value.unicodeScalars.count).")
        }
        return Step(kind, value, properties: properties)
    }

    private func checkExclusions(at path: String) throws {
        guard order != .strict || exclusions.isEmpty else {
            throw ServiceError.body(
                "field '\(path)exclusions' must be empty where 'order' is 'strict', as nothing lies between the steps; got \(exclusions.count).")
        }
        for (index, exclusion) in exclusions.enumerated() {
            guard let after = exclusion.afterStep else { continue }
            let place = "\(path)exclusions[\(index)].after_step"
            guard order != .any else {
                throw ServiceError.body("field '\(place)' must be left out where 'order' is 'any', as no step comes after another; got \(after).")
            }
            guard after < steps.count else {
                throw ServiceError.body("field '\(place)' must be a whole number from 1 to \(steps.count - 1); got \(after).")
            }
        }
    }
}
