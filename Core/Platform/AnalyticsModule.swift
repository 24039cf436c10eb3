import Access
import Ingest
import Jobs
import ServiceLifecycle
import Settings
import Storage

/// A feature of Pulse: a manifest, and lists of what it adds. The host loads it, and asks in this order:
///
/// 1. `init(setup)`: reads settings, touches nothing else; what it throws stops the start with the others' errors.
/// 2. `migrations`, `factTables`: applied before anything runs.
/// 3. `routes`, `collectors`, `extensions`, `datasets`, `dimensions`, `reports`, `pages`: served behind the gate; the module checks no access of its own.
/// 4. `jobs`, `services`: started with the host, stopped with it.
public protocol AnalyticsModule: Sendable {
    static var manifest: ModuleManifest { get }
    init(_ setup: ModuleSetup) throws

    /// History of the module's tables in both planes, append only.
    var migrations: [Migration] { get }
    /// Tables of the event plane that its collectors write. Their common columns make export and erasure complete.
    var factTables: [FactTable] { get }
    var routes: [Route] { get }
    var collectors: [Collector] { get }
    /// Fields that it adds to payload types of other modules.
    var extensions: [CollectorExtension] { get }
    /// Facts that BI, exports, segments and dashboards may read.
    var datasets: [Dataset] { get }
    /// What all reports can be filtered by beside the columns of activity.
    var dimensions: [SessionDimension] { get }
    /// Reports that can be asked for by name: saved, embedded, exported.
    var reports: [NamedReport] { get }
    /// Facts that are shown on `/api/v1/stream` as they arrive.
    var liveTables: [LiveTable] { get }
    /// What the dashboard shows of the module, in the order of its navigation.
    var pages: [Page] { get }
    var jobs: [Job] { get }
    var services: [any Service] { get }
}

extension AnalyticsModule {
    public var migrations: [Migration] { [] }
    public var factTables: [FactTable] { [] }
    public var routes: [Route] { [] }
    public var collectors: [Collector] { [] }
    public var extensions: [CollectorExtension] { [] }
    public var datasets: [Dataset] { [] }
    public var dimensions: [SessionDimension] { [] }
    public var reports: [NamedReport] { [] }
    public var liveTables: [LiveTable] { [] }
    public var pages: [Page] { [] }
    public var jobs: [Job] { [] }
    public var services: [any Service] { [] }
    public var name: String { Self.manifest.name }
}

/// What a module is made from.
public struct ModuleSetup: Sendable {
    /// The module's block under `modules.settings` in the configuration; empty when there is none.
    public let settings: RawSettings

    public init(settings: RawSettings = .empty) { self.settings = settings }
}

/// Facts that other parts of Pulse may read by name.
public struct Dataset: Sendable {
    public let name: String
    public let summary: String
    /// Columns that may be named, with what each means.
    public let columns: [(name: String, summary: String)]
    /// Those of the columns that hold whole millionths; who reads the dataset by name is told units, and so are the summaries.
    public let millionths: Set<String>

    public init(_ name: String, _ summary: String, columns: [(name: String, summary: String)], millionths: Set<String> = []) {
        self.name = name
        self.summary = summary
        self.columns = columns
        self.millionths = millionths
    }
}
