import ArgumentParser
import Foundation

/// `pulse-bench`: runs everything in one go, so every ratio compares numbers from the same machine at the same time.
@main
struct PulseBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pulse-bench", abstract: "Measure Pulse and write docs/benchmarks.md.",
        subcommands: [RunCommand.self, BareCommand.self, DataCommand.self], defaultSubcommand: RunCommand.self)
}

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "run", abstract: "Run the benchmarks.")

    @Option(help: "Number of events in the reference data set.") var events = 10_000_000
    @Option(help: "Repetitions of each measurement. The median is reported.") var repetitions = 5
    @Option(help: "Seconds of load in each measurement of single events. The import runs six times as long.") var seconds = 5
    @Option(help: "Number of errors in the data set of errors and logs. It has as many log entries.") var facts = 1_000_000
    @Option(help: "Number of projects in the installation with very many of them. Each has three keys.") var projects = 100_000
    @Option(help: "URL of an empty PostgreSQL database for the part `directory`. Default: embedded storage.") var database: String?
    @Option(
        help:
            "Parts to run, separated by commas: single, batch, import, reports, facts, directory. analyses is a subset of reports. servers needs PostgreSQL and takes most of an hour."
    )
    var only = "single,batch,import,reports,facts,directory"
    @Option(help: "Folder for the data sets.") var folder = ".build/bench-data"
    @Option(help: "Path of the `pulse` program. Default: the one next to this program.") var pulse: String?

    func run() async throws {
        let parts = Set(only.split(separator: ",").map(String.init))
        let program = pulse ?? Files.besideThisProgram("pulse")
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw BenchError("\(program) does not exist; `make bench` builds it")
        }
        let begun = ContinuousClock.now
        var report = Report(events: events, facts: facts)
        var bare: Double?
        if parts.contains("single") {
            let single = try await SingleIngest(program: program, seconds: seconds, rounds: min(repetitions, 3)).run()
            report.add(single.findings)
            bare = single.bare
        }
        if parts.contains("batch") {
            let batches = BatchIngest(program: program, events: min(200_000, events), repetitions: min(repetitions, 3), bare: bare)
            report.add(try await batches.run())
        }
        if parts.contains("import") { report.add(try await ImportTimes(program: program, seconds: seconds * 6).run()) }
        if parts.contains("reports") || parts.contains("analyses") {
            let data = ReferenceData(program: program, folder: folder, events: events)
            let loaded = try await data.prepare()
            report.add(
                try await ReportTimes(data: data, loaded: loaded, repetitions: repetitions).run(analysesAlone: !parts.contains("reports")))
        }
        if parts.contains("facts") {
            report.add(try await FactTimes(program: program, folder: folder, facts: facts, repetitions: repetitions).run())
        }
        if parts.contains("directory") {
            report.add(try await DirectoryTimes(program: program, projects: projects, database: database).run())
        }
        if parts.contains("servers") {
            let data = ReferenceData(program: program, folder: folder, events: events)
            report.add(try await ServerTimes(data: data, repetitions: min(repetitions, 3)).run())
        }
        report.took = begun.duration(to: .now)
        // Partial runs are for trying things out; the page shows complete runs.
        try report.finish(
            writesPage: parts.isSuperset(of: ["single", "batch", "import", "reports", "facts", "directory"]),
            writesServers: parts.contains("servers"))
    }
}

/// Creates the reference data set, or says that it already exists.
struct DataCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "data", abstract: "Create the reference data set.")

    @Option(help: "Number of events in the reference data set.") var events = 10_000_000
    @Option(help: "Folder for the data sets.") var folder = ".build/bench-data"

    func run() async throws {
        let loaded = try await ReferenceData(program: Files.besideThisProgram("pulse"), folder: folder, events: events).prepare()
        print("\(loaded.folder): \(events) events" + (loaded.eventsPerSecond.map { ", \(Int($0)) events/s" } ?? ", already existed"))
    }
}

struct BenchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

enum Files {
    static func besideThisProgram(_ name: String) -> String {
        let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
        return (own as NSString).deletingLastPathComponent + "/" + name
    }

    /// Runs `body` with a folder that is removed afterwards.
    static func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.path + "/pulse-bench-\(UInt32.random(in: 0...UInt32.max))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return try await body(folder)
    }

    static func bytes(_ path: String) -> Int64 {
        ((try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? NSNumber)?.int64Value ?? 0
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
    var milliseconds: Double { seconds * 1_000 }
}

extension [Double] {
    var median: Double {
        guard !isEmpty else { return .nan }
        let ordered = sorted()
        return count % 2 == 1 ? ordered[count / 2] : (ordered[count / 2 - 1] + ordered[count / 2]) / 2
    }
}
