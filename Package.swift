// swift-tools-version:6.2
import Foundation
import PackageDescription

/// The folders in `Modules/`: each is a target (`Modules/Funnels` is `FunnelsModule`), with tests in `Tests/FunnelsModuleTests`. The modules of the
/// `pulse` program are listed in `Host/AllModules/AllModules.swift`.
let modules = ((try? FileManager.default.contentsOfDirectory(atPath: "\(Context.packageDirectory)/Modules")) ?? []).filter { folder in
    FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/Modules/\(folder)/\(folder)Module.swift")
}.sorted()

/// Other modules that tests of a module load, because they ask about its facts through them.
let neighbours = [
    "Cohorts": ["Identity", "Revenue", "Segments"],
    "Dashboards": ["ErrorTracking", "Identity", "Revenue", "Segments", "Utm"],
    "Funnels": ["Identity", "Revenue", "Segments"],
    "Goals": ["Identity", "Revenue", "Segments"],
    "Identity": ["Revenue"],
    "Paths": ["Identity", "Revenue"],
    "Retention": ["Identity", "Revenue", "Segments"],
    "Revenue": ["Identity", "Segments"],
    "Segments": ["BI", "Funnels", "Identity", "Revenue"],
    "Traffic": ["Goals", "Identity", "Logs", "Paths", "Revenue", "Scroll", "Search", "Segments"],
    "Utm": ["Identity", "Revenue", "Segments"],
]

/// What every target is compiled with.
let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let coreMetrics = Target.Dependency.product(name: "CoreMetrics", package: "swift-metrics")
let instrumentation = Target.Dependency.product(name: "Instrumentation", package: "swift-distributed-tracing")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

/// Core's targets, each with those that it is made from.
var parts: [String: [String]] = [:]

/// The named targets of Core and all that they are made from: SwiftPM builds a target anew when one changes that it names itself, and knows
/// nothing of those behind it, on whose layout it relies as well.
@MainActor func from(_ names: String...) -> [Target.Dependency] {
    Set(names.flatMap { [$0] + (parts[$0] ?? []) }).sorted().map { .byName(name: $0) }
}

@MainActor func core(_ name: String, _ path: String, from names: [String] = [], _ dependencies: [Target.Dependency] = []) -> Target {
    parts[name] = Set(names.flatMap { [$0] + (parts[$0] ?? []) }).sorted()
    return .target(
        name: name, dependencies: parts[name]!.map { .byName(name: $0) } + dependencies, path: "Core/\(path)", swiftSettings: settings)
}

/// What the benchmarks run beside Swift code.
let benchmarkScripts = ((try? FileManager.default.contentsOfDirectory(atPath: "\(Context.packageDirectory)/Tests/Benchmarks")) ?? [])
    .filter { !$0.hasSuffix(".swift") }

func library(_ name: String) -> Target { .systemLibrary(name: name, path: "Core/Libraries/\(name)") }

func test(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)", swiftSettings: settings)
}

var targets: [Target] = [
    // C libraries.
    library("CLinux"), library("CZlib"), library("CLibPQ"), library("CHiredis"), library("CMaxMind"),
    .target(
        name: "CSimdJSON", path: "Core/Libraries/CSimdJSON",
        linkerSettings: [.linkedLibrary("simdjson")]
    ),

    // Embeds the files that are served to browsers.
    .executableTarget(name: "embed-files", path: "Core/Embedding/Tool", swiftSettings: settings),
    .plugin(name: "EmbedFiles", capability: .buildTool(), dependencies: ["embed-files"], path: "Core/Embedding/Plugin"),

    // Core, from the ground up.
    core("Common", "Common", ["CLinux", "CSimdJSON", "CZlib", crypto]),
    core("Storage", "Storage", from: ["Common"], [log]),
    core("Coordination", "Coordination", from: ["Common"]),
    core("Enrichment", "Enrichment", ["CMaxMind"]),
    core("Settings", "Settings", from: ["Common", "Enrichment"], [yams]),
    core("Questions", "Questions", from: ["Storage"]),
    core("Blobs", "Blobs", from: ["Storage"], [nio]),
    core("Jobs", "Jobs", from: ["Coordination", "Storage"], [log, metrics, lifecycle]),
    core("Access", "Access", from: ["Questions", "Coordination", "Blobs", "Jobs"], [httpTypes, nio, nioFoundation, log]),
    core("Definitions", "Definitions", from: ["Access"], [httpTypes]),
    core("Ingest", "Ingest", from: ["Definitions", "Enrichment"], ["CZlib", crypto, httpTypes, nio, log, metrics, lifecycle]),
    core(
        "Operations", "Operations", from: ["Access"],
        [log, metrics, coreMetrics, tracing, instrumentation, httpClient, nio, nioHTTP1, httpTypes, lifecycle]),
    core("Platform", "Platform", from: ["Ingest", "Jobs", "Settings"], [lifecycle, log]),
    core("Core", "Umbrella", from: ["Platform"], [httpTypes]),

    // Engines, linked by Host alone.
    .target(
        name: "CDuckDB", path: "Core/Libraries/CDuckDB",
        // The symbols that DuckDB's library looks for in the process must be visible to it. Swift's own lld takes a third of the time of gold.
        linkerSettings: [.unsafeFlags(["-use-ld=lld", "-Xlinker", "--export-dynamic"])]
    ),
    core("DuckDBEngine", "Engines/DuckDB", from: ["Storage"], ["CDuckDB", log]),
    core("SQLiteEngine", "Engines/SQLite", from: ["Storage"], [grdb]),
    core("PostgreSQLEngine", "Engines/PostgreSQL", from: ["Storage"], ["CLibPQ", log]),
    core("FolderEngine", "Engines/Folder", from: ["Blobs"], [nio, crypto]),
    core("S3Engine", "Engines/S3", from: ["Blobs"], [httpClient, nio, nioHTTP1, crypto, log]),
    core("RedisEngine", "Engines/Redis", from: ["Coordination"], ["CHiredis", log]),

    .target(
        name: "Host",
        dependencies: from(
            "Core", "Operations", "SQLiteEngine", "DuckDBEngine", "PostgreSQLEngine", "RedisEngine", "FolderEngine", "S3Engine") + [
                hummingbird, hummingbirdCore, httpClient, arguments, metrics, tracing, instrumentation, log, lifecycle, unixSignals,
                httpTypes,
                nio, nioHTTP1, nioHTTPTypes, crypto,
            ],
        path: "Host", exclude: ["AllModules", "Pulse", "Dashboard/web"], swiftSettings: settings, plugins: ["EmbedFiles"]
    ),
    .target(
        name: "AllModules", dependencies: from("Core") + ["Host"] + modules.map { .byName(name: "\($0)Module") }, path: "Host/AllModules",
        swiftSettings: settings
    ),
    .target(
        name: "TestSupport",
        dependencies: from("Core") + ["Host", "TrafficModule", hummingbird, log, nio, nioHTTP1, nioPosix, hummingbirdTesting],
        path: "Tests/TestSupport",
        swiftSettings: settings
    ),
    .executableTarget(
        name: "pulse-bench",
        dependencies: from("Core", "DuckDBEngine", "PostgreSQLEngine", "SQLiteEngine") + [
            "Host", log, hummingbird, httpClient, arguments, nio, nioPosix, nioHTTP1,
        ],
        path: "Tests/Benchmarks",
        exclude: benchmarkScripts, swiftSettings: settings
    ),
    .executableTarget(name: "pulse", dependencies: ["AllModules", "Host"], path: "Host/Pulse", swiftSettings: settings),
]

/// The target of the module in the folder `path`, and that of its tests.
@MainActor func module(_ name: String, in path: String) -> [Target] {
    // `EmbedFiles` embeds the first two; the others are for tests and readers.
    let others = ["Script", "Web", "README.md", "samples.json"].filter {
        FileManager.default.fileExists(atPath: "\(Context.packageDirectory)/\(path)/\($0)")
    }
    let loaded = [name] + (neighbours[name] ?? [])
    return [
        .target(
            name: "\(name)Module", dependencies: from("Core") + [nio], path: path, exclude: others,
            swiftSettings: settings, plugins: ["EmbedFiles"]
        ),
        test(
            "\(name)ModuleTests",
            from("Core") + ["Host", crypto] + (["BI", "Traffic"].contains(name) ? ["AllModules"] : [])
                + loaded.map { .byName(name: "\($0)Module") }),
    ]
}

targets += modules.flatMap { module($0, in: "Modules/\($0)") }
// The example of docs/writing-a-module.md.
targets += module("Guestbook", in: "Tests/Guestbook")

targets += [
    test("CommonTests", ["Common"]),
    test("StorageTests", from("SQLiteEngine", "DuckDBEngine", "PostgreSQLEngine") + [log]),
    test("QuestionsTests", from("Core") + ["Host"]),
    test(
        "BlobTests",
        from("Core", "SQLiteEngine", "PostgreSQLEngine", "FolderEngine", "S3Engine") + ["Host", "TrafficModule", log, nio, nioHTTP1]),
    test("CoordinationTests", from("RedisEngine") + [log]),
    test("JobsTests", from("Core", "SQLiteEngine", "PostgreSQLEngine") + ["Host", log, metrics]),
    test("SettingsTests", from("Settings")),
    test("EnrichmentTests", ["Enrichment"]),
    test("AccessTests", from("Core") + ["AllModules", "Host"]),
    test("DefinitionsTests", from("Core") + ["AllModules", "Host"]),
    test(
        "OperationsTests",
        from("Operations") + [
            httpClient, nioHTTP1, log, metrics, coreMetrics, tracing, instrumentation, httpTypes, nio, lifecycle,
        ]),
    test("IngestTests", from("Core") + ["AllModules", "Host", log, metrics, nio]),
    test("HostTests", from("Core") + ["AllModules", "Host", httpClient, nio]),
    test(
        "EndToEndTests",
        from("Core", "Operations") + ["AllModules", "Host", "TrafficModule", httpClient, nio, nioHTTP1, hummingbirdTesting]),
]

let package = Package(
    name: "pulse",
    products: [.executable(name: "pulse", targets: ["pulse"]), .executable(name: "pulse-bench", targets: ["pulse-bench"])],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird.git", exact: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio.git", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras.git", exact: "1.35.2"),
        .package(url: "https://github.com/apple/swift-http-types.git", exact: "1.8.0"),
        .package(url: "https://github.com/swift-server/async-http-client.git", exact: "1.37.0"),
        .package(url: "https://github.com/groue/GRDB.swift.git", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams.git", exact: "6.2.2"),
        .package(url: "https://github.com/apple/swift-crypto.git", exact: "4.5.2"),
        .package(url: "https://github.com/apple/swift-argument-parser.git", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log.git", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics.git", exact: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing.git", exact: "1.7.3"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", exact: "2.13.0"),
    ],
    targets: targets,
    cxxLanguageStandard: .cxx17
)
