import Common
import HTTPTypes

/// Who hands in events, for which project, and what is known about the browser that they come from.
public struct EventSender: Sendable {
    /// The kinds of senders.
    public enum Who: Sendable, Equatable {
        /// The id of the API key that a request was made with.
        case key(String)
        /// A request with the admin token.
        case administrator
        /// A request with a public token.
        case publicToken
        /// A module's own work, such as a task or a service.
        case module(String)
        /// An API surface, for callers that have no key.
        case surface(String)
    }

    /// Who hands in the events.
    public let who: Who
    /// The project that the events belong to.
    public let project: Project
    /// The modules that the sender is limited to; nil for all.
    public var allowedModules: [String]?
    /// Whether the events are about other people's browsers. If so, address and user agent come with each event, and anything that an event
    /// doesn't say stays unknown.
    public var isServer: Bool
    /// The browser's IP address and its `User-Agent` and `Accept-Language` headers; "" if unknown.
    public var clientAddress = "", userAgent = "", acceptLanguage = ""
    /// Host and port of the page that the events come from, from the `Origin` header; "" if unknown.
    public var origin = ""
    /// Whether the browser sent `DNT: 1` or `Sec-GPC: 1`.
    public var asksNotToTrack = false
    /// Whether the gate has counted the request against the project's rate limit.
    @_spi(Host) public let isCounted: Bool

    /// The sender of a request, which has passed the gate. The events are about the browser that made the request, unless its key is a
    /// server's.
    public init(_ call: ProjectRequest) {
        let headers = call.request.headers
        switch call.principal {
        case .key(let key):
            who = .key(key.id)
            allowedModules = key.allowedModules
            isServer = key.isServer
        case .adminToken:
            who = .administrator
            allowedModules = nil
            isServer = false
        case .publicToken(let token):
            who = .publicToken
            allowedModules = token.allowedModules
            isServer = false
        case .other(let other):
            who = .surface(call.principal.name)
            allowedModules = other.rights.modules
            isServer = false
        case .module(let name, _):
            who = .module(name)
            allowedModules = nil
            isServer = true
        }
        project = call.project
        isCounted = !call.isWork
        // No browser made the request of work.
        if call.isWork { isServer = true }
        clientAddress = call.request.clientAddress
        // A server's own client library is not the visitor's.
        if !isServer { userAgent = headers.value(.userAgent) ?? "" }
        acceptLanguage = headers.value(.acceptLanguage) ?? ""
        origin = headers.value(.origin)?.split(separator: "/").last.map(String.init) ?? ""
        asksNotToTrack = headers.value(Self.dnt) == "1" || headers.value(Self.gpc) == "1"
    }

    /// A sender that is not a request. The events are about other people's browsers. Each call of `EventIntake` counts against the project's
    /// ingest rate.
    public init(_ who: Who, for project: Project) {
        self.who = who
        self.project = project
        allowedModules = nil
        isServer = true
        isCounted = false
    }

    private static let dnt = HTTPField.Name("DNT")!
    private static let gpc = HTTPField.Name("Sec-GPC")!
}
