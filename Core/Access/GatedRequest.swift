import Common
import Logging
import NIOCore
import Storage

/// What handlers may use. Events are reached through a `Scope` alone, and so `reports` is no part of it outside this target.
public struct Services: Sendable {
    /// The parts that all requests share. One reference, because a request's services are copied at every step.
    private final class Shared: Sendable {
        let control: any ControlStore
        let directory: Directory
        let time: any TimeSource
        let facts: any FactRecorder
        let catalog: ReportCatalog
        let datasets: DatasetCatalog
        let payloadTypes: Set<String>
        let dimensions: [(module: String, dimension: SessionDimension)]
        let limits: BodyLimits
        let publicURL: String?
        let vault: Vault
        let externalDatabase: any ExternalDatabase

        init(
            control: any ControlStore, directory: Directory, time: any TimeSource, facts: any FactRecorder, catalog: ReportCatalog,
            datasets: DatasetCatalog, payloadTypes: Set<String>, dimensions: [(module: String, dimension: SessionDimension)], limits: BodyLimits,
            publicURL: String?, vault: Vault, externalDatabase: any ExternalDatabase
        ) {
            self.control = control
            self.directory = directory
            self.time = time
            self.facts = facts
            self.catalog = catalog
            self.datasets = datasets
            self.payloadTypes = payloadTypes
            self.dimensions = dimensions
            self.limits = limits
            self.publicURL = publicURL
            self.vault = vault
            self.externalDatabase = externalDatabase
        }
    }

    private let shared: Shared
    fileprivate(set) var reports: any ReportReader

    public var control: any ControlStore { shared.control }
    public var directory: Directory { shared.directory }
    public var time: any TimeSource { shared.time }
    public var facts: any FactRecorder { shared.facts }
    public var catalog: ReportCatalog { shared.catalog }
    public var datasets: DatasetCatalog { shared.datasets }
    /// The payload types that this host's modules collect.
    public var payloadTypes: Set<String> { shared.payloadTypes }
    /// What can be filtered by, with the module that tells it.
    var dimensions: [(module: String, dimension: SessionDimension)] { shared.dimensions }
    public var limits: BodyLimits { shared.limits }
    /// Where this installation is reached from outside; nil where the configuration does not say.
    public var publicURL: String? { shared.publicURL }
    /// Seals what must be kept and may not be read.
    public var vault: Vault { shared.vault }
    /// Reads databases of others.
    public var externalDatabase: any ExternalDatabase { shared.externalDatabase }

    public init(
        control: any ControlStore, directory: Directory, time: any TimeSource, reports: any ReportReader,
        facts: any FactRecorder, catalog: ReportCatalog = ReportCatalog(),
        datasets: DatasetCatalog = DatasetCatalog(), payloadTypes: Set<String> = [], dimensions: [(module: String, dimension: SessionDimension)] = [],
        limits: BodyLimits = BodyLimits(), publicURL: String? = nil, vault: Vault, externalDatabase: any ExternalDatabase
    ) {
        self.reports = reports
        shared = Shared(
            control: control, directory: directory, time: time, facts: facts, catalog: catalog, datasets: datasets, payloadTypes: payloadTypes,
            dimensions: dimensions, limits: limits, publicURL: publicURL, vault: vault, externalDatabase: externalDatabase)
    }

    /// The same for one answer, which says as of when it is.
    func forOneAnswer() -> Services {
        var services = self
        services.reports = reports.forOneAnswer()
        return services
    }

    public struct BodyLimits: Sendable {
        public let bytes: Int
        public init(bytes: Int = 1_048_576) { self.bytes = bytes }
    }
}

/// A request that has passed the gate. Only the gate can make one.
public protocol GatedRequest: Sendable {
    var request: IncomingRequest { get }
    var services: Services { get }
}

extension GatedRequest {
    public var logger: Logger { request.logger }
    public var control: any ControlStore { services.control }
    public var directory: Directory { services.directory }
    public var now: Instant { services.time.now }

    /// A part of the path.
    public func path(_ name: String) -> String {
        guard let value = request.pathParameters[name] else { preconditionFailure("the path has no '{\(name)}'") }
        return value
    }

    /// An id in the path. Ids are shown plain; forms with a prefix such as `exp-` are accepted.
    public func id(_ name: String = "id") -> String { Identifiers.plain(path(name)) }

    public func text(_ name: String) -> String? { request.query[name].flatMap { $0.isEmpty ? nil : $0 } }
    public func integer(_ name: String, default value: Int) -> Int { text(name).flatMap(Int.init) ?? value }
    public var limit: Int { integer("limit", default: 10) }
    public var offset: Int { integer("offset", default: 0) }

    /// Bytes of the body.
    /// - Throws: 413 over the installation's limit.
    public func rawBody() async throws -> ByteBuffer { try await request.collectBody(services.limits.bytes) }

    /// Bytes of the body where the route takes more than others do: a file.
    /// - Throws: 413 over `bytes`, or the installation's limit where that is more.
    public func rawBody(atMost bytes: Int) async throws -> ByteBuffer { try await request.collectBody(max(bytes, services.limits.bytes)) }

    func body(_ schema: Schema?) async throws -> JSON {
        guard let schema else { preconditionFailure("the route declares no body") }
        let bytes = try await rawBody()
        let json = try bytes.withUnsafeReadableBytes { try JSON.parse($0) }
        try schema.check(json)
        return json
    }
}

/// Who makes a request for a project. Told apart by name, so that whoever has no key is not taken for the administrator.
public enum Caller: Sendable {
    case key(APIKey)
    case adminToken
    /// Somebody with a public token, who may see what its maker might.
    case publicToken(PublicToken)

    /// The modules that it is limited to; nil for all.
    var allowedModules: [String]? {
        switch self {
        case .key(let key): key.allowedModules
        case .adminToken: nil
        case .publicToken(let token): token.allowedModules
        }
    }

    /// - Throws: 403 for a module that it may not use.
    func check(_ module: String) throws {
        guard allowedModules?.contains(module) == false else { return }
        if case .publicToken = self {
            throw ServiceError(
                status: 403, code: "key_modules",
                message: "This link is not allowed to show module '\(module)': it shows what the key that made it was allowed to read.")
        }
        throw Directory.forbidden(module)
    }
}

/// A request for one project, by somebody who may make it.
public struct ProjectRequest: GatedRequest {
    public let request: IncomingRequest
    public let services: Services
    let route: Route
    let module: String?
    public let project: Project
    public let caller: Caller

    /// The key that was used; nil for the admin token and for a public token.
    public var key: APIKey? { if case .key(let key) = caller { key } else { nil } }

    // Internal on purpose: only the gate, which lives in this target, can let a request through.
    init(request: IncomingRequest, services: Services, route: Route, module: String?, project: Project, caller: Caller) {
        self.request = request
        self.services = services
        self.route = route
        self.module = module
        self.project = project
        self.caller = caller
    }

    /// - Throws: 403 where the project, or the key, may not read (or write) another module whose facts or definitions the request
    ///   asks for.
    public func require(module: String, _ access: AccessMode = .read) throws { try directory.checkModule(module, access, project, caller) }

    /// The modules that the request is limited to, whoever makes it; nil for all. What is saved to be answered later without its maker's key
    /// keeps them (`PublicToken`).
    public var allowedModules: [String]? { caller.allowedModules }

    /// - Throws: 403 for a key that may not use the module, whether or not the module is on: nobody saves for others what they may not read.
    public func requireKey(toUse module: String) throws {
        try caller.check(module)
    }

    /// - Throws: 403 for a key without the scope `admin`, where a parameter asks for more than the route's scope gives.
    public func requireAdmin(for parameter: String) throws {
        let isAdmin = switch caller {
        case .key(let key): key.has(.admin)
        case .adminToken: true
        case .publicToken: false
        }
        guard isAdmin else {
            throw ServiceError(
                status: 403, code: "missing_scope", message: "API key does not have the required 'admin' scope for '\(parameter)'.")
        }
    }

    /// Who acts, for the audit log.
    public var actor: String {
        switch caller {
        case .key(let key): "key \(key.id)"
        case .adminToken: "admin token"
        case .publicToken(let token): token.holder
        }
    }

    /// The body, checked against the route's schema.
    /// - Throws: 400 that names the field; 413.
    public func body() async throws -> JSON { try await body(route.body) }

    /// The same request, and the statements that its scopes will ask.
    func logged() -> (call: ProjectRequest, log: StatementLog) {
        var services = services
        let log = StatementLog(services.reports)
        services.reports = log
        return (ProjectRequest(request: request, services: services, route: route, module: module, project: project, caller: caller), log)
    }
}

/// A request about the installation, with the admin token.
public struct InstallationRequest: GatedRequest {
    public let request: IncomingRequest
    public let services: Services
    let route: Route

    init(request: IncomingRequest, services: Services, route: Route) {
        self.request = request
        self.services = services
        self.route = route
    }

    public var actor: String { "admin token" }
    public func body() async throws -> JSON { try await body(route.body) }
}

/// A request by anybody.
public struct AnonymousRequest: GatedRequest {
    public let request: IncomingRequest
    public let services: Services

    init(request: IncomingRequest, services: Services) {
        self.request = request
        self.services = services
    }
}
