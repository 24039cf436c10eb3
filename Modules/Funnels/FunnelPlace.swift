import Core

/// A number of a funnel's report: those who reached a step, or those who reached the one before it and not this one.
struct FunnelPlace: Sendable {
    enum State: String, Sendable, CaseIterable { case converted, dropped }

    let step: Int
    let state: State

    static let states = State.allCases.map(\.rawValue)

    /// - Parameters:
    ///   - step: from 1; nil for the last.
    ///   - refuse: makes the error of what is wrong with the step.
    init(step: Int?, state: String?, of funnel: Funnel, refuse: (String) -> ServiceError) throws {
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
    var condition: SQL {
        state == .converted
            ? "step_\(sql: "\(step)") IS NOT NULL" : "step_\(sql: "\(step - 1)") IS NOT NULL AND step_\(sql: "\(step)") IS NULL"
    }
}
