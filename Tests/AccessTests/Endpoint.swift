import Core
import TestSupport

/// A route of the host, with everything that tests need to call it. All of it is derived from the route, so tests cover new routes without
/// listing them.
struct Endpoint: Sendable, CustomStringConvertible {
    /// The module that gates the route; nil for the host's own routes.
    let module: String?
    let route: Route

    /// The kind of caller that a route is for. Each kind needs a different credential.
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

    /// Whether callers send a project key in `X-Pulse-Key`.
    var takesKey: Bool { [.ingest, .query, .adminKey, .frontend].contains(kind) }

    /// Whether callers send a credential outside the path. The tests of the `bi` module cover public tokens, which are part of the path.
    var hasCredential: Bool { kind != .anonymous && kind != .publicToken }

    /// Whether the response is a stream that stays open until one side closes it.
    var isStream: Bool { route.success.mediaType == "text/event-stream" }

    var description: String { "\(route.method.rawValue) \(route.path)" }

    /// The key scopes that the route accepts. Each of them is sufficient by itself.
    var openingScopes: [KeyScope] {
        switch kind {
        case .ingest: [.ingest, .admin]
        case .query: [.query, .admin]
        case .frontend: [.ingest, .query, .admin]
        case .adminKey, .admin: [.admin]
        case .installation, .publicToken, .anonymous: []
        }
    }

    /// The scope that the error message for a missing scope names.
    var neededScope: KeyScope {
        switch kind {
        case .ingest, .frontend: .ingest
        case .query: .query
        case .adminKey, .admin, .installation, .publicToken, .anonymous: .admin
        }
    }

    static let unknownID = "00000000-0000-4000-8000-00000000dead"

    /// The path for `project`. Other placeholders get their values from `values`, or else an id that doesn't exist.
    func path(in project: Project, _ values: [String: String] = [:]) -> String {
        route.path.split(separator: "/", omittingEmptySubsequences: false).map { part in
            guard part.hasPrefix("{") else { return String(part) }
            let name = String(part.dropFirst().dropLast())
            return isProject(name) ? project.id : values[name] ?? Self.unknownID
        }.joined(separator: "/")
    }

    /// Like `path(in:_:)`, but with the query parameters that the route requires.
    func address(in project: Project, _ values: [String: String] = [:]) -> String {
        path(in: project, values) + (ModuleSamples.all.requests[description]?.query.map { "?" + $0 } ?? "")
    }

    /// Whether the placeholder is the project id of an administration route.
    func isProject(_ name: String) -> Bool { kind == .admin && name == "id" }

    /// The names of the placeholders in the path, except for the project id of an administration route.
    var names: [String] { route.pathNames.filter { !isProject($0) } }

    var body: String? {
        ModuleSamples.all.requests[description]?.body ?? route.body?.sample
    }
}
