import Common
import Storage

/// A fact to record: the table, and the values in the order of `FactTable.columns`.
public typealias Fact = (table: FactTable, values: [Value])

/// Takes events from code: from a module's routes, tasks and services, and from the adapters of API surfaces.
///
/// Events pass the same steps as those sent to `/api/collect`: the project's module switches, its privacy rules, the steps that modules add,
/// sessions, duplicates and the ledger. A sender that is not a request is counted against the project's ingest rate, and large batches wait
/// while the writer is busy.
///
/// ```swift
/// let event = IncomingEvent("event", visitor: "ada", path: "/", fields: try JSON.parse(#"{"name":"signup"}"#))
/// let outcomes = try await call.services.intake.collect([event], for: EventSender(call))
/// ```
///
/// Work without a request uses `ModuleContext.collect`.
public protocol EventIntake: Sendable {
    /// Collects `events`. Those that are accepted are on disk when this returns.
    /// - Returns: the outcome of each event, in order.
    /// - Throws: `ServiceError` if none of the events was judged: 400 if there are too many, 429 if they come too fast, 503 while the journal
    ///   is full. The ledger counts these as it does for a request.
    func collect(_ events: [IncomingEvent], for sender: EventSender, _ options: CollectOptions) async throws -> [EventOutcome]

    /// Records facts about a visitor that come from an administrator or another system instead of an event. They count as one event in the
    /// ledger. They are no activity and belong to no session, and because no browser sent them, privacy rules and the steps of modules don't
    /// apply.
    /// - Parameters:
    ///   - visitor: the visitor's id, as events send it in `visitor_id`.
    ///   - instant: when the facts became true.
    ///   - id: identifies the facts, but never an event that has the same `event_id`. What is recorded again under the same id is left out.
    ///     Nil to record anyway.
    /// - Throws: `ServiceError` 403 if the module that a fact belongs to may not collect, and those that `collect` throws.
    func record(_ facts: [Fact], about visitor: String, at instant: Instant, id: String?, for sender: EventSender) async throws
}

extension EventIntake {
    public func collect(_ events: [IncomingEvent], for sender: EventSender) async throws -> [EventOutcome] {
        try await collect(events, for: sender, [])
    }

    public func record(_ facts: [Fact], about visitor: String, at instant: Instant, for sender: EventSender) async throws {
        try await record(facts, about: visitor, at: instant, id: nil, for: sender)
    }
}

/// How a batch of events is collected.
public struct CollectOptions: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// Keep no event of the batch if one of them is refused. Events that the privacy rules drop don't count as refused.
    public static let allOrNothing = CollectOptions(rawValue: 1)
    /// Wait until the events can be queried, to learn which of them are duplicates. Takes up to 2 s. If the store takes longer, the outcomes
    /// are those known by then.
    public static let untilStored = CollectOptions(rawValue: 2)
}

/// An event that code hands in. Its properties correspond to the fields that every payload may carry (`Collector.commonFields`).
public struct IncomingEvent: Sendable {
    /// The payload type, such as `pageview` or `event`.
    public var type: String
    /// Identifies the visitor. Nil for the visitor that the sender's address and user agent stand for.
    public var visitor: String?
    /// Keeps the visitor's activity in one session, regardless of pauses.
    public var session: String?
    /// Identifies the event. Events with the same id are stored only once.
    public var id: String?
    /// When the event happened; nil for the current time. At most 10 years in the past or 10 minutes in the future.
    public var time: Instant?
    /// Path of the page.
    public var path: String?
    /// Whether the visitor consented, and to what.
    public var isConsentGranted: Bool?
    public var consentMode: String?
    /// The visitor's IP address and `User-Agent` header. Used only if the sender is a server.
    public var address, userAgent: String?
    /// An object with the other fields of the payload type. A member that also has a property here is ignored, and so is `payload`.
    public var fields: JSON

    public init(
        _ type: String, visitor: String? = nil, session: String? = nil, id: String? = nil, time: Instant? = nil, path: String? = nil,
        isConsentGranted: Bool? = nil, consentMode: String? = nil, address: String? = nil, userAgent: String? = nil,
        fields: JSON = .nothing
    ) {
        self.type = type
        self.visitor = visitor
        self.session = session
        self.id = id
        self.time = time
        self.path = path
        self.isConsentGranted = isConsentGranted
        self.consentMode = consentMode
        self.address = address
        self.userAgent = userAgent
        self.fields = fields
    }

    /// Writes the event as `/api/collect` accepts it.
    @_spi(Host) public func write(to text: inout JSONText) {
        text.append(raw: "{")
        fields.forEachMember { name, value in
            let name = String(decoding: name, as: UTF8.self)
            guard !name.isExactly("payload") else { return }
            text.append(string: name)
            text.append(raw: ":")
            text.append(value)
            text.append(raw: ",")
        }
        // Of members with the same name the last one counts, so these replace the ones in `fields`.
        for (name, value) in [
            ("visitor_id", visitor), ("session_id", session), ("event_id", id), ("path", path), ("consent_mode", consentMode),
            ("ip", address), ("user_agent", userAgent),
        ] {
            guard let value else { continue }
            text.append(raw: #""\#(name)":"#)
            text.append(string: value)
            text.append(raw: ",")
        }
        if let isConsentGranted { text.append(raw: #""consent_granted":\#(isConsentGranted),"#) }
        if let time { text.append(raw: #""timestamp":\#(time.milliseconds),"#) }
        text.append(raw: #""type":"#)
        text.append(string: type)
        text.append(raw: "}")
    }
}

/// What became of an event.
public enum EventOutcome: Sendable, Equatable {
    /// On disk. It will be stored unless an event with the same id is stored already.
    case accepted
    /// Stored. Only with `CollectOptions.untilStored`.
    case stored
    /// Left out, because an event with the same id is stored. If others send the id at the same moment, more than one of them may learn
    /// this. Only with `CollectOptions.untilStored`.
    case duplicate
    /// Left out because of the project's privacy rules or a module's step, for a reason that must not be revealed to the visitor: to whoever
    /// sent the event, it looks accepted. `reason` is the name of a `DropReason`.
    case dropped(reason: String)
    /// Not accepted, for a reason that may be told.
    case refused(EventRefusal)
    /// Nothing was wrong with the event, but another event of the batch was refused (`CollectOptions.allOrNothing`).
    case withheld
}

/// Why an event was refused.
public struct EventRefusal: Sendable, Equatable {
    /// The name of a `DropReason`, under which the ledger counts the event.
    public let reason: String
    /// The field that is wrong, such as `name` or `data.price`; nil if the reason is none of its fields.
    public let field: String?
    /// The error for the sender.
    public let error: ServiceError

    @_spi(Host) public init(reason: String, error: ServiceError) {
        self.reason = reason
        self.error = error
        field = error.evidence?.field
    }
}
