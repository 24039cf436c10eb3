@_spi(Host) import Access
import Common
import Storage

/// Fields that a module adds to another module's payload type, and the facts that it makes from them. For example, `utm` extends
/// `pageview`, and `revenue` extends `event`.
///
/// The fields are silently ignored if the module may not collect, because it is switched off, its access level is `read`, or the key is
/// limited to other modules. The event is still kept, because it belongs to the other module.
public struct CollectorExtension: Sendable {
    /// The `type` of the payload.
    public let type: String
    /// Describes what the module does with the fields, for its documentation page.
    public let summary: String
    /// The fields, all of them optional. `read` is called when at least one was sent.
    public let fields: [Schema.Field]
    /// Returns what to add to a payload whose fields were checked; nil to add nothing. May refuse the event with 400.
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
    /// Identifies what the event is about, such as an order, if it must be counted only once, however often it is sent; otherwise nil.
    /// It counts besides the `event_id` that was sent: the event is a duplicate if either was seen before. A page sends a new `event_id` each
    /// time it is reloaded, and an event that is sent again has the same one even if this module is switched off by then. Begin it with a
    /// word of your own and a colon, as in `order:purchase:A-1`. It never equals an `event_id`, whatever clients send.
    public let eventID: String?
    /// Makes rows for the module's own tables. Values are in the order of `FactTable.columns`.
    public let facts: @Sendable (Visit) -> [(table: FactTable, values: [Value])]
    /// The adjustments made while reading the fields.
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
    /// An extension and the module that owns it. This is a class for the same reason as `Registered`.
    public final class RegisteredExtension: Sendable {
        let module: String
        let added: CollectorExtension
        public init(module: String, fields: CollectorExtension) {
            self.module = module
            added = fields
        }
    }

    /// Applies the payload's extensions to `draft`.
    func extend(_ draft: inout Draft, of type: String, _ payload: inout Payload, _ sender: Sender) throws {
        for registered in extensions[type] ?? [] {
            guard payload.hasAny(of: registered.added.fields) else { continue }
            guard (try? gate(registered.module, sender.project, sender.given.allowedModules)) != nil else { continue }
            try Self.refusing {
                try payload.check(registered.added.fields)
                guard let addition = try registered.added.read(payload) else { return }
                if let id = addition.eventID { draft.derivedIDs.append(id) }
                payload.note(addition.adjustments)
                let own = draft.facts
                draft.facts = { visit in own(visit) + addition.facts(visit) }
            }
        }
    }
}
