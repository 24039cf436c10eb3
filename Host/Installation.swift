@_spi(Host) import Access
@_spi(Host) import Blobs
@_spi(Host) import Common
import Coordination
import Core
@_spi(Host) import Enrichment
@_spi(Host) import FolderEngine
import Foundation
import Hummingbird
@_spi(Host) import Ingest
@_spi(Host) import Jobs
import Logging
import Operations
@_spi(Host) import Platform
import PostgreSQLEngine
@_spi(Host) import Questions
import ServiceLifecycle
@_spi(Host) import Settings
@_spi(Host) import Storage
import Synchronization

/// A running installation of Pulse: its stores, collection and reports. All parts are created in this file and nowhere else. Read it
/// from top to bottom to see what depends on what.
public struct Installation: Sendable {
    /// The configuration at startup. `apply` does not change this value.
    let configuration: HostConfiguration
    let engines: Engines
    /// The projects, keys and module switches.
    public let directory: Directory
    let registry: ModuleRegistry
    let storedTables: StoredTables
    let journal: Journal
    let sessions: Sessions
    let identity: VisitorIdentity
    let counters: IngestCounters
    let writer: IngestWriter
    let stream: LiveStream
    let followers: Followers
    let hosts: Hosts
    let otherHosts: OtherHosts
    let gate: Gate
    /// Pulse's own surface.
    let pulse: PulseSurface
    let origins: PulseOrigins
    let telemetry: Telemetry
    let logger: Logger
    let time: any TimeSource
    let adminToken: String
    let dashboard: DashboardSessions
    /// The durable tasks, and what runs them on this host.
    let tasks: TaskStore
    let taskRunner: TaskRunner

    /// Opens the stores, migrates their schema and catches up with the journal.
    /// - Parameters:
    ///   - events: wraps the event store, for tests. Nil to use the store directly.
    ///   - followers: what is driven by the journal.
    /// - Throws: an error that an administrator has to fix, such as an invalid configuration, an unreachable server, or a database
    ///   from a newer version of Pulse.
    static func open(
        _ configuration: HostConfiguration, modules: [any AnalyticsModule], time: any TimeSource = SystemTime(),
        patience: StartupWait = .none, events: ((any EventStore) -> any EventStore)? = nil,
        followers: [any JournalFollower] = [], telemetry: Telemetry, logger: Logger
    ) async throws -> Installation {
        var engines = try await Engines.open(configuration, time: time, logger: logger)
        if let events { engines.events = events(engines.events) }
        do {
            if configuration.storage.databaseURL != nil {
                try await patience.wait(for: "PostgreSQL", logger: logger) {
                    try await engines.control.ping()
                    // Not a ping: with Citus, a host starts while one of the nodes is away.
                    _ = try await engines.events.query("/* host.is_there */ SELECT 1", timeoutSeconds: 5)
                }
            }
            let installation = try assemble(configuration, modules, engines, time, telemetry, logger, followers: followers)
            try await installation.prepare()
            return installation
        } catch {
            await engines.close()
            throw error
        }
    }

    /// Creates all parts without accessing the stores. Opens the journal, and generates the secrets that are not configured.
    static func assemble(
        _ configuration: HostConfiguration, _ modules: [any AnalyticsModule], _ engines: Engines, _ time: any TimeSource,
        _ telemetry: Telemetry, _ logger: Logger, followers: [any JournalFollower] = []
    ) throws -> Installation {
        let folder = DataFolder(configuration.storage.dataFolder)
        let adminToken = try configuration.adminToken?.revealed ?? folder.secret(DataFolder.adminToken, prefix: "padm_")
        let cookieSecret = try configuration.cookieSecret?.revealed ?? folder.secret(DataFolder.cookieSecret, prefix: "pcs_")
        let directory = Directory(
            control: engines.control, coordination: engines.coordination, time: time,
            defaults: ModuleDefaults(modules: modules, settings: configuration.modules))
        let tables = ModuleRegistry.factTables(of: modules)
        let journal = try Journal(
            folder: folder.path("journal"), heading: SegmentHeading(tables), maximumBytes: Int64(configuration.storage.journalMaxMB) << 20)
        let hosts = Hosts(coordination: engines.coordination, id: journal.id, time: time)
        let sessions = Sessions(
            timeoutMinutes: configuration.privacy.sessionTimeoutMinutes, maximumSessions: configuration.limits.liveSessions,
            isShared: { !hosts.isAlone })
        let identity = VisitorIdentity(control: engines.control)
        let counters = IngestCounters(metrics: telemetry.metrics, reasons: modules.flatMap(\.dropReasons))
        let stream = LiveStream(
            tables: tables, shown: modules.flatMap { module in module.liveTables.map { (module.name, $0) } },
            hosts: engines.isAlone ? nil : (hosts, engines.coordination, time))
        let unnamed = try ModuleList.tablesBeforeHeadings(modules)
        var following = Followers.Settings()
        following.maximumBytes = Int64(configuration.storage.journalMaxMB) << 20
        let journalFollowers = Followers(
            followers, journal: journal, events: engines.events, control: engines.control, tables: tables, unnamed: unnamed,
            settings: following, time: time, metrics: telemetry.metrics, logger: logger)
        let writer = IngestWriter(
            journal: journal, events: engines.events, tables: tables, unnamed: unnamed, counters: counters,
            sessionTimeoutMinutes: configuration.privacy.sessionTimeoutMinutes, logger: logger, followers: journalFollowers,
            applied: { rows, duplicates in stream.publish(rows, duplicates) })
        let otherHosts = OtherHosts(hosts: hosts, writer: writer, time: time)
        let reports = Reports(
            events: engines.events, readers: engines.readers, timeoutSeconds: Double(configuration.storage.queryTimeoutSeconds),
            maximumBytes: configuration.limits.reportCacheMB << 20, settle: { try await otherHosts.settle($0) },
            version: { engines.isAlone ? counters.version(of: $0, over: $1) : nil })
        let deferred = Deferred<Collection>()
        let blobs = BlobStore(engines.blobs, control: engines.control, time: time)
        let tasks = TaskStore(control: engines.control, coordination: engines.coordination, time: time)
        let services = Services(
            control: engines.control, directory: directory, time: time, reports: reports, intake: deferred,
            catalog: ReportCatalog(modules.flatMap { module in module.reports.map { (module.name, $0) } }),
            datasets: DatasetCatalog(
                modules.flatMap { module in
                    module.datasets.compactMap { dataset in
                        guard let table = module.factTables.first(where: { $0.name == dataset.name }) else { return nil }
                        let columns = dataset.columns.compactMap { column in table.allColumns.first { $0.name == column.name } }
                        return .init(
                            module: module.name, table: table, columns: columns, summary: dataset.summary,
                            summaries: Dictionary(dataset.columns.map { ($0.name, $0.summary) }) { first, _ in first },
                            millionths: dataset.millionths)
                    }
                }),
            definitions: DefinitionCatalog(modules.flatMap { module in module.definitionKinds.map { (module.name, $0) } }),
            factTables: FactCatalog(
                modules.map { .init(module: $0.name, tables: $0.factTables, reads: type(of: $0).manifest.reads) }),
            payloadTypes: Set(modules.flatMap(\.collectors).map(\.type)),
            scriptFeatures: ModuleList.current.types.flatMap { $0.scriptFeatures },
            dimensions: modules.flatMap { module in module.dimensions.map { (module.name, $0) } },
            limits: .init(bytes: configuration.limits.bodyBytes),
            publicURL: configuration.server.publicURL,
            vault: Vault(secret: cookieSecret), blobs: blobs,
            externalDatabase: ExternalPostgreSQL(),
            controlTables: ControlTables(ModuleRegistry.migrations(of: modules)), tasks: tasks)
        let origins = PulseOrigins(configuration.server)
        let pulse = PulseSurface(limits: .init(configuration.limits), origins: origins)
        let gate = Gate(
            directory: directory, services: services, limiter: RateLimiter(coordination: engines.coordination, time: time),
            administration: Administration(token: adminToken),
            attempts: Attempts("wrong admin tokens from your address", maximum: 100, time: time),
            surfaces: modules.compactMap(\.surface),
            refused: { project, route, code in
                guard route.scope == .ingest, let reason = DropReason.named(code) else { return }
                deferred.value?.refuse(in: project, at: time.now, reason)
            })
        let geoIP = try configuration.privacy.geoipDatabase.map(GeoIP.init(path:))
        let pipeline = EventPipeline(
            collectors: modules.flatMap { module in module.collectors.map { .init(module: module.name, collector: $0) } },
            extensions: modules.flatMap { module in module.extensions.map { .init(module: module.name, fields: $0) } },
            tables: tables,
            // exact: tables are named in our source
            owners: Dictionary(modules.flatMap { module in module.factTables.map { ($0.name, module.name) } }) { first, _ in first },
            steps: IngestSteps(
                modules.flatMap { module in module.ingestSteps.map { (module.name, $0) } }, metrics: telemetry.metrics, logger: logger,
                isOn: { directory.state(of: $0, in: $1).isEnabled }),
            sessions: sessions, identity: identity, geoIP: geoIP,
            gate: { module, project, allowed in try directory.checkCollection(of: module, in: project, allowedModules: allowed) })
        otherHosts.answer { project, visitor in
            counters.changed(project: project)
            pipeline.forget(project: project, visitor: visitor)
        }
        let collection = Collection(
            journal: journal, writer: writer, pipeline: pipeline, counters: counters, time: time,
            maximumEvents: configuration.limits.batchEvents, countCall: { try await gate.count(pulse.ratesOfCollection(in: $0), on: pulse) }
        )
        deferred.set(collection)
        let ledger = Ledger(reports: reports, writer: writer, counters: counters)
        let probes = Probes(
            engines: engines, journal: journal, writer: writer, telemetry: telemetry, time: time,
            showsMetrics: configuration.telemetry.metrics)
        let storedTables = try StoredTables(of: modules, control: engines.control, events: engines.events)
        let administration = AdministrationRoutes(
            eventStore: engines.events, writer: writer, counters: counters, pipeline: pipeline, otherHosts: otherHosts,
            tables: storedTables,
            privacyDefaults: PrivacyRules(configuration.privacy))
        let backups = BackupRoutes(backup: Backup(engines: engines, settle: writer.settle, time: time), folder: folder.path("backups"))
        let dashboard = DashboardSessions(
            secret: cookieSecret, adminToken: adminToken, publicURL: configuration.server.publicURL, time: time,
            isEnded: directory.isEnded(session:))
        let dashboardRoutes = DashboardRoutes(modules: modules, sessions: dashboard, time: time, places: geoIP)
        let description = DescriptionRoutes(modules: modules, configuration: configuration)
        let hostRoutes =
            IngestRoutes(
                collection: collection, ledger: ledger, stream: stream, reasons: modules.flatMap(\.dropReasons),
                mayRead: { module, project, principal in (try? gate.directory.checkModule(module, .read, project, principal)) != nil }
            ).routes
            + (RootRoutes().routes + probes.routes + administration.routes + TaskRoutes(tasks: tasks).routes + backups.routes
            + dashboardRoutes.routes).map { (nil, $0) }
        let registry = try ModuleRegistry(
            modules: modules, hostRoutes: hostRoutes + description.routes(describing: hostRoutes).map { (nil, $0) })
        return Installation(
            configuration: configuration, engines: engines, directory: directory, registry: registry, storedTables: storedTables,
            journal: journal, sessions: sessions, identity: identity, counters: counters, writer: writer, stream: stream,
            followers: journalFollowers, hosts: hosts, otherHosts: otherHosts, gate: gate, pulse: pulse,
            origins: origins, telemetry: telemetry, logger: logger, time: time, adminToken: adminToken,
            dashboard: dashboard, tasks: tasks,
            taskRunner: TaskRunner(tasks, host: Self.hostName, metrics: telemetry.metrics, logger: logger) { task in
                try await gate.admit(task, logger: logger)
            })
    }

    /// The machine's name, by which people recognize the host that runs a task.
    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Prepares the stores: migrates the schema, creates the configured projects, and stores the events that the journal still holds.
    private func prepare() async throws {
        Backup.removeUnfinished(in: DataFolder(configuration.storage.dataFolder).path("backups"))
        if let folder = engines.blobs as? FolderBlobEngine { folder.removeUnfinished(now: time.now) }
        let applied = try await Migrator(engines, modules: registry.migrations).run()
        for migration in applied { logger.debug("migrated", metadata: ["migration": "\(migration)"]) }
        if !applied.isEmpty { logger.info("brought the schema up to date", metadata: ["migrations": "\(applied.count)"]) }
        try await engines.events.arrange()
        try await directory.reload()
        try await noteStrangeFacts()
        try await createConfiguredProjects()
        try await identity.renewSalts(now: time.now)
        try await followers.begin()
        try await catchUp()
        tasks.declare(taskKinds, of: Self.taskOwner)
        for module in registry.modules { tasks.declare(module.tasks(context(module)), of: module.name) }
        try await tasks.declare([(Self.taskOwner, schedules)] + registry.modules.map { ($0.name, $0.schedules) })
    }

    /// Stores what the journal still holds, and learns the sessions that may continue. With a database on several machines, one of which is
    /// away, the host starts all the same: it collects, and goes on with the rest when the machine is back.
    private func catchUp() async throws {
        let isDone = try await writer.recover(mayWait: !engines.isAlone)
        do {
            if isDone { return try await sessions.restore(from: engines.events, now: time.now, isAlone: engines.isAlone) }
        } catch let error as ServiceError where error.status == 503 && !engines.isAlone {
            // Logged by the store.
        }
        sessions.beginWithoutStored(now: time.now)
        logger.warning("a part of the event store is away: events wait in the journal until it is back")
    }

    /// Logs an error if the event store has facts of projects that are missing from the control store, and reserves those projects'
    /// numbers. Reads only the ledger, because every project that has facts is in it.
    private func noteStrangeFacts() async throws {
        let rows = try await engines.events.query(
            "/* host.projects_of_facts */ SELECT DISTINCT project FROM ingest_ledger", timeoutSeconds: 300)
        let strangers = try await directory.note(numbersOfFacts: Set(rows.map { Int32($0.int("project")) }))
        guard !strangers.isEmpty else { return }
        logger.error(
            "the event store has facts of projects that the control store lacks: the control store was lost or replaced by an older copy. Restore a backup of both",
            metadata: ["project.numbers": "\(strangers.prefix(20).map(String.init).joined(separator: ", "))"])
    }

    private func createConfiguredProjects() async throws {
        let existing = directory.projects
        for wanted in configuration.projects where !existing.contains(where: { $0.name.isExactly(wanted.name) }) {
            let project = try await directory.createProject(
                name: wanted.name, domain: wanted.domain, privacy: PrivacyRules(configuration.privacy), by: "configuration")
            let changes = wanted.modules.sorted { $0.key < $1.key }.map { module, level in
                Directory.ModuleChange(module: module, isEnabled: level != .off, access: AccessLevel(rawValue: level.rawValue))
            }
            if !changes.isEmpty { try await directory.setModules(changes, in: project, by: "configuration") }
        }
    }

    // MARK: Serving

    /// The HTTP server and the services that run with it. They start and stop together.
    public func application() throws -> some ApplicationProtocol {
        try application(limits: connectionLimits)
    }

    var frontDoor: FrontDoor {
        Server(
            gate: gate, pulse: pulse, publicURL: configuration.server.publicURL, trustedProxies: configuration.server.trustedProxies,
            telemetry: telemetry, dashboard: dashboard
        ).responder(for: registry)
    }

    var connectionLimits: ConnectionLimits {
        ConnectionLimits(configuration.server, queryTimeoutSeconds: configuration.storage.queryTimeoutSeconds, descriptors: OpenFiles.limit)
    }

    func application(limits: ConnectionLimits) throws -> some ApplicationProtocol {
        let connections = OpenConnections(limits, metrics: telemetry.metrics, logger: logger)
        let door = frontDoor
        return Application(
            responder: door, server: GuardedChannel.builder(connections, door, logger),
            configuration: ApplicationConfiguration(
                address: .hostname(configuration.server.host, port: configuration.server.port), serverName: nil,
                availableConnectionsDelegate: OpenConnections.Admission(connections)),
            services: services,
            onServerRunning: { channel in
                engines.lock.announce(channel.localAddress)
                logger.info("ready", metadata: ["address": "\(channel.localAddress.map(String.init(describing:)) ?? "")"])
            }, logger: logger)
    }

    var services: [any Service] {
        let runner = JobRunner(jobs: jobs, logger: logger)
        let own = telemetry.services + [Following(installation: self), HostLink(installation: self), followers, writer, runner, taskRunner]
        return (own + registry.modules.flatMap { $0.services(context($0)) }).map(NamedService.init)
    }

    /// A service that ends live streams at shutdown. It must stop before the server, because the server waits for every response
    /// to end.
    var streamShutdown: some Service { StreamShutdown(stream: stream) }

    private var jobs: [Job] {
        [
            Job("sessions", everySeconds: 60) { sessions.sweep(now: time.now) },
            Job("salts", everySeconds: 3_600) { try await identity.renewSalts(now: time.now) },
            Job("directory", everySeconds: 1) { try await directory.poll() },
            Job("key_use", everySeconds: 60) { try await directory.flushLastUse() },
            Job("streams", everySeconds: 15) { await stream.keepAlive() },
            Job("long_answers", everySeconds: 1) { gate.longAnswers.sweep() },
        ] + registry.modules.flatMap { $0.jobs(context($0)) }
    }

    private func context(_ module: any AnalyticsModule) -> ModuleContext {
        ModuleContext(module.name, gate: gate, surface: pulse, logger: logger)
    }

    /// The name before those of the host's own tasks.
    private static let taskOwner = "pulse"

    private var taskKinds: [TaskKind] {
        [
            TaskKind("retention", "Deletes data that is older than the configured retention periods.") { [retention, time] _ in
                try await retention.run(now: time.now)
            },
            TaskKind("blobs", "Removes blobs that nothing refers to.") { [engines, time] _ in
                try await BlobStore(engines.blobs, control: engines.control, time: time).sweep()
            },
            TaskKind("task_history", "Forgets tasks that ended long ago.") { [tasks] _ in try await tasks.forget() },
        ]
    }

    private var schedules: [Schedule] {
        [
            Schedule("retention", .hourly()), Schedule("blobs", .every(seconds: 21_600)),
            Schedule("task_history", .daily(at: TimeOfDay(3))),
        ]
    }

    var retention: Retention {
        Retention(
            settings: configuration.retention, engines: engines, tables: storedTables, counters: counters, writer: writer,
            projects: { directory.projects })
    }

    /// Saves when keys were last used, and closes the journal and the stores. Call it after the application has ended.
    public func close() async {
        try? await directory.flushLastUse()
        tasks.close()
        journal.close()
        await engines.close()
    }

    /// Applies the settings that can change while serving: rate limits, origins and the log level.
    @_spi(Host) public func apply(_ configuration: HostConfiguration) {
        pulse.set(.init(configuration.limits))
        origins.set(configuration.server)
        telemetry.setLevel(configuration.telemetry.logLevel)
    }
}

/// A value that is set once, after creation. Used where two parts refer to each other.
private final class Deferred<Value: Sendable>: Sendable {
    private let box = Mutex<Value?>(nil)
    var value: Value? { box.withLock { $0 } }
    func set(_ value: Value) { box.withLock { $0 = value } }
}

extension Deferred<Collection>: EventIntake {
    private var collection: Collection {
        guard let value else { preconditionFailure("no request is served before the collection exists") }
        return value
    }

    func collect(_ events: [IncomingEvent], for sender: EventSender, _ options: CollectOptions) async throws -> [EventOutcome] {
        try await collection.collect(events, for: sender, options)
    }

    func record(_ facts: [Fact], about visitor: String, at instant: Instant, id: String?, for sender: EventSender) async throws {
        try await collection.record(facts, about: visitor, at: instant, id: id, for: sender)
    }
}

/// Names a service by its type in the log. Otherwise the log prints everything that the service holds, down to each route.
private struct NamedService: Service, CustomStringConvertible {
    let base: any Service
    var description: String { "\(type(of: base))" }

    func run() async throws { try await base.run() }
}

/// Keeps the directory in sync with changes by other hosts.
private struct Following: Service {
    let installation: Installation

    func run() async throws {
        await cancelWhenGracefulShutdown { await installation.directory.follow(logger: installation.logger) }
    }
}

/// Connects this host with the installation's other hosts: carries questions and live events between them.
private struct HostLink: Service {
    let installation: Installation

    func run() async throws {
        guard !installation.engines.isAlone else {
            try? await gracefulShutdown()
            return
        }
        await cancelWhenGracefulShutdown {
            guard let id = await name() else { return }
            await withTaskGroup { group in
                group.addTask { await installation.hosts.run(installation: id, about: installation.otherHosts.about) }
                group.addTask { await installation.stream.run(installation: id) }
            }
        }
    }

    /// The installation's id, as soon as the control store can tell it.
    private func name() async -> String? {
        while !Task.isCancelled {
            do { return try await InstallationID.read(from: installation.engines.control) } catch {
                installation.logger.warning("the installation's id could not be read", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(5))
            }
        }
        return nil
    }
}

/// Ends live streams when the host is asked to stop. Otherwise the host would wait for them.
private struct StreamShutdown: Service {
    let stream: LiveStream

    func run() async throws {
        try await gracefulShutdown()
        stream.close()
    }
}

extension ModuleDefaults {
    init(modules: [any AnalyticsModule], settings: ModulesSettings) {
        let names = modules.map(\.name)
        // The switch of a surface is in the configuration. Projects begin with all of it.
        let surfaces = modules.filter { $0.surface != nil }.map(\.name)
        self.init(
            modules: names,
            states: Dictionary(
                // exact: module names come from our own source
                uniqueKeysWithValues: names.map { name in
                    let level = surfaces.contains(name) ? .all : settings.level(of: name)
                    return (name, ModuleState(isEnabled: level != .off, access: AccessLevel(rawValue: level.rawValue) ?? .read))
                }))
    }
}

extension PrivacyRules {
    init(_ settings: PrivacySettings) {
        self.init()
        anonymizeIP = settings.anonymizeIP
        respectDNT = settings.respectDNT
        botFiltering = settings.botFiltering
        consentRequired = settings.consentRequired
        allowedConsentModes = settings.allowedConsentModes
        blockedUserAgents = settings.blockedUserAgents
    }
}

extension PulseSurface.Limits {
    init(_ settings: LimitSettings) {
        self.init(
            ingestPerSecond: settings.ingestPerSecond, queryPerSecond: settings.queryPerSecond, adminPerSecond: settings.adminPerSecond)
    }
}
