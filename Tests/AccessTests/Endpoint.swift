import Core
import TestSupport

/// A route of the host with what it takes to call it. Everything is derived from the route's own value, so that a new
/// route is walked without anybody listing it.
struct Endpoint: Sendable, CustomStringConvertible {
    /// The module that gates it; nil for the host's own.
    let module: String?
    let route: Route

    /// Who a route is for. Each needs another credential.
    enum Kind: String, CaseIterable { case ingest, query, adminKey, frontend, admin, installation, publicToken, anonymous }

    var kind: Kind {
        switch route.scope {
        case .key(.ingest): .ingest
        case .key(.query): .query
        case .key(.admin): .adminKey
        case .frontend: .frontend
        case .admin: .admin
        case .installation: .installation
        case .publicToken: .publicToken
        case .anonymous: .anonymous
        }
    }

    /// Whether it is opened by a key of a project in `X-Pulse-Key`.
    var takesKey: Bool { [.ingest, .query, .adminKey, .frontend].contains(kind) }

    /// Whether somebody must show who they are. A public token stands in the path, and is its module's to test.
    var hasCredential: Bool { kind != .anonymous && kind != .publicToken }

    /// Whether its answer goes on until somebody ends it.
    var isStream: Bool { route.success.mediaType == "text/event-stream" }

    var description: String { "\(route.method.rawValue) \(route.path)" }

    /// Scopes of a key that opens it, each by itself.
    var openingScopes: [KeyScope] {
        switch kind {
        case .ingest: [.ingest, .admin]
        case .query: [.query, .admin]
        case .frontend: [.ingest, .query, .admin]
        case .adminKey, .admin: [.admin]
        case .installation, .publicToken, .anonymous: []
        }
    }

    /// The scope that the sentence of a refusal names.
    var neededScope: KeyScope {
        switch kind {
        case .ingest, .frontend: .ingest
        case .query: .query
        case .adminKey, .admin, .installation, .publicToken, .anonymous: .admin
        }
    }

    static let unknownID = "00000000-0000-4000-8000-00000000dead"

    /// The path for `project`, with what `values` gives for its other names, or an id that nothing has.
    func path(in project: Project, _ values: [String: String] = [:]) -> String {
        route.path.split(separator: "/", omittingEmptySubsequences: false).map { part in
            guard part.hasPrefix("{") else { return String(part) }
            let name = String(part.dropFirst().dropLast())
            return isProject(name) ? project.id : values[name] ?? Self.unknownID
        }.joined(separator: "/")
    }

    /// The same with the query parameters that the route requires.
    func address(in project: Project, _ values: [String: String] = [:]) -> String {
        path(in: project, values) + (SampleBodies.queries[description].map { "?" + $0 } ?? "")
    }

    /// Whether the name in the path is the project that an administrator means.
    func isProject(_ name: String) -> Bool { kind == .admin && name == "id" }

    /// The names in the path that may be ids of something that belongs to a project.
    var names: [String] { route.pathNames.filter { !isProject($0) } }

    var body: String? {
        SampleBodies.byRoute[description] ?? route.body?.sample
    }
}
