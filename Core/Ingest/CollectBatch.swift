@_spi(Host) import Access
import Common
@_spi(Host) import Storage

/// The events of a request or of a call while they are checked, until they are in the journal.
struct CollectBatch {
    let project: Int32
    let hour: Int64
    /// Whether the batch had to pass `BatchDoor`.
    let isLarge: Bool
    var received = 0
    var accepted = 0
    var refusals: [String: Int] = [:]
    /// How many of the events to be stored were adjusted, by reason.
    var adjustments: [String: Int] = [:]
    var errors: [(index: Int, error: ServiceError)] = []
    /// The rows of the events to be stored, and the changes that each of these events made in memory.
    var rows = EncodedRows()
    var effects: [EventPipeline.Effect] = []
    /// A position in the journal at or after the batch's last event; nil when none of its events is in the journal.
    var end: JournalPosition?
    var events: Int { effects.count }

    init(of project: Project, at now: Instant, isLarge: Bool) {
        self.project = project.number
        hour = now.startOfHour.milliseconds
        self.isLarge = isLarge
    }

    /// Counts an event whose rows were added.
    /// - Parameter mended: the repairs that were needed to parse it.
    mutating func accept(_ effect: EventPipeline.Effect, _ mended: Adjustments) {
        effects.append(effect)
        accepted += 1
        let adjusted = effect.adjustments.union(mended)
        if !adjusted.isEmpty { for name in adjusted.names { adjustments[name, default: 0] += 1 } }
    }

    mutating func refuse(_ refusal: Refusal, _ index: Int) {
        refusals[refusal.reason.name, default: 0] += 1
        if refusal.reason.isTold { errors.append((index, refusal.error)) } else { accepted += 1 }
    }
}

/// Why an event is not stored: the reason to count, and the error for the sender.
struct Refusal: Error {
    let reason: DropReason
    let error: ServiceError
}
