import Common
import HTTPTypes
import NIOCore

/// One of the APIs that the host serves. All surfaces work on the same events and projects, but differ in what their callers see: how
/// requests carry credentials, who the callers are, how often they may ask, and the sentences, statuses and form of responses.
///
/// Modules don't know which surface a request came through: handlers answer values and throw errors with evidence, and the surface writes
/// both. A module of the category `surface` brings a surface (`AnalyticsModule.surface`); the module's routes are the surface's. See
/// docs/surfaces.md.
public protocol Surface: Sendable {
    /// A short, unique name, such as `pulse`.
    var name: String { get }

    // MARK: Requests

    /// Whether a request belongs to this surface. The host asks this first, so even an unknown path or a malformed body gets an error in the
    /// surface's own form. Called for every request while the surface is on.
    func owns(_ method: HTTPRequest.Method, _ path: String, _ headers: HTTPFields) -> Bool

    /// The credential that the request presents for `route`; nil if it has none.
    func credential(of request: IncomingRequest, for route: Route) -> Credential?

    /// The names of query parameters that may carry a credential. Routes accept them although they don't declare them.
    var credentialParameters: [String] { get }

    /// Finds out whom one of the surface's own credentials belongs to.
    /// - Returns: nil for a credential that is unknown or has expired.
    func admission(for credential: String, of request: AnonymousRequest, to route: Route) async throws -> Admission?

    /// One of the surface's own principals, with the rights that it has now. The gate asks this before something runs or is shown that the
    /// principal made earlier.
    /// - Parameters:
    ///   - kind: as in `SurfacePrincipal`, and so is `id`.
    ///   - request: with the store of the surface's module. Not a request of the principal.
    /// - Returns: nil if there is no such principal any more, or it was deactivated.
    func principal(_ kind: String, _ id: String, for request: AnonymousRequest) async throws -> SurfacePrincipal?

    /// Whether the page that a request comes from may use front-end routes.
    func admitsOrigin(of request: IncomingRequest) -> Bool

    // MARK: Rates

    /// The rules that a request is counted against before its credential is looked at. `route` is nil for an unknown path.
    func rates(onArrivalOf request: IncomingRequest, at route: Route?) -> [RateRule]

    /// The rules that a request is counted against once its caller is known. The headers of the response show the last of them. `project` is
    /// nil on routes of the whole installation.
    func rates(of principal: Principal, in project: Project?, at route: Route) -> [RateRule]

    // MARK: Responses

    /// The sentence about `error`, in the surface's words.
    func sentence(about error: ServiceError) -> String

    /// The response for `error`, with the surface's status, form and sentence.
    func answer(to error: ServiceError) -> Answer

    /// Writes what a handler answered: gives it the surface's status and envelope.
    func write(_ answer: Answer, as outcome: Answer.Outcome) throws -> Answer

    /// How the surface writes instants; nil for ISO 8601.
    var instants: InstantText? { get }

    /// Adds the state of a rate limit to the headers of a response.
    func label(_ headers: inout HTTPFields, with rate: RateState)

    /// Adds the instant before which a report has all acknowledged events, if it may lack some.
    func label(_ headers: inout HTTPFields, asOf instant: Instant)

    /// Adds the headers that every response has, such as those for security and caching.
    func label(_ headers: inout HTTPFields, in context: ResponseContext)

    /// Which pages of other origins may use the surface.
    func crossOrigin(for audience: Audience) -> CrossOriginPolicy

    // MARK: Description

    /// What OpenAPI says about the surface.
    var description: SurfaceDescription { get }
}

/// Defaults: no credentials of its own, nothing that runs later for its principals, no rates, the response that the handler made, and Pulse's
/// security headers.
extension Surface {
    public var credentialParameters: [String] { [] }
    public func admission(for credential: String, of request: AnonymousRequest, to route: Route) async throws -> Admission? { nil }
    public func principal(_ kind: String, _ id: String, for request: AnonymousRequest) async throws -> SurfacePrincipal? { nil }
    public func admitsOrigin(of request: IncomingRequest) -> Bool { true }
    public func rates(onArrivalOf request: IncomingRequest, at route: Route?) -> [RateRule] { [] }
    public func rates(of principal: Principal, in project: Project?, at route: Route) -> [RateRule] { [] }
    public func sentence(about error: ServiceError) -> String { error.message }
    public func write(_ answer: Answer, as outcome: Answer.Outcome) throws -> Answer { answer }
    public var instants: InstantText? { nil }
    public func label(_ headers: inout HTTPFields, with rate: RateState) { rate.label(&headers, reset: String(rate.seconds)) }
    public func label(_ headers: inout HTTPFields, asOf instant: Instant) {}
    public func label(_ headers: inout HTTPFields, in context: ResponseContext) {
        SecurityHeaders.label(&headers, for: context.audience)
        PrivateAnswer.label(&headers, in: context, carriers: "Authorization, Cookie")
    }
    public func crossOrigin(for audience: Audience) -> CrossOriginPolicy {
        CrossOriginPolicy(origins: [], requestHeaders: "", responseHeaders: "")
    }
}

/// What a surface's OpenAPI document says besides its routes.
public struct SurfaceDescription: Sendable {
    /// The title of the API.
    public let title: String
    /// One sentence about the API.
    public let summary: String
    /// How to use the API, in Markdown.
    public let introduction: String
    /// The security schemes. Each is an OpenAPI Security Scheme Object as JSON.
    public let securitySchemes: [(name: String, json: String)]
    /// The schemes that open a route, each with the scopes that it needs. Any one of them suffices.
    public let schemes: @Sendable (RouteScope) -> [(name: String, scopes: [String])]
    /// The schema of a response as the surface writes it, from that of the value: the whole list for a page, nil for no content. Returns nil
    /// for a response without a body.
    public let envelope: @Sendable (Schema?, Answer.Outcome) -> Schema?
    /// The schema of an error: a JSON Schema.
    public let error: String

    public init(
        title: String, summary: String, introduction: String, securitySchemes: [(name: String, json: String)] = [],
        schemes: @escaping @Sendable (RouteScope) -> [(name: String, scopes: [String])] = { _ in [] },
        envelope: @escaping @Sendable (Schema?, Answer.Outcome) -> Schema? = { schema, _ in schema }, error: String
    ) {
        self.title = title
        self.summary = summary
        self.introduction = introduction
        self.securitySchemes = securitySchemes
        self.schemes = schemes
        self.envelope = envelope
        self.error = error
    }
}
