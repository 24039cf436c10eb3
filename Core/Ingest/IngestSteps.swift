@_spi(Host) import Access
import Common
import Logging
import Metrics
import Synchronization

/// The steps of all modules, in the order in which events pass them.
@_spi(Host) public final class IngestSteps: Sendable {
    /// A step, the module that owns it, and its counts.
    final class Registered: Sendable {
        let module: String
        let step: IngestStep
        private let duration: Metrics.Timer
        private let totals: [Counter]
        /// When a failure was logged last, in epoch seconds.
        let logged = Atomic<Int64>(.min)

        /// What a step did with an event.
        enum Outcome: Int, CaseIterable { case kept, changed, dropped, failed }

        init(_ module: String, _ step: IngestStep, _ metrics: any MetricsFactory) {
            self.module = module
            self.step = step
            let labels = [("module", module), ("step", step.name)]
            duration = Metrics.Timer(label: "ingest_step_seconds", dimensions: labels, factory: metrics)
            totals = Outcome.allCases.map {
                Counter(label: "ingest_step_events_total", dimensions: labels + [("outcome", "\($0)")], factory: metrics)
            }
        }

        func count(_ outcome: Outcome, since start: ContinuousClock.Instant) {
            duration.recordNanoseconds(Int64((ContinuousClock.now - start) / .nanoseconds(1)))
            totals[outcome.rawValue].increment()
        }
    }

    private let steps: [Registered]
    /// How long each of Core's own steps took, in the order of `PrivacyStep.all`.
    private let privacyDurations: [Metrics.Timer]
    private let senders = Atomic<Int>(0)
    private let isOn: @Sendable (_ module: String, Project) -> Bool
    private let logger: Logger

    /// - Parameters:
    ///   - steps: each with the module that owns it, in the order of the modules.
    ///   - isOn: whether the module is on in the project.
    public init(
        _ steps: [(module: String, step: IngestStep)], metrics: any MetricsFactory, logger: Logger,
        isOn: @escaping @Sendable (_ module: String, Project) -> Bool
    ) {
        self.steps = IngestStep.Position.allCases.flatMap { position in
            steps.filter { $0.step.position == position }.map { Registered($0.module, $0.step, metrics) }
        }
        privacyDurations = PrivacyStep.all.map {
            Metrics.Timer(
                label: "ingest_step_seconds", dimensions: [("module", "ingest"), ("step", $0.reason.name)], factory: metrics)
        }
        self.isOn = isOn
        self.logger = logger
    }

    /// Whether to time Core's own steps for the events of the next sender: of one in 64, the first included. They take so little time that
    /// reading the clock around each of them for every event would cost more.
    func timesNext() -> Bool { senders.wrappingAdd(1, ordering: .relaxed).oldValue & 63 == 0 }

    /// Like `EventPipeline.checkPrivacy`, but with a look at the clock after each step.
    func timePrivacy(_ payload: Payload, _ sender: EventPipeline.Sender, _ browser: EventPipeline.Browser) throws {
        var start = ContinuousClock.now
        for (step, duration) in zip(PrivacyStep.all, privacyDurations) {
            let drops = step.drops(payload, sender, browser), end = ContinuousClock.now
            duration.recordNanoseconds(Int64((end - start) / .nanoseconds(1)))
            start = end
            if drops { throw step.refusal }
        }
    }

    /// The steps for the events of `project`.
    func active(in project: Project) -> [Registered] { steps.isEmpty ? [] : steps.filter { isOn($0.module, project) } }

    /// What a step may not do.
    private struct Mistake: Error, CustomStringConvertible { let description: String }

    /// Runs the sender's steps on an event.
    /// - Throws: `Refusal` if a step drops the event.
    func run(
        _ payload: inout Payload, of registered: EventPipeline.Registered, from sender: EventPipeline.Sender,
        _ browser: EventPipeline.Browser
    ) throws {
        for step in sender.steps {
            let start = ContinuousClock.now
            do {
                switch try step.step.run(IngestEvent(registered, payload, sender, browser)) {
                case .keep: step.count(.kept, since: start)
                case .change(let changes):
                    guard !changes.contains(where: { ["type", "payload"].contains($0.name) }) else {
                        throw Mistake(description: "a step can't change the field 'type' or 'payload'")
                    }
                    var changed = try payload.changing(changes)
                    try EventPipeline.checkFields(&changed, registered.collector, sender)
                    payload = changed
                    step.count(.changed, since: start)
                case .drop(let reason, let field, let sentence):
                    guard step.step.reasons.contains(reason) else {
                        throw Mistake(description: "the step does not declare the reason '\(reason.name)'")
                    }
                    step.count(.dropped, since: start)
                    throw Dropped(refusal: Refusal(reason: reason, error: ServiceError(.body(field: field, constraint: sentence))))
                }
            } catch let dropped as Dropped {
                throw dropped.refusal
            } catch {
                step.count(.failed, since: start)
                note(error, of: step, at: sender.now)
                // What should have been masked must not be stored.
                guard step.step.position != .mask else { throw Refusal(reason: .maskFailed, error: .body("not kept.")) }
            }
        }
    }

    /// Tells the verdict of a step from an error of the step's own, or of the check after it.
    private struct Dropped: Error { let refusal: Refusal }

    /// Logs a failure, at most once a minute for each step. The metrics count all of them.
    private func note(_ error: any Error, of step: Registered, at now: Instant) {
        let second = now.milliseconds / 1_000, last = step.logged.load(ordering: .relaxed)
        guard last == .min || second >= last + 60 || second < last,
            step.logged.compareExchange(expected: last, desired: second, ordering: .relaxed).exchanged
        else { return }
        let reason = (error as? Refusal).map { "the changed event is invalid: \($0.error.code)" } ?? "\(type(of: error))"
        logger.error(
            "a step of collection failed",
            metadata: [
                "module": "\(step.module)", "ingest.step": "\(step.step.name)",
                "error": "\((error as? Mistake)?.description ?? reason)",
            ])
    }
}
