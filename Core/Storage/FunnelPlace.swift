import Common

/// A number of a funnel's report: those who reached a step, or those who reached the one before it and not this one.
public struct FunnelPlace: Sendable, Hashable {
    public enum State: String, Sendable, CaseIterable { case converted, dropped }

    public let step: Int
    public let state: State

    public static let states = State.allCases.map(\.rawValue)

    /// As bodies name it.
    public static let fields: [Schema.Field] = [
        .required("step", .integer(1...Int64(Funnel.maximumSteps)), "Number of the step."),
        .required("state", .choice(states), "Who reached the step, or the one before it alone."),
    ]

    /// - Parameters:
    ///   - json: what the schema of `fields` accepts.
    ///   - path: its place in the body; "" for the whole.
    /// - Throws: 400 for a step that the funnel does not have.
    public init(_ json: JSON, of funnel: Funnel, at path: String = "") throws {
        try self.init(step: json["step"]?.integer.map(Int.init), state: json["state"]?.string, of: funnel) {
            .body("field '\(path.isEmpty ? "" : path + ".")step' \($0)")
        }
    }

    /// - Parameters:
    ///   - step: from 1; nil for the last.
    ///   - refuse: makes the error of what is wrong with the step.
    public init(step: Int?, state: String?, of funnel: Funnel, refuse: (String) -> ServiceError) throws {
        let count = funnel.steps.count
        self.step = step ?? count
        self.state = state.flatMap(State.init) ?? .converted
        let first = self.state == .dropped ? 2 : 1
        guard (first...count).contains(self.step) else {
            let reason = self.step == 1 ? "as nobody drops off before the first step" : "as the funnel has \(count) steps"
            throw refuse("must be a whole number from \(first) to \(count), \(reason); got \(self.step).")
        }
    }

    /// The condition on a row of `journeys`.
    public var condition: SQL {
        state == .converted
            ? "step_\(sql: "\(step)") IS NOT NULL" : "step_\(sql: "\(step - 1)") IS NOT NULL AND step_\(sql: "\(step)") IS NULL"
    }
}
