import Access
import Ingest
import Jobs
@_spi(Host) import Questions
import ServiceLifecycle
import Settings
import Storage

/// A feature of Pulse: a manifest, and lists of what it adds. The host loads it and uses it in this order:
///
/// 1. `init(setup)`: reads settings and touches nothing else; its errors keep Pulse from starting, and are
///    reported together with those of other modules.
/// 2. `migrations`, `factTables`: applied before anything runs.
/// 3. `routes`, `collectors`, `extensions`, `datasets`, `dimensions`, `reports`, `pages`: served behind the gate; the module checks
///    no access itself.
/// 4. `jobs`, `services`: started with the host, stopped with it.
public protocol AnalyticsModule: Sendable {
    /// The module's name, category and summaries.
    static var manifest: ModuleManifest { get }
    /// Reads the module's settings.
    /// - Throws: an error for settings that are invalid.
    /// Features of the tracking script that send what the module collects. Static, so that a host that doesn't load the module still knows
    /// the feature, and serves an empty one.
    static var scriptFeatures: [ScriptFeature] { get }
    init(_ setup: ModuleSetup) throws

    /// History of the module's tables in both planes, append only.
    var migrations: [Migration] { get }
    /// Tables of the event plane that its collectors write. Their common columns let export and erasure cover all facts.
    var factTables: [FactTable] { get }
    /// Endpoints of its API.
    var routes: [Route] { get }
    /// Payload types that it collects.
    var collectors: [Collector] { get }
    /// Fields that it adds to the payload types of other modules.
    var extensions: [CollectorExtension] { get }
    /// Facts that BI, exports, segments and dashboards may read.
    var datasets: [Dataset] { get }
    /// Dimensions that all reports can filter by, besides the columns of activity.
    var dimensions: [SessionDimension] { get }
    /// Reports that can be run by name: saved, embedded, exported.
    var reports: [NamedReport] { get }
    /// Facts that `/api/v1/stream` shows as they arrive.
    var liveTables: [LiveTable] { get }
    /// The module's pages in the dashboard, in navigation order.
    var pages: [DashboardPage] { get }
    /// The words of its pages: by language the contents of `Web/<language>.js`. English is required if there are pages. Scripts read them
    /// under the module's name: `t('funnels.new')`.
    var texts: [String: [UInt8]] { get }
    /// Recurring work.
    var jobs: [Job] { get }
    /// Work that runs as long as the host.
    var services: [any Service] { get }
}

/// Every list is empty by default.
extension AnalyticsModule {
    public static var scriptFeatures: [ScriptFeature] { [] }
    public var migrations: [Migration] { [] }
    public var factTables: [FactTable] { [] }
    public var routes: [Route] { [] }
    public var collectors: [Collector] { [] }
    public var extensions: [CollectorExtension] { [] }
    public var datasets: [Dataset] { [] }
    public var dimensions: [SessionDimension] { [] }
    public var reports: [NamedReport] { [] }
    public var liveTables: [LiveTable] { [] }
    public var pages: [DashboardPage] { [] }
    public var texts: [String: [UInt8]] { [:] }
    public var jobs: [Job] { [] }
    public var services: [any Service] { [] }
    /// The name in its manifest.
    public var name: String { Self.manifest.name }
}

/// The input that a module is initialized from.
public struct ModuleSetup: Sendable {
    /// The module's block under `modules.settings` in the configuration; empty when there is none.
    public let settings: RawSettings

    public init(settings: RawSettings = .empty) { self.settings = settings }
}

/// Facts that other parts of Pulse may read by name.
public struct Dataset: Sendable {
    /// Its name, which is that of the fact table it reads.
    public let name: String
    /// What the facts are.
    public let summary: String
    /// The columns that may be read, each with its meaning.
    public let columns: [(name: String, summary: String)]
    /// The columns that store whole millionths. Whoever reads the dataset by name gets units instead; the summaries describe those.
    public let millionths: Set<String>

    public init(_ name: String, _ summary: String, columns: [(name: String, summary: String)], millionths: Set<String> = []) {
        self.name = name
        self.summary = summary
        self.columns = columns
        self.millionths = millionths
    }
}
