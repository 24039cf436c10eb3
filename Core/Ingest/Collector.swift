import Common
@_spi(Host) import Storage

/// How one payload type becomes facts. A module registers one for each type that it collects.
public struct Collector: Sendable {
    /// The `type` of the payload.
    public let type: String
    /// What the payload is, for the module's documentation page.
    public let summary: String
    /// Fields that the payload may have besides the common ones. They are checked, and minor errors are adjusted
    /// (`Schema.Field.Fit`), before `read` is called.
    public let fields: [Schema.Field]
    /// Whether the payload is about the visitor. Then `visitor_id` is required, except in events that a page sends: they are about
    /// the page's own visitor. A visitor without an id gets the anonymous id that responses show, so it can be looked up.
    let isAboutVisitor: Bool
    /// Makes a draft from a payload whose fields are checked, or refuses it with 400.
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
        .optional("timestamp", .any, "ISO 8601 or epoch milliseconds; at most 10 years back, 10 minutes ahead. Default: arrival."),
        .optional("event_id", .text(200), "An event with the same id is stored once.").exact.naming(placeholders: .leftOut),
        .optional("visitor_id", .text(200), "Default: a hash that changes every day.").exact.naming(placeholders: .leftOut),
        .optional("session_id", .text(200), "Keeps activity in one session whatever the pauses.").exact.naming(placeholders: .leftOut),
        .optional("consent_mode", .text(50)).exact, .optional("consent_granted", .boolean).exact,
        .optional("ip", .text(64), "The visitor's IP address; used with keys created with server: true.").whole,
        .optional("user_agent", .string(0...2_048), "The visitor's User-Agent header; used with keys created with server: true."),
    ]
}

/// What a collector made of a payload: activity for the shared table, facts for the module's own tables, or both.
public struct Draft: Sendable {
    /// The pageview or custom event; nil for none.
    public var activity: ActivityDraft?
    /// Rows for the module's own tables, made once the visit is known. Values in the order of `FactTable.columns`.
    public var facts: @Sendable (Visit) -> [(table: FactTable, values: [Value])]
    /// Replaces the `event_id` that was sent; see `Addition`.
    var eventID: String?

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
    /// Pageview or custom event.
    public let kind: Activity.Kind
    /// Path of the page.
    public let path: String
    /// Title of the page; "" when none was sent.
    public let title: String
    /// Name of the custom event; "" for a pageview.
    public let name: String
    /// Properties as JSON text; nil for none.
    public let data: String?
    /// URL of the previous page; "" when none was sent.
    public let referrer: String
    /// The screen size that was sent; an invalid one is rounded or left out later.
    public internal(set) var screen: String
    /// The language that was sent; "" for that of the `Accept-Language` header.
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

/// What is known about an event besides its payload.
public struct Visit: Sendable {
    /// Number of the project.
    public let project: Int32
    /// Key of the visitor.
    public let visitor: Int64
    /// When the event happened.
    public let at: Instant
    /// When its session started.
    public let sessionAt: Instant
    /// Path of the session's last pageview before the event; "" when there was none.
    public let lastPath: String
    /// The attributes of its session.
    public let attributes: SessionAttributes
    /// Properties of the pageview or event as stored, in JSON text; nil for none.
    public let data: String?

    /// The values of `FactTable.sessionColumns`.
    public var sessionValues: [Value] {
        [.int(sessionAt.milliseconds)]
            + [attributes.source, attributes.country, attributes.device, attributes.browser, attributes.os].map(Value.text)
    }

    /// The page that a fact is about: the path that was sent, without what identifies people, or else the session's last page.
    public func page(_ sent: String) -> String { sent.isEmpty ? lastPath : PagePath.clean(sent) }
}

/// What the first activity of a session decides for the whole session.
public final class SessionAttributes: Sendable {
    /// Where the visit came from, and the visitor's location; "" when unknown.
    public let source, referrer, country, region, city: String
    /// The visitor's device and software; "" when unknown.
    public let browser, browserVersion, os, osVersion, device, screen, language: String
    /// All of them encoded as in each row of the session, in the order of `Activity.table`.
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
