import Access
import Ingest
import Jobs
@_spi(Host) import Questions
import ServiceLifecycle
import Settings
import Storage

/// A feature of Pulse: a manifest, and lists of what the feature adds. The host loads a module in this order:
///
/// 1. `init(setup)`: reads the module's settings and does nothing else. An error here keeps Pulse from starting; the host reports the
///    errors of all modules together.
/// 2. `migrations`, `factTables`: applied before anything runs.
/// 3. `routes`, `collectors`, `extensions`, `ingestSteps`, `datasets`, `dimensions`, `reports`, `definitionKinds`, `pages`: served behind the
///    gate, so the module doesn't check access itself.
/// 4. `tasks`, `schedules`, `jobs`, `services`: work without a request, started and stopped with the host. A `ModuleContext` gives it what a
///    request gives to a handler.
public protocol AnalyticsModule: Sendable {
    /// The module's name, category and summaries.
    static var manifest: ModuleManifest { get }
    /// Features of the tracking script that send what the module collects. The property is static because a host that doesn't load the
    /// module must still know its features: it serves empty scripts for them.
    static var scriptFeatures: [ScriptFeature] { get }
    /// Reads the module's settings.
    /// - Throws: an error if the settings are invalid.
    init(_ setup: ModuleSetup) throws

    /// The migrations of the module's tables in both planes, oldest first. Only ever append to this list.
    var migrations: [Migration] { get }
    /// The module's tables in the event plane, which its collectors write. All fact tables share a few columns, so export and erasure work
    /// on every table.
    var factTables: [FactTable] { get }
    /// The module's API endpoints.
    var routes: [Route] { get }
    /// The API surface that the module brings; its `routes` are the surface's. Only for modules of the category `surface`.
    var surface: (any Surface)? { get }
    /// The payload types that the module collects.
    var collectors: [Collector] { get }
    /// Fields that the module adds to the payload types of other modules.
    var extensions: [CollectorExtension] { get }
    /// Steps that every event of a project passes before it is stored, if the module is on there.
    var ingestSteps: [IngestStep] { get }
    /// The module's facts that BI, exports, segments and dashboards may read by name.
    var datasets: [Dataset] { get }
    /// Dimensions that the module adds to the filters of all reports. The columns of activity are always available as dimensions.
    var dimensions: [SessionDimension] { get }
    /// The module's reports that can be saved, embedded and exported by name.
    var reports: [NamedReport] { get }
    /// The module's kinds of definitions that definitions of other modules may refer to by id, as an embed refers to a report.
    var definitionKinds: [DefinitionKind] { get }
    /// Fact tables whose new rows `/api/v1/stream` sends as they arrive.
    var liveTables: [LiveTable] { get }
    /// The module's pages in the dashboard, in navigation order.
    var pages: [DashboardPage] { get }
    /// The texts of the module's pages: for each language, the contents of `Web/<language>.js`. English is required if the module has
    /// pages. Scripts look texts up under the module's name: `t('funnels.new')`.
    var texts: [String: [UInt8]] { get }
    /// The kinds of the module's durable tasks: work that one host does, now or later, and that survives a crash.
    func tasks(_ context: ModuleContext) -> [TaskKind]
    /// When the module's tasks are enqueued without anybody asking.
    var schedules: [Schedule] { get }
    /// Upkeep that every host repeats, such as of what the module has in memory.
    func jobs(_ context: ModuleContext) -> [Job]
    /// The module's long-running services, which run as long as the host does.
    func services(_ context: ModuleContext) -> [any Service]
}

/// Defaults: every list is empty.
extension AnalyticsModule {
    public static var scriptFeatures: [ScriptFeature] { [] }
    public var migrations: [Migration] { [] }
    public var factTables: [FactTable] { [] }
    public var routes: [Route] { [] }
    public var surface: (any Surface)? { nil }
    public var collectors: [Collector] { [] }
    public var extensions: [CollectorExtension] { [] }
    public var ingestSteps: [IngestStep] { [] }
    public var datasets: [Dataset] { [] }
    public var dimensions: [SessionDimension] { [] }
    public var reports: [NamedReport] { [] }
    public var definitionKinds: [DefinitionKind] { [] }
    public var liveTables: [LiveTable] { [] }
    public var pages: [DashboardPage] { [] }
    public var texts: [String: [UInt8]] { [:] }
    public func tasks(_ context: ModuleContext) -> [TaskKind] { [] }
    public var schedules: [Schedule] { [] }
    public func jobs(_ context: ModuleContext) -> [Job] { [] }
    public func services(_ context: ModuleContext) -> [any Service] { [] }
    /// The module's name, from its manifest.
    public var name: String { Self.manifest.name }
}

/// What a module is initialized with.
public struct ModuleSetup: Sendable {
    /// The module's block under `modules.settings` in the configuration; empty if there is none.
    public let settings: RawSettings

    public init(settings: RawSettings = .empty) { self.settings = settings }
}

/// Facts that other parts of Pulse may read by name.
public struct Dataset: Sendable {
    /// The dataset's name, which is the name of the fact table it reads.
    public let name: String
    /// A description of the facts.
    public let summary: String
    /// The columns that may be read, each with a description.
    public let columns: [(name: String, summary: String)]
    /// Names of the columns that are stored as whole millionths. Reads by dataset name return their values in units, as the columns'
    /// summaries say.
    public let millionths: Set<String>

    public init(_ name: String, _ summary: String, columns: [(name: String, summary: String)], millionths: Set<String> = []) {
        self.name = name
        self.summary = summary
        self.columns = columns
        self.millionths = millionths
    }
}
