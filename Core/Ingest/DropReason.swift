/// Why an event was not stored. The ledger and the metrics count each refused or dropped event under the name of one of these reasons.
///
/// Core's reasons are listed here. A module adds its own with the steps that give them (`IngestStep`).
public struct DropReason: Sendable, Hashable {  // exact: reasons are named in our source
    /// The name in the ledger, metrics and API, in lower case with underscores.
    public let name: String
    /// Whether the response reports the reason. For other reasons the event looks accepted, so no response reveals a visitor's privacy
    /// choices or that the visitor was classified as a bot.
    public let isTold: Bool
    /// What the reason means, by language code. The words complete the sentence "3 events were rejected: ...".
    public let words: [String: String]

    /// A module's reason.
    /// - Parameters:
    ///   - name: begins with the module's name and an underscore.
    ///   - words: in the languages of the module's summaries.
    ///   - isTold: whether the response to the event may tell the reason.
    public init(_ name: String, words: [String: String], isTold: Bool = false) {
        self.name = name
        self.words = words
        self.isTold = isTold
    }

    /// One of Core's reasons. The dashboard has the other languages.
    private init(_ name: String, _ words: String, isTold: Bool = true) { self.init(name, words: ["en": words], isTold: isTold) }

    public static func == (left: DropReason, right: DropReason) -> Bool { left.name == right.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }

    // Reasons to refuse the whole request. The request counts as one event or, if its events were already read, as that number of events.
    static let invalidBody = DropReason("invalid_body", "the request was not valid JSON")
    static let bodyTooLarge = DropReason("body_too_large", "the request was too large")
    static let tooManyEvents = DropReason("too_many_events", "too many events in one request")
    static let rateLimited = DropReason("rate_limited", "too many requests")
    static let tooFast = DropReason("too_fast", "sent faster than they can be stored")
    static let missingScope = DropReason(
        "missing_scope", "sent with a key without the scope “ingest”; the key in your pages needs it")
    /// The page belongs to a site that `server.collection_origins` does not list.
    static let foreignOrigin = DropReason("foreign_origin", "sent from a site that server.collection_origins does not list")
    static let journalFull = DropReason("journal_full", "the journal was full")
    // Reasons to refuse a single event.
    static let invalidEvent = DropReason("invalid_event", "invalid; the response to the event names the field")
    static let unknownType = DropReason("unknown_type", "the type of the event is unknown")
    static let invalidTimestamp = DropReason("invalid_timestamp", "the timestamp is invalid, or too far in the past or future")
    static let moduleDisabled = DropReason("module_disabled", "the module is off")
    static let moduleAccess = DropReason("module_access", "the module may not collect data in this project")
    static let keyModules = DropReason("key_modules", "the key may not use the module")
    /// See `CollectOptions.allOrNothing`.
    static let batchRefused = DropReason("batch_refused", "another event of the batch was rejected, and the sender wanted all or nothing")
    /// A step that masks what must not be stored has failed. The event looks accepted, because its sender can't help it.
    static let maskFailed = DropReason("mask_failed", "a module could not mask personal data; the log names it", isTold: false)
    /// The visitor was erased while the event was in a journal; see `ErasedVisitors`.
    static let erased = DropReason("erased", "the visitor was erased before the event could be stored", isTold: false)
    // Reasons that come from the project's privacy settings. The response doesn't reveal them.
    static let doNotTrack = DropReason("do_not_track", "the browser asks not to be tracked", isTold: false)
    static let bot = DropReason("bot", "sent by a crawler, a monitoring service or an automated browser", isTold: false)
    static let blockedUserAgent = DropReason("blocked_user_agent", "sent by a browser that this project blocks", isTold: false)
    static let consent = DropReason("consent", "no consent given", isTold: false)

    /// Core's reasons.
    public static let core = [
        invalidBody, bodyTooLarge, tooManyEvents, rateLimited, tooFast, missingScope, foreignOrigin, journalFull, invalidEvent, unknownType,
        invalidTimestamp, moduleDisabled, moduleAccess, keyModules, batchRefused, maskFailed, erased, doNotTrack, consent, bot,
        blockedUserAgent,
    ]

    /// Core's reason with this name, which is also the code of its error; nil if there is none.
    @_spi(Host) public static func named(_ name: String) -> DropReason? { core.first { $0.name == name } }
}
