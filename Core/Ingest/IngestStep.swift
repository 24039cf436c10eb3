@_spi(Host) import Access
import Common
@_spi(Host) import Enrichment

/// A step that a module adds to collection. It sees each event before the event becomes rows, and decides whether to keep, change or drop
/// it.
///
/// An event passes the steps in this order:
///
/// 1. Core finds the collector of its type, checks that the module is open to the sender, and checks the fields.
/// 2. Core applies the project's privacy rules (`PrivacyStep`), so no module sees an event that must not be stored.
/// 3. The steps of modules, by `position`; within a position in the order in which the host lists the modules and each module its steps.
///    Each step sees the event as the steps before it left it.
/// 4. The collector and extensions read the event; then come the visitor, the session and the rows.
///
/// A step runs only in projects where its module is on, whichever module collects the event and whatever the sender's key is limited to. It
/// runs for each event on the way to the journal, so it works with what is in memory: `run` can't wait. If it throws, or returns something
/// that it may not, the event goes on as it was, and the failure is counted and logged. But if the step masks something, the event is left
/// out.
///
/// ```swift
/// IngestStep("no_test_pages", at: .filter, dropping: [testPage]) { event in
///     event.text("path").hasPrefix("/test/") ? .drop(testPage) : .keep
/// }
/// ```
public struct IngestStep: Sendable {
    /// Where a step belongs among the steps of all modules.
    public enum Position: Int, Sendable, CaseIterable {
        /// Decides which traffic counts at all: bots, office addresses, test pages.
        case filter
        /// Checks events against rules, and removes or corrects what the rules don't allow: schemas, blocked properties. Sees the values as
        /// they were sent.
        case check
        /// Masks what must not be stored, such as personal data in texts. Comes last, so what other steps put into an event is masked too.
        case mask
    }

    /// The step's name, unique in the module, in lower case with underscores. A label of the metrics.
    public let name: String
    /// Where the step belongs among the steps of all modules.
    public let position: Position
    /// The reasons for which the step may drop an event.
    public let reasons: [DropReason]
    /// Decides about an event.
    public let run: @Sendable (IngestEvent) throws -> IngestVerdict

    public init(
        _ name: String, at position: Position, dropping reasons: [DropReason] = [],
        run: @escaping @Sendable (IngestEvent) throws -> IngestVerdict
    ) {
        self.name = name
        self.position = position
        self.reasons = reasons
        self.run = run
    }
}

/// What a step decides about an event.
public enum IngestVerdict: Sendable {
    case keep
    /// Gives these fields other values; a nil value removes the field. `type` and `payload` can't be changed. The event must remain valid:
    /// Core checks its fields again.
    case change([(name: String, value: JSON?)])
    /// Leaves the event out, for one of the step's `reasons`. If the reason may be told, the sender gets 400 with `sentence`, which completes
    /// "Invalid request body: " or, if a field is the reason, "Invalid request body: field 'data.plan' "; otherwise the event looks accepted.
    case drop(DropReason, field: String? = nil, sentence: String = "not kept.")
}

/// An event as a step sees it: its fields are checked, and adjusted where necessary.
public struct IngestEvent: Sendable {
    /// The payload type, such as `pageview`.
    public let type: String
    /// The module that collects the type.
    public let module: String
    private let payload: Payload
    private let from: EventPipeline.Sender
    private let browser: EventPipeline.Browser

    init(_ registered: EventPipeline.Registered, _ payload: Payload, _ sender: EventPipeline.Sender, _ browser: EventPipeline.Browser) {
        type = registered.collector.type
        module = registered.module
        self.payload = payload
        from = sender
        self.browser = browser
    }

    /// The value of a field; nil if it is absent or null.
    public subscript(_ name: String) -> JSON? { payload[name] }
    /// The text of a field; "" if it is absent or not a string. `path` is in normalized form.
    public func text(_ name: String) -> String { payload.text(name) }
    /// All fields that were sent and are not null, each once, without `type`.
    public var fields: [(name: String, value: JSON)] { payload.fields }

    /// The project that the event belongs to.
    public var project: Project { from.project }
    /// Who sent the event.
    public var sender: EventSender { from.given }
    /// When the event arrived.
    public var now: Instant { from.now }
    /// The visitor's `User-Agent` header; "" if unknown.
    public var userAgent: String { browser.header }
    /// Whether the user agent is that of a bot. Only projects that don't filter bots get to see those.
    public var isBot: Bool { browser.userAgent.isBot }
    /// The visitor's IP address, shortened if the project anonymizes addresses; nil if unknown.
    public var address: String? { browser.address?.description }
}
