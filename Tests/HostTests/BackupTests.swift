@_spi(Host) import Access
import AllModules
@_spi(Host) import Blobs
@_spi(Host) import Common
import Foundation
@_spi(Host) @testable import Host
@_spi(Host) import Settings
@_spi(Host) import Storage
import NIOCore
import Testing
import TestSupport

@Suite("Backup and restore", .modules(.all))
struct BackupTests {
    private static func fill(_ app: TestApp, _ count: Int, from first: Int = 0) async throws {
        let events = (first..<(first + count)).map {
            #"{"type":"pageview","path":"/\#($0 % 7)","visitor_id":"v\#($0 % 50)","timestamp":"2026-03-02T0\#($0 % 10):00:00Z"}"#
        }
        try await app.collect("[\(events.joined(separator: ","))]")
    }

    private static let stats = "/api/v1/stats?start_at=2026-03-01&end_at=2026-03-03"

    @Test("a backup made by a running host gives the same reports when it is restored elsewhere")
    func wholeWay() async throws {
        let scratch = try Scratch(), path = scratch.path
        let (backup, keys, answer) = try await Self.backup(in: path)
        let configuration = try scratch.configuration(data: "second")
        let restore = try Restore(from: backup, into: configuration)
        let outcome = try await restore.run(replacing: false)
        #expect(outcome.migrated.isEmpty && outcome.setAside == nil)
        try await TestApp.run(in: path + "/second") { app in
            #expect(app.installation.directory.projects.map(\.name) == ["Test"])
            let restoredStats = try await app.get(Self.stats, as: .key(keys)).body
            #expect(restoredStats == answer)
            // The restored stores accept new events.
            try await Self.fill(app, 10)
            let totalPageviews = try await app.get(Self.stats).json()["current"]?["pageviews"]?.integer
            #expect(totalPageviews == 1_010)
        }
    }

    /// Backs up a host while it serves and collects. Returns the folder, a query key, and the host's response at that time.
    @Test("blobs in a folder are part of a backup", arguments: Profile.available)
    func blobs(profile: Profile) async throws {
        let scratch = try Scratch(), path = scratch.path
        let first = try await profile.environment(), second = try await profile.environment()
        try await TestApp.run(in: path + "/first", environment: first) { app in
            let engines = app.installation.engines, store = BlobStore(engines.blobs, control: engines.control, time: app.time)
            try await store.blobs(of: "core", in: app.project.id).put("a", ByteBuffer(string: "content"), about: nil)
            let manifest = try await Backup(engines: engines, settle: {}, time: app.time).write(to: path + "/backup")
            #expect(manifest.files.contains { $0.path.hasPrefix("objects/\(app.project.id)/core/") && $0.bytes == 7 })
        }
        func configuration(_ folder: String) throws -> HostConfiguration {
            try HostConfiguration.parse(
                "", environment: second.merging(["PULSE_DATA": folder, "PULSE_PORT": "0"]) { $1 }, knownModules: ModuleList.all.names)
        }
        _ = try await Restore(from: path + "/backup", into: try configuration(path + "/second")).run(replacing: false)
        try await TestApp.run(in: path + "/second", environment: second) { app in
            let engines = app.installation.engines, store = BlobStore(engines.blobs, control: engines.control, time: app.time)
            let content = try await store.blobs(of: "core", in: app.project.id).bytes(of: "a", maximumBytes: 10)
            #expect(content.map { String(buffer: $0) } == "content")
        }
    }

    private static func backup(in path: String) async throws -> (folder: String, key: String, answer: String) {
        let result = Held<(String, String, String)?>(nil)
        try await TestApp.run(in: path + "/first") { app in
            try await fill(app, 1_000)
            let answer = try await app.get(stats).body
            let made = try await app.post("/api/admin/backups", #"{"name":"monday"}"#, as: .token)
            #expect(made.status == 201)
            let json = try made.json()
            #expect(json["name"]?.string == "monday")
            #expect(json["path"]?.string == path + "/first/backups/monday")
            try await fill(app, 50)  // after the backup
            result.value = (path + "/first/backups/monday", app.keys[.query]!, answer)
        }
        return result.value!
    }

    @Test("the manifest lists every file and counts the rows of every table")
    func manifest() async throws {
        let scratch = try Scratch()
        let (folder, _, _) = try await Self.backup(in: scratch.path)
        let manifest = try BackupManifest.read(from: folder)
        #expect(manifest.version == Version.current && manifest.storage == .embedded)
        #expect(manifest.control.tables["access_projects"] == 1...1)
        #expect(manifest.control.tables["access_keys"] == 4...4)
        #expect(manifest.events.tables["core_activity"] == 1_000...1_000)
        #expect(manifest.files.contains { $0.path == "control/control.sqlite" })
        #expect(manifest.files.contains { $0.path.hasPrefix("events/") })
        let rights = try FileManager.default.attributesOfItem(atPath: folder + "/events")[.posixPermissions] as? Int
        #expect(rights == 0o700)
        try manifest.checkFiles(in: folder)
    }

    @Test("an incomplete or damaged backup is rejected and changes nothing")
    func damaged() async throws {
        let scratch = try Scratch(), configuration = try scratch.configuration(data: "second")
        let (folder, _, _) = try await Self.backup(in: scratch.path)
        let file = folder + "/control/control.sqlite"
        var data = try #require(FileManager.default.contents(atPath: file))
        data[data.count / 2] ^= 1
        try data.write(to: URL(fileURLWithPath: file))
        let error = #expect(throws: BackupError.self) { try Restore(from: folder, into: configuration) }
        #expect(
            error?.description == """
                The backup at \(folder) is incomplete or damaged: control/control.sqlite is damaged: its SHA-256 has changed since it was written.
                """)
        try FileManager.default.removeItem(atPath: file)
        #expect(throws: BackupError.self) { try Restore(from: folder, into: configuration) }
        #expect(!FileManager.default.fileExists(atPath: configuration.storage.dataFolder))
        #expect(throws: BackupError.self) { try Restore(from: scratch.path, into: configuration) }
    }

    @Test("existing data is replaced only on request, and is set aside")
    func replacing() async throws {
        let scratch = try Scratch(), path = scratch.path
        let (folder, _, _) = try await Self.backup(in: path)
        try await TestApp.run(in: path + "/second") { app in try await Self.fill(app, 3) }
        let configuration = try scratch.configuration(data: "second")
        let token = DataFolder(configuration.storage.dataFolder).existingSecret(DataFolder.adminToken)
        await #expect(throws: BackupError.self) { try await Restore(from: folder, into: configuration).run(replacing: false) }
        let outcome = try await Restore(from: folder, into: configuration).run(replacing: true)
        let aside = try #require(outcome.setAside)
        #expect(FileManager.default.fileExists(atPath: aside + "/control.sqlite"))
        #expect(FileManager.default.fileExists(atPath: aside + "/journal"))
        #expect(DataFolder(configuration.storage.dataFolder).existingSecret(DataFolder.adminToken) == token)
        try await TestApp.run(in: path + "/second") { app in
            let restoredPageviews = try await app.get(Self.stats).json()["current"]?["pageviews"]?.integer
            #expect(restoredPageviews == 1_000)
        }
    }

    @Test("a restore that fails midway leaves the data unchanged")
    func failing() async throws {
        let scratch = try Scratch(), path = scratch.path
        let (folder, _, _) = try await Self.backup(in: path)
        try await TestApp.run(in: path + "/second") { app in try await Self.fill(app, 3) }
        // A manifest whose row counts don't match the files.
        let file = folder + "/manifest.json"
        let text = try String(contentsOfFile: file, encoding: .utf8).replacing("\"access_keys\" : 4", with: "\"access_keys\" : 5")
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let configuration = try scratch.configuration(data: "second")
        let error = await #expect(throws: BackupError.self) { try await Restore(from: folder, into: configuration).run(replacing: true) }
        #expect(error?.description == "The restored data differs from the backup: table access_keys has 4 rows instead of 5.")
        try await TestApp.run(in: path + "/second") { app in
            let keptPageviews = try await app.get(Self.stats).json()["current"]?["pageviews"]?.integer
            #expect(keptPageviews == 3)
        }
    }

    @Test("a restore can't replace the data of a running host")
    func running() async throws {
        let scratch = try Scratch(), path = scratch.path
        let (folder, _, _) = try await Self.backup(in: path)
        let configuration = try scratch.configuration(data: "second")
        try await TestApp.run(in: path + "/second") { _ in
            await #expect(throws: FolderInUse.self) { try await Restore(from: folder, into: configuration).run(replacing: true) }
        }
    }

    @Test(
        "a backup needs a valid name and the admin token",
        arguments: [
            (#"{"name":"../x"}"#, 400), (#"{"name":".x"}"#, 400), (#"{"name":"a b"}"#, 400), (#"{"name":""}"#, 400), (#"{"name":5}"#, 400),
            (#"{"#, 400),
            (#"{"name":"monday.2026-03_02"}"#, 201), ("", 201), ("{}", 201),
        ])
    func names(body: String, status: Int) async throws {
        try await TestApp.run { app in
            let statusWithToken = try await app.post("/api/admin/backups", body, as: .token).status
            #expect(statusWithToken == status)
            let statusWithKey = try await app.post("/api/admin/backups", body, as: .admin).status
            #expect(statusWithKey == 401)
        }
    }

    @Test("a backup's name can be used only once")
    func twice() async throws {
        try await TestApp.run { app in
            let firstStatus = try await app.post("/api/admin/backups", #"{"name":"a"}"#, as: .token).status
            #expect(firstStatus == 201)
            let second = try await app.post("/api/admin/backups", #"{"name":"a"}"#, as: .token)
            #expect(second.status == 400)
            #expect(second.body == #"{"error":"Backup 'a' already exists; choose another name."}"#)
        }
    }

    @Test(
        "versions are compared numerically",
        arguments: [
            ("0.1.0", "0.1.0", false), ("0.2.0", "0.10.0", false), ("0.10.0", "0.2.0", true), ("1", "0.9.9", true), ("0.1", "0.1.0", false),
            ("0.1.1", "0.1", true),
        ])
    func versions(version: String, other: String, isNewer: Bool) { #expect(Restore.isNewer(version, than: other) == isNewer) }

    @Test("row count ranges in the manifest of an older Pulse are not compared")
    func ranges() throws {
        let counts = TableCounts(["a": 5...5, "b": 7...9, "c": 1...1])
        let json = String(decoding: try JSONEncoder().encode(counts), as: UTF8.self)
        #expect(try JSONDecoder().decode(TableCounts.self, from: Data(json.utf8)) == counts)
        #expect(try JSONDecoder().decode(TableCounts.self, from: Data(#"{"a":5,"b":[7,9],"c":1}"#.utf8)) == counts)
        #expect(TableCounts(["a": 5...5, "b": 6...6, "c": 1...1, "d": 4...4]).differences(from: counts).isEmpty)
        #expect(
            TableCounts(["a": 4...4, "d": 10...10]).differences(from: counts) == [
                "table a has 4 rows instead of 5", "table b, which had 7 to 9 rows, is missing", "table c, which had 1 rows, is missing",
            ])
    }
}

/// Holds a value that a closure sets for the code around it.
