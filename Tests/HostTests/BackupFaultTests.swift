@_spi(Host) import Access
import AllModules
@_spi(Host) import Common
import Foundation
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
import NIOCore
import NIOHTTP1
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing
import TestSupport

/// Faults during backup and restore: deleted rows, full disks, killed processes.
@Suite("Backup and restore when things go wrong", .modules(.all))
struct BackupFaultTests {
    private static let stats = "/api/v1/stats?start_at=2026-03-01&end_at=2026-03-03"

    private static func fill(_ app: TestApp) async throws {
        let events = (0..<40).map { #"{"type":"pageview","path":"/\#($0)","visitor_id":"v\#($0 % 8)"}"# }
        try await app.collect("[\(events.joined(separator: ","))]")
        try await app.installation.writer.settle()
    }

    private static func configuration(_ folder: String, _ environment: [String: String] = [:]) throws -> HostConfiguration {
        try HostConfiguration.parse(
            "", environment: environment.merging(["PULSE_DATA": folder, "PULSE_PORT": "0"]) { $1 }, knownModules: ModuleList.all.names)
    }

    @Test("rows deleted during a backup don't make it invalid", arguments: Profile.available)
    func deletedMeanwhile(profile: Profile) async throws {
        let scratch = try Scratch(), path = scratch.path
        let first = try await profile.environment(), second = try await profile.environment()
        try await TestApp.run(in: path + "/first", environment: first) { app in
            try await Self.fill(app)
            let engines = app.installation.engines
            let busy = Engines(
                control: engines.control, events: ErasingStore(store: engines.events), readers: engines.readers,
                coordination: engines.coordination, blobs: engines.blobs,
                isAlone: engines.isAlone, lock: engines.lock)
            let manifest = try await Backup(engines: busy, settle: {}, time: app.time).write(to: path + "/backup")
            #expect(manifest.events.tables["core_activity"] == 35...35)
        }
        let outcome = try await Restore(from: path + "/backup", into: try Self.configuration(path + "/second", second)).run(
            replacing: false)
        #expect(outcome.migrated.isEmpty)
        try await TestApp.run(in: path + "/second", environment: second) { app in
            let found = try await app.installation.engines.events.query("SELECT count(*) AS n FROM core_activity", timeoutSeconds: 60)
            #expect(found[0].int("n") == 35)
        }
    }

    @Test("a backup doesn't contain the salts of anonymous visitors", arguments: Profile.available)
    func salts(profile: Profile) async throws {
        let scratch = try Scratch(), path = scratch.path
        try await TestApp.run(in: path + "/first", environment: try await profile.environment()) { app in
            let engines = app.installation.engines
            let salts = try await engines.control.read("SELECT salt FROM ingest_salts").map { $0.text("salt") }
            #expect(salts.count == 2)
            let manifest = try await Backup(engines: engines, settle: {}, time: app.time).write(to: path + "/backup")
            #expect(manifest.control.tables["ingest_salts"] == 0...0)
            for file in manifest.files {
                let bytes = try Data(contentsOf: URL(fileURLWithPath: path + "/backup/" + file.path))
                for salt in salts { #expect(bytes.range(of: Data(salt.utf8)) == nil, "\(file.path)") }
            }
        }
    }

    @Test("after a killed restore nothing starts on the data folder until the restore is repeated", arguments: [true, false])
    func killedRestore(hadData: Bool) async throws {
        let scratch = try Scratch(), path = scratch.path, data = path + "/second"
        try await TestApp.run(in: path + "/first") { app in
            try await Self.fill(app)
            _ = try await Backup(engines: app.installation.engines, settle: {}, time: app.time).write(to: path + "/backup")
        }
        let configuration = try Self.configuration(data), folder = DataFolder(data)
        try folder.create()
        // The state after a kill between the two stores.
        try folder.markRestoreBegun(aside: hadData ? "before-restore-x" : nil)
        let sentence =
            "A restore into the data folder \(data) did not finish, so its data is incomplete. Run it again, with pulse restore FOLDER --force, and let it finish."
            + (hadData
                ? " The previous data is in \(data)/before-restore-x; to go back to it instead, put its files into \(data) in place of the current ones "
                    + "and delete \(data)/restore-unfinished." : "")
        for _ in 0..<2 {
            let error = await #expect(throws: FolderError.self) { try await TestApp.run(in: data) { _ in } }
            #expect(error?.description == sentence)
        }
        let refusal = await #expect(throws: CommandError.self) { try await ControlPlane.with(configuration, creating: true) { _ in } }
        #expect(refusal?.description == sentence)

        // A failed restore keeps the mark; a successful one removes it.
        try FileManager.default.moveItem(atPath: path + "/backup/manifest.json", toPath: path + "/kept")
        let manifest = try String(contentsOfFile: path + "/kept", encoding: .utf8)
        try manifest.replacing("\"access_keys\" : 4", with: "\"access_keys\" : 5").write(
            toFile: path + "/backup/manifest.json", atomically: true, encoding: .utf8)
        await #expect(throws: BackupError.self) { try await Restore(from: path + "/backup", into: configuration).run(replacing: true) }
        #expect(folder.isRestoreUnfinished)
        try manifest.write(toFile: path + "/backup/manifest.json", atomically: true, encoding: .utf8)
        _ = try await Restore(from: path + "/backup", into: configuration).run(replacing: true)
        #expect(!folder.isRestoreUnfinished)
        try await TestApp.run(in: data) { app in
            let found = try await app.get(Self.stats).json()["current"]?["pageviews"]?.integer
            #expect(found == 40)
        }
    }

    @Test("leftovers of killed backups are removed at the next start and by the next backup")
    func rubbish() async throws {
        let scratch = try Scratch(), data = scratch.path + "/data", files = FileManager.default
        func leave(_ name: String) throws {
            try files.createDirectory(atPath: data + "/backups/" + name, withIntermediateDirectories: true)
            try Data(count: 100).write(to: URL(fileURLWithPath: data + "/backups/\(name)/events.duckdb"))
        }
        try leave("pulse-2026-03-01.partial")
        try leave("monday")
        try await TestApp.run(in: data) { app in
            let before = try FileManager.default.contentsOfDirectory(atPath: data + "/backups")
            #expect(before == ["monday"])
            try FileManager.default.createDirectory(atPath: data + "/backups/tuesday.partial", withIntermediateDirectories: true)
            let made = try await app.post("/api/admin/backups", #"{"name":"tuesday"}"#, as: .token)
            #expect(made.status == 201)
            let after = try FileManager.default.contentsOfDirectory(atPath: data + "/backups")
            #expect(Set(after) == ["monday", "tuesday"])
        }
    }

    @Test("a backup that can't be copied to its target leaves nothing behind and says why")
    func fullTarget() throws {
        let scratch = try Scratch(), made = scratch.path + "/made", files = FileManager.default
        try files.createDirectory(atPath: made, withIntermediateDirectories: true)
        let error = #expect(throws: CommandError.self) { try BackupCommand.move(made, to: "/proc/backup") }
        #expect(error?.description.hasPrefix("The backup was made, but can't be copied to /proc/backup: ") == true)
        #expect(error?.description.contains("Error Domain") == false)
        #expect(!files.fileExists(atPath: made))
        let full = FileFailure.reason(CocoaError(.fileWriteOutOfSpace))
        #expect(full == "No space left on device.")
    }

    @Test("a backup waits if other administrators have used up the rate limit")
    func rate() async throws {
        try await TestApp.run(yaml: "limits: {admin_per_second: 1}", over: .socket) { app in
            let host = try #require(RunningHost(of: app.installation.configuration))
            while try await host.administer(.GET, "/api/admin/projects").status != 429 {}
            let reply = try await host.administerPatiently(.POST, "/api/admin/backups", body: "{}", timeout: .seconds(60)) { seconds in
                app.time.advance(seconds: Int64(seconds))
            }
            #expect(reply.status == 201)
        }
    }
}

/// An event store that deletes five rows right before a backup and inserts five others right after it.
private struct ErasingStore: EventStore {
    let store: any EventStore

    var dialect: Dialect { store.dialect }

    func backup(to path: String) async throws -> [String: Int64] {
        try await store.change(["DELETE FROM core_activity WHERE path IN ('/1', '/2', '/3', '/4', '/5')"])
        let counts = try await store.backup(to: path)
        try await store.change(["INSERT INTO core_activity SELECT * FROM core_activity WHERE path IN ('/6', '/7', '/8', '/9', '/10')"])
        return counts
    }

    func query(_ statement: SQL, timeoutSeconds: Double) async throws -> Rows {
        try await store.query(statement, timeoutSeconds: timeoutSeconds)
    }
    func reader(of project: Int32, secondsPerBatch: Double) throws -> any BatchReader {
        try store.reader(of: project, secondsPerBatch: secondsPerBatch)
    }
    func apply(_ batch: FactBatch) async throws -> AppliedBatch { try await store.apply(batch) }
    func change(_ statements: [SQL]) async throws { try await store.change(statements) }
    func position(of journal: String) async throws -> JournalPosition? { try await store.position(of: journal) }
    func ping() async throws { try await store.ping() }
    func restore(from path: String) async throws { try await store.restore(from: path) }
    func close() async {}
}
