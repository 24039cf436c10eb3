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
        let facts: any FactRecorder
        let catalog: ReportCatalog
        let datasets: DatasetCatalog
        let factTables: FactCatalog
        let payloadTypes: Set<String>
        let scriptFeatures: [ScriptFeature]
        let dimensions: [(module: String, dimension: SessionDimension)]
        let limits: BodyLimits
        let publicURL: String?
        let vault: Vault
        let externalDatabase: any ExternalDatabase
        let controlTables: ControlTables
        let tasks: TaskStore

        init(
            control: any ControlStore, directory: Directory, time: any TimeSource, facts: any FactRecorder, catalog: ReportCatalog,
            datasets: DatasetCatalog, factTables: FactCatalog, payloadTypes: Set<String>, scriptFeatures: [ScriptFeature],
            dimensions: [(module: String, dimension: SessionDimension)], limits: BodyLimits, publicURL: String?, vault: Vault,
            externalDatabase: any ExternalDatabase, controlTables: ControlTables, tasks: TaskStore
        ) {
            self.control = control
            self.directory = directory
            self.time = time
            self.facts = facts
            self.catalog = catalog
            self.datasets = datasets
            self.factTables = factTables
            self.payloadTypes = payloadTypes
            self.scriptFeatures = scriptFeatures
            self.dimensions = dimensions
            self.limits = limits
            self.publicURL = publicURL
            self.vault = vault
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
    /// The durable tasks of `module`.
    @_spi(Host) public func tasks(of module: String?) -> TaskQueue { TaskQueue(shared.tasks, module: module ?? "") }
    /// The schedules of `module`.
    @_spi(Host) public func schedules(of module: String?) -> Schedules { Schedules(shared.tasks, module: module ?? "") }
    /// The projects, keys and module settings, in memory.
    public var directory: Directory { shared.directory }
    /// The clock; tests replace it.
    public var time: any TimeSource { shared.time }
    /// Records facts that don't come with an event.
    public var facts: any FactRecorder { shared.facts }
    /// The reports that can be run by name.
    public var catalog: ReportCatalog { shared.catalog }
    /// The datasets that can be read by name.
    public var datasets: DatasetCatalog { shared.datasets }
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
    /// Runs queries on external databases.
    public var externalDatabase: any ExternalDatabase { shared.externalDatabase }

    @_spi(Host) public init(
        control: any ControlStore, directory: Directory, time: any TimeSource, reports: any ReportReader,
        facts: any FactRecorder, catalog: ReportCatalog = ReportCatalog(),
        datasets: DatasetCatalog = DatasetCatalog(), factTables: FactCatalog = FactCatalog(), payloadTypes: Set<String> = [],
        scriptFeatures: [ScriptFeature] = [],
        dimensions: [(module: String, dimension: SessionDimension)] = [],
        limits: BodyLimits = BodyLimits(), publicURL: String? = nil, vault: Vault, externalDatabase: any ExternalDatabase,
        controlTables: ControlTables = ControlTables(), tasks: TaskStore
    ) {
        self.reports = reports
        shared = Shared(
            control: control, directory: directory, time: time, facts: facts, catalog: catalog, datasets: datasets,
            factTables: factTables, payloadTypes: payloadTypes,
            scriptFeatures: scriptFeatures, dimensions: dimensions, limits: limits, publicURL: publicURL, vault: vault,
            externalDatabase: externalDatabase, controlTables: controlTables, tasks: tasks)
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
    /// The durable tasks of the route's module.
    var tasks: TaskQueue { get }
    /// The schedules that people make in the route's module.
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

/// Who sent a request for a project. An enum rather than an optional key, so a request without a key can't be mistaken for the
/// administrator's.
public enum Caller: Sendable {
    case key(APIKey)
    case adminToken
    /// Someone with a public token, who may see what the key that created the token could see.
    case publicToken(PublicToken)

    /// The modules that the caller is limited to; nil for all.
    var allowedModules: [String]? {
        switch self {
        case .key(let key): key.allowedModules
        case .adminToken: nil
        case .publicToken(let token): token.allowedModules
        }
    }

    /// - Throws: 403 for a module that the caller may not use.
    func check(_ module: String) throws {
        guard allowedModules?.contains(module) == false else { return }
        if case .publicToken = self {
            throw ServiceError(
                status: 403, code: "key_modules",
                message: "This link is not allowed to show module '\(module)': the key that created it was not allowed to read it.")
        }
        throw Directory.forbidden(module)
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
    public let caller: Caller

    public var store: ModuleStore { services.store(of: module) }
    public var tasks: TaskQueue { services.tasks(of: module) }
    public var schedules: Schedules { services.schedules(of: module) }

    /// The key that was used; nil for the admin token and for a public token.
    public var key: APIKey? { if case .key(let key) = caller { key } else { nil } }

    // Internal, so only the gate, which is in this target, can create a request.
    init(request: IncomingRequest, services: Services, bodySchema: Schema?, module: String?, project: Project, caller: Caller) {
        self.request = request
        self.services = services
        self.bodySchema = bodySchema
        self.module = module
        self.project = project
        self.caller = caller
    }

    /// Checks access to another module whose facts or definitions the request needs.
    /// - Throws: 403 if the project's settings or the caller's key don't permit this access.
    public func require(module: String, _ access: AccessMode = .read) throws { try directory.checkModule(module, access, project, caller) }

    /// The modules that the caller is limited to; nil for all. Save this limit with anything that later runs without the caller's key, such
    /// as a `PublicToken`.
    public var allowedModules: [String]? { caller.allowedModules }

    /// Checks that the caller may use `module`, whether or not the module is on. For definitions that others will see: callers must not
    /// save what they may not read themselves.
    /// - Throws: 403 if the caller is limited to other modules.
    public func requireKey(toUse module: String) throws {
        try caller.check(module)
    }

    /// Checks that the caller is an administrator. Call this if `parameter` asks for more than the route's scope permits.
    /// - Throws: 403 unless the caller is the administrator or a key with the `admin` scope.
    public func requireAdmin(for parameter: String) throws {
        let isAdmin =
            switch caller {
            case .key(let key): key.has(.admin)
            case .adminToken: true
            case .publicToken: false
            }
        guard isAdmin else {
            throw ServiceError(
                status: 403, code: "missing_scope", message: "API key does not have the required 'admin' scope for '\(parameter)'.")
        }
    }

    /// The caller's name in the audit log: `key <id>`, `admin token`, or the holder of the public token.
    public var actor: String {
        switch caller {
        case .key(let key): "key \(key.id)"
        case .adminToken: "admin token"
        case .publicToken(let token): token.holder
        }
    }

    /// The body, validated against the route's schema.
    /// - Throws: 400 that names the invalid field; 413 if the body is too large.
    public func body() async throws -> JSON { try await body(bodySchema) }

    /// A copy of this request whose scopes log the statements that they run, and the log.
    func logged() -> (call: ProjectRequest, log: StatementLog) {
        var services = services
        let log = StatementLog(services.reports)
        services.reports = log
        return (
            ProjectRequest(request: request, services: services, bodySchema: bodySchema, module: module, project: project, caller: caller),
            log
        )
    }
}

/// A request for the whole installation, made with the admin token.
public struct InstallationRequest: GatedRequest {
    public let request: IncomingRequest
    public let services: Services
    private let bodySchema: Schema?
    private let module: String?

    init(request: IncomingRequest, services: Services, bodySchema: Schema?, module: String?) {
        self.request = request
        self.services = services
        self.bodySchema = bodySchema
        self.module = module
    }

    public var store: ModuleStore { services.store(of: module) }
    public var tasks: TaskQueue { services.tasks(of: module) }
    public var schedules: Schedules { services.schedules(of: module) }

    /// The caller's name in the audit log.
    public var actor: String { "admin token" }
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
    public var tasks: TaskQueue { services.tasks(of: module) }
    public var schedules: Schedules { services.schedules(of: module) }
}
