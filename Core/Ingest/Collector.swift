import Common
@_spi(Host) import Storage

/// Turns the payloads of one type into facts. A module registers one collector for each type that it collects.
///
/// ```swift
/// Collector("guestbook_entry", "An entry in the guest book.", fields: [.required("text", .text(5_000))]) { payload in
///     let length = Int64(payload.text("text").unicodeScalars.count)
///     return Draft(facts: { visit in [(entries, [.int(length)])] })
/// }
/// ```
public struct Collector: Sendable {
    /// The `type` of the payload.
    public let type: String
    /// Describes the payload on the module's documentation page.
    public let summary: String
    /// The fields that the payload may have in addition to the common ones. Before `read` is called, they are checked, and minor errors are
    /// adjusted (`Schema.Field.Fit`).
    public let fields: [Schema.Field]
    /// Whether the payload is about the visitor. If so, `visitor_id` is required, except in events that a page sends, which are about the
    /// page's own visitor. A visitor without an id is stored with an anonymous id, by which callers can look the visitor up.
    let isAboutVisitor: Bool
    /// Makes a draft from a payload whose fields were checked, or refuses the payload with 400.
    public let read: @Sendable (Payload) throws -> Draft

    public init(
        _ type: String, _ summary: String, fields: [Schema.Field], isAboutVisitor: Bool = false,
        read: @escaping @Sendable (Payload) throws -> Draft
    ) {
        self.type = type
        self.summary = summary
        self.fields = fields
        self.isAboutVisitor = isAboutVisitor
        self.read = read
    }

    /// Fields that every payload may carry.
    public static let commonFields: [Schema.Field] = [
        .optional(
            "timestamp", .any,
            "When the event happened, as ISO 8601 or epoch milliseconds. At most 10 years in the past or 10 minutes in the future. "
                + "Default: when it arrives."),
        .optional("event_id", .text(200), "Identifies the event. Events with the same id are stored only once.").exact
            .naming(placeholders: .leftOut),
        .optional("visitor_id", .text(200), "Identifies the visitor. Default: a hash that changes every day.").exact
            .naming(placeholders: .leftOut),
        .optional("session_id", .text(200), "Keeps the visitor's activity in one session, regardless of pauses.").exact
            .naming(placeholders: .leftOut),
        .optional("consent_mode", .text(50)).exact, .optional("consent_granted", .boolean).exact,
        .optional("ip", .text(64), "The visitor's IP address. Used only with keys created with server: true.").whole,
        .optional("user_agent", .string(0...2_048), "The visitor's User-Agent header. Used only with keys created with server: true."),
    ]
}

/// The output of a collector for one payload: activity for the shared table, facts for the module's own tables, or both.
public struct Draft: Sendable {
    /// The pageview or custom event; nil if the payload is neither.
    public var activity: ActivityDraft?
    /// Makes rows for the module's own tables once the session is known. Values are in the order of `FactTable.columns`.
    public var facts: @Sendable (Visit) -> [(table: FactTable, values: [Value])]
    /// The ids that extensions derived from the event. See `Addition`.
    var derivedIDs: [String] = []

    public init(
        activity: ActivityDraft? = nil,
        facts: @escaping @Sendable (Visit) -> [(table: FactTable, values: [Value])] = { _ in [] }
    ) {
        self.activity = activity
        self.facts = facts
    }
}

/// A pageview or custom event.
public struct ActivityDraft: Sendable {
    /// Whether this is a pageview or a custom event.
    public let kind: Activity.Kind
    /// Path of the page.
    public let path: String
    /// Title of the page; "" if none was sent.
    public let title: String
    /// Name of the custom event; "" for a pageview.
    public let name: String
    /// Properties as JSON text; nil for none.
    public let data: String?
    /// URL of the previous page; "" if none was sent.
    public let referrer: String
    /// The screen size as sent; if invalid, it is rounded or left out later.
    public internal(set) var screen: String
    /// The language as sent; "" means the one in the `Accept-Language` header.
    public let language: String

    public init(
        kind: Activity.Kind, path: String, title: String = "", name: String = "", data: String? = nil,
        referrer: String = "", screen: String = "", language: String = ""
    ) {
        self.kind = kind
        self.path = path
        self.title = title
        self.name = name
        self.data = data
        self.referrer = referrer
        self.screen = screen
        self.language = language
    }
}

/// What is known about an event apart from its payload.
public struct Visit: Sendable {
    /// Number of the project.
    public let project: Int32
    /// Key of the visitor.
    public let visitor: Int64
    /// When the event happened.
    public let at: Instant
    /// When its session started.
    public let sessionAt: Instant
    /// Path of the session's last pageview before the event; "" if there was none.
    public let lastPath: String
    /// The attributes of its session.
    public let attributes: SessionAttributes
    /// Properties of the pageview or event as stored, as JSON text; nil if there are none.
    public let data: String?

    /// The values of `FactTable.sessionColumns`.
    public var sessionValues: [Value] {
        [.int(sessionAt.milliseconds)]
            + [attributes.source, attributes.country, attributes.device, attributes.browser, attributes.os].map(Value.text)
    }

    /// The page that a fact is about: the path that was sent, stripped of anything that identifies people, or the session's last page if no
    /// path was sent.
    public func page(_ sent: String) -> String { sent.isEmpty ? lastPath : PagePath.clean(sent) }
}

/// The attributes of a session, which are those of its earliest activity.
public final class SessionAttributes: Sendable {
    /// The session's traffic source and the visitor's location; "" when unknown.
    public let source, referrer, country, region, city: String
    /// The visitor's device and software; "" when unknown.
    public let browser, browserVersion, os, osVersion, device, screen, language: String
    /// All attributes, encoded as in each row of the session, in the order of `Activity.table`.
    let columns: [UInt8]

    /// - Parameter row: a row with a column for each of `Activity.attributes`.
    convenience init(_ row: Row) {
        self.init(
            source: row.text("source"), referrer: row.text("referrer"), country: row.text("country"), region: row.text("region"),
            city: row.text("city"), browser: row.text("browser"), browserVersion: row.text("browser_version"), os: row.text("os"),
            osVersion: row.text("os_version"), device: row.text("device"), screen: row.text("screen"), language: row.text("language"))
    }

    public init(
        source: String, referrer: String, country: String, region: String, city: String, browser: String,
        browserVersion: String, os: String, osVersion: String, device: String, screen: String, language: String
    ) {
        self.source = source
        self.referrer = referrer
        self.country = country
        self.region = region
        self.city = city
        self.browser = browser
        self.browserVersion = browserVersion
        self.os = os
        self.osVersion = osVersion
        self.device = device
        self.screen = screen
        self.language = language
        var row = RowEncoder()
        for text in [
            source, referrer, country, region, city, browser, browserVersion, os, osVersion, device, screen, language,
        ] { row.append(text) }
        columns = row.bytes
    }
}
