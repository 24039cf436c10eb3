import Core
import TestSupport

/// A route of the host plus what it takes to call it. Everything is derived from the route itself, so tests cover a new
/// route without listing it.
struct Endpoint: Sendable, CustomStringConvertible {
    /// The module that gates the route; nil for the host's own routes.
    let module: String?
    let route: Route

    /// Who a route is for. Each kind needs a different credential.
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

    /// Whether a project key in `X-Pulse-Key` opens the route.
    var takesKey: Bool { [.ingest, .query, .adminKey, .frontend].contains(kind) }

    /// Whether the route checks a credential. Public tokens are part of the path; their module's tests cover them.
    var hasCredential: Bool { kind != .anonymous && kind != .publicToken }

    /// Whether the answer is a stream that stays open until one side closes it.
    var isStream: Bool { route.success.mediaType == "text/event-stream" }

    var description: String { "\(route.method.rawValue) \(route.path)" }

    /// The key scopes that open the route, each sufficient by itself.
    var openingScopes: [KeyScope] {
        switch kind {
        case .ingest: [.ingest, .admin]
        case .query: [.query, .admin]
        case .frontend: [.ingest, .query, .admin]
        case .adminKey, .admin: [.admin]
        case .installation, .publicToken, .anonymous: []
        }
    }

    /// The scope that the error message asks for.
    var neededScope: KeyScope {
        switch kind {
        case .ingest, .frontend: .ingest
        case .query: .query
        case .adminKey, .admin, .installation, .publicToken, .anonymous: .admin
        }
    }

    static let unknownID = "00000000-0000-4000-8000-00000000dead"

    /// The path for `project`. Other placeholders are filled from `values`, or with an id that doesn't exist.
    func path(in project: Project, _ values: [String: String] = [:]) -> String {
        route.path.split(separator: "/", omittingEmptySubsequences: false).map { part in
            guard part.hasPrefix("{") else { return String(part) }
            let name = String(part.dropFirst().dropLast())
            return isProject(name) ? project.id : values[name] ?? Self.unknownID
        }.joined(separator: "/")
    }

    /// Like `path(in:_:)`, plus the query parameters that the route requires.
    func address(in project: Project, _ values: [String: String] = [:]) -> String {
        path(in: project, values) + (ModuleSamples.all.requests[description]?.query.map { "?" + $0 } ?? "")
    }

    /// Whether the placeholder is the project id of an administration route.
    func isProject(_ name: String) -> Bool { kind == .admin && name == "id" }

    /// The placeholders in the path that may be ids of a project's resources.
    var names: [String] { route.pathNames.filter { !isProject($0) } }

    var body: String? {
        ModuleSamples.all.requests[description]?.body ?? route.body?.sample
    }
}
