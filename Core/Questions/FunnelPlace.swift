import Common
import Storage

/// Identifies a number in a funnel's report: how many visitors reached a step, or how many reached the previous step but not this one.
public struct FunnelPlace: Sendable, Hashable {
    /// `converted`: visitors who reached the step. `dropped`: visitors who reached the previous step but not this one.
    public enum State: String, Sendable, CaseIterable { case converted, dropped }

    /// The number of the step, starting at 1.
    public let step: Int
    /// Whether the number counts the visitors who reached the step or those who didn't.
    public let state: State

    /// The names of all states, as in requests.
    public static let states = State.allCases.map(\.rawValue)

    /// The members of a request body that identify a place.
    public static let fields: [Schema.Field] = [
        .required("step", .integer(1...Int64(Funnel.maximumSteps)), "Number of the step, starting at 1."),
        .required(
            "state", .choice(states), "converted: visitors who reached the step; dropped: visitors who reached only the previous step."),
    ]

    /// Parses a place in `funnel`.
    /// - Parameters:
    ///   - json: an object that the schema of `fields` accepts.
    ///   - path: the path of `json` in the request body; "" if it is the body itself.
    /// - Throws: 400 for a step that the funnel does not have.
    public init(_ json: JSON, of funnel: Funnel, at path: String = "") throws {
        try self.init(step: json["step"]?.integer.map(Int.init), state: json["state"]?.string, of: funnel) {
            .body(field: "\(path.isEmpty ? "" : path + ".")step", "\($0)")
        }
    }

    /// - Parameters:
    ///   - step: the number of the step, starting at 1; nil for the last step.
    ///   - state: the name of a `State`; nil for `converted`.
    ///   - refuse: makes the error for an invalid step from a text that begins with `must be`.
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

    /// The condition that selects the rows of `journeys` that the number counts.
    public var condition: SQL {
        state == .converted
            ? "step_\(sql: "\(step)") IS NOT NULL" : "step_\(sql: "\(step - 1)") IS NOT NULL AND step_\(sql: "\(step)") IS NULL"
    }
}
