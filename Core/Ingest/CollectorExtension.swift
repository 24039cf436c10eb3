import Common
import Storage

/// Fields that a module adds to the payload type of another, with the facts that it makes of them: `utm` to `pageview`,
/// `revenue` to `event`.
///
/// Where the module may not collect (switched off, level `read`, a key of other modules) its fields are passed over in silence:
/// the event belongs to the other module and is kept.
public struct CollectorExtension: Sendable {
    /// The `type` of the payload.
    public let type: String
    /// What the module makes of it, for its page.
    public let summary: String
    /// All optional. `read` is called when one of them is there.
    public let fields: [Schema.Field]
    /// What it adds to a payload whose fields are checked; nil for nothing. Or refuses the event with 400.
    public let read: @Sendable (Payload) throws -> Addition?

    public init(_ type: String, _ summary: String, fields: [Schema.Field], read: @escaping @Sendable (Payload) throws -> Addition?) {
        precondition(fields.allSatisfy { !$0.isRequired }, "an extension of '\(type)' can't require fields")
        self.type = type
        self.summary = summary
        self.fields = fields
        self.read = read
    }
}

/// What an extension adds to an event.
public struct Addition: Sendable {
    /// What the event is about, where it may count once however often it is sent: an order. It stands before the `event_id`
    /// that was sent, which is another one each time that a page is loaded again.
    public let eventID: String?
    /// Rows for the module's own tables. Values in the order of `FactTable.columns`.
    public let facts: @Sendable (Visit) -> [(table: FactTable, values: [Value])]
    /// Changes to the payload that were needed to read it.
    public let adjustments: Adjustments

    public init(
        eventID: String? = nil, adjustments: Adjustments = [], facts: @escaping @Sendable (Visit) -> [(table: FactTable, values: [Value])]
    ) {
        self.eventID = eventID
        self.adjustments = adjustments
        self.facts = facts
    }
}

extension EventPipeline {
    /// An extension with the module that owns it; a class like `Registered`.
    public final class RegisteredExtension: Sendable {
        let module: String
        let added: CollectorExtension
        public init(module: String, fields: CollectorExtension) {
            self.module = module
            added = fields
        }
    }

    /// Adds to `draft` what other modules make of the payload.
    func extend(_ draft: inout Draft, of type: String, _ payload: inout Payload, _ sender: Sender) throws {
        for registered in extensions[type] ?? [] {
            guard payload.hasAny(of: registered.added.fields) else { continue }
            guard (try? gate(registered.module, sender.project, sender.key)) != nil else { continue }
            try Self.refusing {
                try payload.check(registered.added.fields)
                guard let addition = try registered.added.read(payload) else { return }
                draft.eventID = addition.eventID ?? draft.eventID
                payload.note(addition.adjustments)
                let own = draft.facts
                draft.facts = { visit in own(visit) + addition.facts(visit) }
            }
        }
    }
}
