import Common
import Storage

/// How one payload type becomes facts. A module registers one for each type that it collects.
public struct Collector: Sendable {
    /// The `type` of the payload.
    public let type: String
    public let summary: String
    /// What the payload may hold besides the common fields; checked before `read` is called, which finds what is odd in a detail adjusted: see
    /// `Schema.Field.Fit`.
    public let fields: [Schema.Field]
    /// Whether the payload says who its visitor is. Then the visitor has to be named, unless a page sends it and so speaks of its own
    /// visitor; and one without an id gets the id that answers call it by, so that it can be asked for.
    let isAboutVisitor: Bool
    /// Makes a draft of a payload whose fields are checked, or refuses it with 400.
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
        .optional("session_id", .text(200), "Keeps activity together whatever the pauses.").exact.naming(placeholders: .leftOut),
        .optional("consent_mode", .text(50)).exact, .optional("consent_granted", .boolean).exact,
        .optional("ip", .text(64), "The visitor's address; with keys created with server: true.").whole,
        .optional("user_agent", .string(0...2_048), "The visitor's browser; with keys created with server: true."),
    ]
}

/// What a collector made of a payload: activity for the shared table, facts for its own ones, or both.
public struct Draft: Sendable {
    public var activity: ActivityDraft?
    /// Rows for the module's own tables, made once the visit is known. Values in the order of `FactTable.columns`.
    public var facts: @Sendable (Visit) -> [(table: FactTable, values: [Value])]
    /// In place of the `event_id` that was sent; see `Addition`.
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
    public let kind: Activity.Kind
    public let path: String
    public let title: String
    public let name: String
    /// JSON text
    public let data: String?
    public let referrer: String
    /// As it was sent; what is no screen is left out.
    public internal(set) var screen: String
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
    public let project: Int32
    public let visitor: Int64
    public let at: Instant
    public let sessionAt: Instant
    /// The session's path so far: of the last pageview; "" before the first.
    public let lastPath: String
    public let attributes: SessionAttributes
    /// Properties of the pageview or event as they are stored, JSON text; nil for none.
    public let data: String?

    /// The values of `FactTable.sessionColumns`.
    public var sessionValues: [Value] {
        [.int(sessionAt.milliseconds)] + [attributes.source, attributes.country, attributes.device, attributes.browser, attributes.os].map(Value.text)
    }

    /// The page that a fact is about: the path that was sent, without what identifies people, else the session's last page.
    public func page(_ sent: String) -> String { sent.isEmpty ? lastPath : PagePath.clean(sent) }
}

/// What the first activity decides for the whole session.
public final class SessionAttributes: Sendable {
    public let source, referrer, country, region, city: String
    public let browser, browserVersion, os, osVersion, device, screen, language: String
    /// All of them as they stand in every row of the session, in the order of `Activity.table`.
    let columns: [UInt8]

    /// - Parameter row: has a column for each of `Activity.attributes`.
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
