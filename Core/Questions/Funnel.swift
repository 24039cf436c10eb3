import Common
import Storage

/// A series of steps towards a goal, with the order they must be done in, a time limit and exclusions.
public struct Funnel: Sendable {
    /// The order in which the steps must be done.
    public enum Order: String, Sendable, CaseIterable {
        /// Each step must be the visitor's next activity after the previous step.
        case strict
        /// Each step must come after the previous one. Other activity may come in between.
        case ordered
        /// The steps may come in any order.
        case any
    }

    /// An action that ends an attempt if the visitor does it before the next step.
    public struct Exclusion: Sendable {
        /// The action that ends the attempt.
        public let step: Step
        /// The number of the step after which the exclusion applies: only between that step and the next. Nil if it applies anywhere
        /// between the first step and the last.
        public let afterStep: Int?
    }

    /// The steps' labels, one per step.
    public let labels: [String]
    /// The 2 to 20 steps, in order.
    public let steps: [Step]
    /// The order in which the steps must be done. `ordered` by default.
    public let order: Order
    /// The maximum time from the first step to the last, in seconds; nil for no limit.
    public let windowSeconds: Int64?
    /// Actions that end an attempt. Empty if the order is `strict`.
    public let exclusions: [Exclusion]

    static let maximumSteps = 20
    private static let maximumExclusions = 10

    // MARK: Request body

    private static let condition = Schema.named(
        "PropertyCondition",
        .object([
            .required("field", .text(200), "Property of the event, such as plan or event_data.plan."),
            .required("op", .choice(Comparison.Operator.allCases.map(\.rawValue))), .optional("value", .any),
        ]))

    /// The `where` field of a step: conditions on an event's properties.
    public static let conditions = Schema.Field.optional(
        "where", .array(condition, count: 0...20), "Conditions on the event's properties, all of which must hold.")

    private static let actionFields: [Schema.Field] = [
        .required("type", .choice(Step.Kind.allCases.map(\.rawValue))),
        .required("value", .text(2_048), "Path of the page, in which * matches any text, or name of the event."),
        conditions,
    ]

    /// The fields of a funnel's definition.
    public static let fields: [Schema.Field] = [
        .required(
            "steps",
            .array(
                .object(actionFields + [.optional("label", .text(200), "Display name of the step. Default: the value.")]),
                count: 2...maximumSteps),
            "The steps, in order."),
        .optional("order", .choice(Order.allCases.map(\.rawValue)), "Order in which the steps must be done. Default: ordered."),
        .optional(
            "conversion_window", .integer(1...315_360_000), "Maximum time from the first step to the last, in seconds. Default: no limit."),
        .optional(
            "exclusions",
            .nullable(
                .array(
                    .object(actionFields + [.optional("after_step", .integer(1...Int64(maximumSteps)))]), count: 0...maximumExclusions)),
            "Actions that end a visitor's attempt if done between the first step and the last."),
    ]

    /// Parses a funnel's definition.
    /// - Parameters:
    ///   - definition: an object that the schema of `fields` accepts.
    ///   - path: the path of `definition` in the request body; "" if it is the body itself.
    /// - Throws: 400 for violations of rules that the schema can't express.
    public init(_ definition: JSON, at path: String = "") throws {
        let path = path.isEmpty ? "" : path + "."
        let steps = definition["steps"]?.elements ?? []
        labels = steps.map { $0["label"]?.string ?? $0["value"]?.string ?? "" }
        self.steps = try steps.enumerated().map { try Self.step($1, at: "\(path)steps[\($0)]") }
        order = definition["order"]?.string.flatMap(Order.init) ?? .ordered
        windowSeconds = definition["conversion_window"]?.integer
        exclusions = try (definition["exclusions"]?.elements ?? []).enumerated().map { index, exclusion in
            Exclusion(
                step: try Self.step(exclusion, at: "\(path)exclusions[\(index)]"), afterStep: exclusion["after_step"]?.integer.map(Int.init)
            )
        }
        try checkExclusions(at: path)
    }

    private static func step(_ json: JSON, at path: String) throws -> Step {
        let kind = json["type"]?.string.flatMap(Step.Kind.init) ?? .event, value = json["value"]?.string ?? ""
        let properties = try Step.properties(json, at: path)
        guard kind == .event || properties.isEmpty else {
            throw ServiceError.body(
                field: "\(path).where", "must be empty for a pageview, which has no properties; got \(properties.count).")
        }
        guard kind == .pageview || value.unicodeScalars.count <= 200 else {
            throw ServiceError.body(
                field: "\(path).value", "must be an event name of 1 to 200 characters; got \(value.unicodeScalars.count).")
        }
        return Step(kind, value, properties: properties)
    }

    private func checkExclusions(at path: String) throws {
        guard order != .strict || exclusions.isEmpty else {
            throw ServiceError.body(
                field: "\(path)exclusions",
                "must be empty when 'order' is 'strict', as nothing can come between the steps; got \(exclusions.count)."
            )
        }
        for (index, exclusion) in exclusions.enumerated() {
            guard let after = exclusion.afterStep else { continue }
            let place = "\(path)exclusions[\(index)].after_step"
            guard order != .any else {
                throw ServiceError.body(
                    field: place, "must be left out when 'order' is 'any', as no step comes after another; got \(after).")
            }
            guard after < steps.count else {
                throw ServiceError.body(field: place, "must be a whole number from 1 to \(steps.count - 1); got \(after).")
            }
        }
    }
}
