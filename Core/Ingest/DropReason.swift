/// Why an event was not stored. Each one that is refused or dropped is counted under one of these.
public enum DropReason: String, Sendable, CaseIterable, Error {
    // The request as a whole; one that could not be read counts as one event.
    case invalidBody = "invalid_body"
    case bodyTooLarge = "body_too_large"
    case tooManyEvents = "too_many_events"
    case rateLimited = "rate_limited"
    case tooFast = "too_fast"
    case missingScope = "missing_scope"
    /// A page of a site that `server.collection_origins` does not list.
    case foreignOrigin = "foreign_origin"
    case journalFull = "journal_full"
    // The event.
    case invalidEvent = "invalid_event"
    case unknownType = "unknown_type"
    case invalidTimestamp = "invalid_timestamp"
    case moduleDisabled = "module_disabled"
    case moduleAccess = "module_access"
    case keyModules = "key_modules"
    // The project's privacy settings. The answer doesn't tell these.
    case doNotTrack = "do_not_track"
    case bot
    case blockedUserAgent = "blocked_user_agent"
    case consent

    /// Whether the sender is told. Nobody learns from the answer what a visitor's browser asked for, or that it
    /// was taken for a bot.
    public var isTold: Bool {
        switch self {
        case .doNotTrack, .bot, .blockedUserAgent, .consent: false
        default: true
        }
    }
}
