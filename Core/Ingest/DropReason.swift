/// Why an event was not stored. The ledger and the metrics count each refused or dropped event under one of these reasons.
public enum DropReason: String, Sendable, CaseIterable, Error {
    // Reasons to refuse the whole request. The request counts as one event or, if its events were already read, as that number of events.
    case invalidBody = "invalid_body"
    case bodyTooLarge = "body_too_large"
    case tooManyEvents = "too_many_events"
    case rateLimited = "rate_limited"
    case tooFast = "too_fast"
    case missingScope = "missing_scope"
    /// The page belongs to a site that `server.collection_origins` does not list.
    case foreignOrigin = "foreign_origin"
    case journalFull = "journal_full"
    // Reasons to refuse a single event.
    case invalidEvent = "invalid_event"
    case unknownType = "unknown_type"
    case invalidTimestamp = "invalid_timestamp"
    case moduleDisabled = "module_disabled"
    case moduleAccess = "module_access"
    case keyModules = "key_modules"
    // Reasons that come from the project's privacy settings. The response doesn't reveal them.
    case doNotTrack = "do_not_track"
    case bot
    case blockedUserAgent = "blocked_user_agent"
    case consent

    /// Whether the response reports the reason. For other reasons the event looks accepted, so no response reveals a visitor's privacy
    /// choices or that the visitor was classified as a bot.
    public var isTold: Bool {
        switch self {
        case .doNotTrack, .bot, .blockedUserAgent, .consent: false
        default: true
        }
    }
}
