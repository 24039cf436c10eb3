@_spi(Host) import Blobs
import Common
@_spi(Host) import Jobs
import Logging
import NIOCore
@_spi(Host) import Questions
@_spi(Host) import Storage

/// The services that handlers may use. Handlers must read events through a `Scope`, so `reports` is available only with the `Scopes` SPI.
public struct Services: Sendable {
    /// The services that all requests share. A class, because `Services` is copied several times for every request.
    private final class Shared: Sendable {
        let control: any ControlStore
        let directory: Directory
        let time: any TimeSource
        let intake: any EventIntake
        let catalog: ReportCatalog
        let datasets: DatasetCatalog
        let definitions: DefinitionCatalog
        let factTables: FactCatalog
        let payloadTypes: Set<String>
        let scriptFeatures: [ScriptFeature]
        let dimensions: [(module: String, dimension: SessionDimension)]
        let limits: BodyLimits
        let publicURL: String?
        let vault: Vault
        let blobs: BlobStore
        let externalDatabase: any ExternalDatabase
        let controlTables: ControlTables
        let tasks: TaskStore

        init(
            control: any ControlStore, directory: Directory, time: any TimeSource, intake: any EventIntake, catalog: ReportCatalog,
            datasets: DatasetCatalog, definitions: DefinitionCatalog, factTables: FactCatalog, payloadTypes: Set<String>,
            scriptFeatures: [ScriptFeature], dimensions: [(module: String, dimension: SessionDimension)], limits: BodyLimits,
            publicURL: String?, vault: Vault,
            blobs: BlobStore, externalDatabase: any ExternalDatabase, controlTables: ControlTables, tasks: TaskStore
        ) {
            self.control = control
            self.directory = directory
            self.time = time
            self.intake = intake
            self.catalog = catalog
            self.datasets = datasets
            self.definitions = definitions
            self.factTables = factTables
            self.payloadTypes = payloadTypes
            self.scriptFeatures = scriptFeatures
            self.dimensions = dimensions
            self.limits = limits
            self.publicURL = publicURL
            self.vault = vault
            self.blobs = blobs
            self.externalDatabase = externalDatabase
            self.controlTables = controlTables
            self.tasks = tasks
        }
    }

    private let shared: Shared
    /// Runs the SQL statements of a `Scope`.
    @_spi(Scopes) public fileprivate(set) var reports: any ReportReader

    /// The whole store of the control plane. Modules have a store of their own: `call.store`.
    @_spi(Host) public var control: any ControlStore { shared.control }
    /// The control plane as `module` sees it: its own tables. Nil has none.
    @_spi(Host) public func store(of module: String?) -> ModuleStore {
        ModuleStore(shared.control, shared.controlTables, module: module ?? "")
    }
    /// The durable tasks of `module`, for `maker`; see `TaskQueue`.
    @_spi(Host) public func tasks(of module: String?, for maker: Maker?) -> TaskQueue {
        TaskQueue(shared.tasks, module: module ?? "", maker: maker)
    }
    /// The schedules of `module`, for `maker`; see `Schedules`.
    @_spi(Host) public func schedules(of module: String?, for maker: Maker?) -> Schedules {
        Schedules(shared.tasks, module: module ?? "", maker: maker)
    }
    /// The projects, keys and module settings, in memory.
    public var directory: Directory { shared.directory }
    /// The clock; tests replace it.
    public var time: any TimeSource { shared.time }
    /// Takes events and facts from code.
    public var intake: any EventIntake { shared.intake }
    /// The reports that can be run by name.
    public var catalog: ReportCatalog { shared.catalog }
    /// The datasets that can be read by name.
    public var datasets: DatasetCatalog { shared.datasets }
    /// The kinds of definitions that definitions of other modules may refer to.
    public var definitions: DefinitionCatalog { shared.definitions }
    /// The fact tables of all modules. Only scopes read them.
    @_spi(Scopes) public var factTables: FactCatalog { shared.factTables }
    /// The payload types that this host's modules collect.
    public var payloadTypes: Set<String> { shared.payloadTypes }
    /// The optional features of the tracking script, from all modules in the binary, including those that this host doesn't load.
    public var scriptFeatures: [ScriptFeature] { shared.scriptFeatures }
    /// The dimensions that reports can be filtered by, each with the module whose facts it reads.
    @_spi(Host) public var dimensions: [(module: String, dimension: SessionDimension)] { shared.dimensions }
    /// The limits on request bodies.
    public var limits: BodyLimits { shared.limits }
    /// The public URL of this installation, without a trailing slash; nil if the configuration has none.
    public var publicURL: String? { shared.publicURL }
    /// Encrypts and decrypts secrets that must be stored.
    public var vault: Vault { shared.vault }
    /// The blobs of all modules and projects.
    @_spi(Host) public var blobs: BlobStore { shared.blobs }
    /// Runs queries on external databases.
    public var externalDatabase: any ExternalDatabase { shared.externalDatabase }

    @_spi(Host) public init(
        control: any ControlStore, directory: Directory, time: any TimeSource, reports: any ReportReader,
        intake: any EventIntake, catalog: ReportCatalog = ReportCatalog(),
        datasets: DatasetCatalog = DatasetCatalog(), definitions: DefinitionCatalog = DefinitionCatalog(),
        factTables: FactCatalog = FactCatalog(), payloadTypes: Set<String> = [],
        scriptFeatures: [ScriptFeature] = [],
        dimensions: [(module: String, dimension: SessionDimension)] = [],
        limits: BodyLimits = BodyLimits(), publicURL: String? = nil, vault: Vault, blobs: BlobStore,
        externalDatabase: any ExternalDatabase, controlTables: ControlTables = ControlTables(), tasks: TaskStore
    ) {
        self.reports = reports
        shared = Shared(
            control: control, directory: directory, time: time, intake: intake, catalog: catalog, datasets: datasets,
            definitions: definitions, factTables: factTables, payloadTypes: payloadTypes,
            scriptFeatures: scriptFeatures, dimensions: dimensions, limits: limits, publicURL: publicURL, vault: vault,
            blobs: blobs, externalDatabase: externalDatabase, controlTables: controlTables, tasks: tasks)
    }

    /// A copy of the services for one response, whose reports share a wait and track how current the response is.
    func forOneResponse() -> Services {
        var services = self
        services.reports = reports.forOneResponse()
        return services
    }

    /// The limits on request bodies.
    public struct BodyLimits: Sendable {
        /// The maximum size of a body in bytes, after decompression.
        public let bytes: Int
        public init(bytes: Int = 1_048_576) { self.bytes = bytes }
    }
}

/// A request that has passed the gate. Only the gate can make one.
public protocol GatedRequest: Sendable {
    /// The request as it was received.
    var request: IncomingRequest { get }
    /// The services that the handler may use.
    var services: Services { get }
    /// The control plane as the route's module sees it: the module's own tables.
    var store: ModuleStore { get }
    /// The durable tasks of the route's module. They run for whoever made this request.
    var tasks: TaskQueue { get }
    /// The schedules that people make in the route's module. Their tasks run for whoever made this request.
    var schedules: Schedules { get }
}

extension GatedRequest {
    /// A logger with the request's id and module.
    public var logger: Logger { request.logger }
    /// The whole store of the control plane, for Core and the host.
    @_spi(Host) public var control: any ControlStore { services.control }
    /// The projects, keys and module settings, in memory.
    public var directory: Directory { services.directory }
    /// The current time.
    public var now: Instant { services.time.now }

    /// The value for `{name}` in the route's path. The route must have that part.
    public func path(_ name: String) -> String {
        guard let value = request.pathParameters[name] else { preconditionFailure("the path has no '{\(name)}'") }
        return value
    }

    /// The id in the path, without a prefix such as `exp-`.
    public func id(_ name: String = "id") -> String { Identifiers.plain(path(name)) }

    /// The value of the query parameter `name`; nil if it is missing or empty.
    public func text(_ name: String) -> String? { request.query[name].flatMap { $0.isEmpty ? nil : $0 } }
    /// The value of the query parameter `name` as an integer; `value` if it is missing or not an integer.
    public func integer(_ name: String, default value: Int) -> Int { text(name).flatMap(Int.init) ?? value }
    /// The maximum number of rows to return: the `limit` query parameter, by default 10.
    public var limit: Int { integer("limit", default: 10) }
    /// The number of rows to skip: the `offset` query parameter, by default 0.
    public var offset: Int { integer("offset", default: 0) }

    /// The bytes of the body.
    /// - Throws: 413 if the body exceeds the installation's limit.
    public func rawBody() async throws -> ByteBuffer { try await request.collectBody(services.limits.bytes) }

    /// The bytes of the body, for routes that accept larger bodies, such as files.
    /// - Throws: 413 if the body exceeds both `bytes` and the installation's limit.
    public func rawBody(atMost bytes: Int) async throws -> ByteBuffer { try await request.collectBody(max(bytes, services.limits.bytes)) }

    func body(_ schema: Schema?) async throws -> JSON {
        guard let schema else { preconditionFailure("the route declares no body") }
        let bytes = try await rawBody()
        let json = try bytes.withUnsafeReadableBytes { try JSON.parse($0) }
        try schema.check(json)
        return json
    }
}

/// A request for one project. The gate has checked that the caller may make it.
public struct ProjectRequest: GatedRequest {
    public let request: IncomingRequest
    public let services: Services
    private let bodySchema: Schema?
    /// The module whose route this is; nil for the host's own.
    @_spi(Scopes) public let module: String?
    /// The project that the request is for.
    public let project: Project
    /// Who sent the request.
    public let principal: Principal
    private let surface: any Surface
    /// Whether a module is working without a request.
    let isWork: Bool

    public var store: ModuleStore { services.store(of: module) }
    public var tasks: TaskQueue { services.tasks(of: module, for: maker) }
    public var schedules: Schedules { services.schedules(of: module, for: maker) }

    /// The caller, in the form to store with what this request saves and what is shown later without the caller's credential, such as a
    /// `PublicToken`. Tasks and schedules store it by themselves.
    public var maker: Maker { principal.maker(on: surface) }

    /// The key that was used; nil for any other principal.
    public var key: APIKey? { if case .key(let key) = principal { key } else { nil } }

    // Internal, so only the gate, which is in this target, can create a request.
    init(
        request: IncomingRequest, services: Services, bodySchema: Schema?, module: String?, project: Project, principal: Principal,
        surface: any Surface, isWork: Bool = false
    ) {
        self.request = request
        self.services = services
        self.bodySchema = bodySchema
        self.module = module
        self.project = project
        self.principal = principal
        self.surface = surface
        self.isWork = isWork
    }

    /// Checks access to another module whose definitions the request needs, or which it would read or change only later. Facts need no
    /// such check: a statement that names them gets 403 by itself.
    /// - Throws: 403 if the project's settings or the caller's key don't permit this access.
    public func require(module: String, _ access: AccessMode = .read) throws {
        try directory.checkModule(module, access, project, principal)
    }

    /// Whether the caller may read the facts and definitions of another module, for a part of a response that can be left out.
    public func mayRead(_ module: String) -> Bool { (try? require(module: module)) != nil }

    /// The blobs of the route's module in this project.
    public var blobs: Blobs { services.blobs.blobs(of: module ?? "host", in: project.id) }

    /// The modules that the caller is limited to; nil for all. Save this limit and the `maker` with anything that is later shown without the
    /// caller's credential, such as a `PublicToken`.
    public var allowedModules: [String]? { principal.allowedModules }

    /// Checks that the caller may use `module`, whether or not the module is on. For definitions that others will see: callers must not
    /// save what they may not read themselves.
    /// - Throws: 403 if the caller is limited to other modules.
    public func requireKey(toUse module: String) throws {
        try principal.check(module)
    }

    /// Checks that the caller is an administrator. Call this if `parameter` asks for more than the route's scope permits.
    /// - Throws: 403 unless the caller is the administrator or a key with the `admin` scope.
    public func requireAdmin(for parameter: String) throws {
        guard principal.has(.admin) else { throw ServiceError(.missingScope(KeyScope.admin.rawValue, parameter: parameter)) }
    }

    /// The caller's name in the audit log: `key <id>`, `admin token`, or the holder of the public token.
    public var actor: String { principal.name }

    /// The principal with the rights that it has now; nil if it may not ask any more: its key was revoked or has expired, its session has
    /// ended, or the project is gone. For what goes on after the handler has returned.
    public var principalNow: Principal? { Self.principalNow(principal, request.session, project.id, directory, services.time) }

    static func principalNow(
        _ principal: Principal, _ session: IncomingRequest.Session?, _ project: String, _ directory: Directory, _ time: any TimeSource
    ) -> Principal? {
        if let session, directory.isEnded(session: session.id) || session.expiresAt <= time.now { return nil }
        return directory.project(project) == nil ? nil : directory.current(principal)
    }

    /// The sentence about `error` in the words of the request's surface, for responses that contain errors of their parts.
    public func sentence(about error: ServiceError) -> String { surface.sentence(about: error) }

    /// The body, validated against the route's schema.
    /// - Throws: 400 that names the invalid field; 413 if the body is too large.
    public func body() async throws -> JSON { try await body(bodySchema) }

    /// A copy of this request whose scopes log the statements that they run, and the log.
    func logged() -> (call: ProjectRequest, log: StatementLog) {
        var services = services
        let log = StatementLog(services.reports)
        services.reports = log
        return (
            ProjectRequest(
                request: request, services: services, bodySchema: bodySchema, module: module, project: project, principal: principal,
                surface: surface, isWork: isWork),
            log
        )
    }
}

/// A request about its caller instead of one project. The gate has checked that the caller may make it.
public struct CallerRequest: GatedRequest {
    public let request: IncomingRequest
    public let services: Services
    /// Who sent the request.
    public let principal: Principal
    private let bodySchema: Schema?
    private let module: String?
    private let access: AccessMode
    private let surface: any Surface

    init(
        request: IncomingRequest, services: Services, principal: Principal, bodySchema: Schema?, module: String?, access: AccessMode,
        surface: any Surface
    ) {
        self.request = request
        self.services = services
        self.principal = principal
        self.bodySchema = bodySchema
        self.module = module
        self.access = access
        self.surface = surface
    }

    public var store: ModuleStore { services.store(of: module) }
    public var tasks: TaskQueue { services.tasks(of: module, for: maker) }
    public var schedules: Schedules { services.schedules(of: module, for: maker) }

    /// The caller, in the form to store with what this request saves.
    public var maker: Maker { principal.maker(on: surface) }
    /// The caller's name in the audit log.
    public var actor: String { principal.name }

    /// The projects that the caller may use, oldest first.
    public var projects: [Project] {
        guard let ids = principal.rights.projects else { return directory.projects }
        return ids.compactMap(directory.project).sorted { $0.number < $1.number }
    }

    /// The request as one for a project of the caller, with the checks of a route of that project.
    /// - Parameters:
    ///   - id: the project's id.
    ///   - access: nil for the access of the route.
    /// - Throws: 404 if there is no such project, or the caller may not use it; 403 if the module is off there, or its level doesn't permit
    ///   the access.
    public func project(_ id: String, _ access: AccessMode? = nil) throws -> ProjectRequest {
        guard let project = directory.project(id), principal.rights.include(project: project.id) else {
            throw ServiceError.notFound("Project", id)
        }
        if let module { try directory.checkModule(module, access ?? self.access, project, principal) }
        return ProjectRequest(
            request: request, services: services, bodySchema: bodySchema, module: module, project: project, principal: principal,
            surface: surface)
    }

    /// The body, validated against the route's schema.
    /// - Throws: 400 that names the invalid field; 413 if the body is too large.
    public func body() async throws -> JSON { try await body(bodySchema) }
}

/// A request for the whole installation, made with the admin token or by an administrator whom a surface knows.
public struct InstallationRequest: GatedRequest {
    public let request: IncomingRequest
    public let services: Services
    /// Who sent the request.
    public let principal: Principal
    private let bodySchema: Schema?
    private let module: String?
    private let surface: any Surface

    init(
        request: IncomingRequest, services: Services, principal: Principal, bodySchema: Schema?, module: String?, surface: any Surface
    ) {
        self.request = request
        self.services = services
        self.principal = principal
        self.bodySchema = bodySchema
        self.module = module
        self.surface = surface
    }

    public var store: ModuleStore { services.store(of: module) }
    public var tasks: TaskQueue { services.tasks(of: module, for: principal.maker(on: surface)) }
    public var schedules: Schedules { services.schedules(of: module, for: principal.maker(on: surface)) }

    /// The caller's name in the audit log.
    public var actor: String { principal.name }
    /// The body, validated against the route's schema.
    /// - Throws: 400 that names the invalid field; 413 if the body is too large.
    public func body() async throws -> JSON { try await body(bodySchema) }
}

/// A request that needs no credentials.
public struct AnonymousRequest: GatedRequest {
    public let request: IncomingRequest
    public let services: Services
    private let module: String?

    init(request: IncomingRequest, services: Services, module: String?) {
        self.request = request
        self.services = services
        self.module = module
    }

    public var store: ModuleStore { services.store(of: module) }
    /// The durable tasks of the route's module. Nobody makes an anonymous request, so they are the module's own.
    public var tasks: TaskQueue { services.tasks(of: module, for: .module) }
    public var schedules: Schedules { services.schedules(of: module, for: .module) }
}
