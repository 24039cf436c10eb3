import Access
import Common
import Foundation
@testable import Host
import Settings
import Storage
import Testing
import TestSupport

@Suite("Backup and restore")
struct BackupTests {
    private static func fill(_ app: TestApp, _ count: Int, from first: Int = 0) async throws {
        let events = (first..<(first + count)).map {
            #"{"type":"pageview","path":"/\#($0 % 7)","visitor_id":"v\#($0 % 50)","timestamp":"2026-03-02T0\#($0 % 10):00:00Z"}"#
        }
        try await app.collect("[\(events.joined(separator: ","))]")
    }

    private static let stats = "/api/v1/stats?start_at=2026-03-01&end_at=2026-03-03"

    @Test("a host that serves makes a backup; restored elsewhere it answers the same")
    func wholeWay() async throws {
        let scratch = try Scratch(), path = scratch.path
        let (backup, keys, answer) = try await Self.backup(in: path)
        let configuration = try scratch.configuration(data: "second")
        let restore = try Restore(from: backup, into: configuration)
        let outcome = try await restore.run(replacing: false)
        #expect(outcome.migrated.isEmpty && outcome.setAside == nil)
        try await TestApp.run(in: path + "/second") { app in
            #expect(app.installation.directory.projects.map(\.name) == ["Test"])
            let found1 = try await app.get(Self.stats, as: .key(keys)).body
            #expect(found1 == answer)
            // Collection goes on in the restored stores.
            try await Self.fill(app, 10)
            let found2 = try await app.get(Self.stats).json()["current"]?["pageviews"]?.integer
            #expect(found2 == 1_010)
        }
    }

    /// Backs a host up while it serves and collects. Returns the folder, a query key, and what the host answered at that time.
    private static func backup(in path: String) async throws -> (folder: String, key: String, answer: String) {
        let result = Box<(String, String, String)>()
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

    @Test("the manifest names every file and counts every table")
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

    @Test("a backup that is not whole is refused, and changes nothing")
    func damaged() async throws {
        let scratch = try Scratch(), configuration = try scratch.configuration(data: "second")
        let (folder, _, _) = try await Self.backup(in: scratch.path)
        let file = folder + "/control/control.sqlite"
        var data = try #require(FileManager.default.contents(atPath: file))
        data[data.count / 2] ^= 1
        try data.write(to: URL(fileURLWithPath: file))
        let error = #expect(throws: BackupError.self) { try Restore(from: folder, into: configuration) }
        #expect(error?.description == """
            The backup at \(folder) is not whole: control/control.sqlite is damaged: its SHA-256 is another one than when it was written.
            """)
        try FileManager.default.removeItem(atPath: file)
        #expect(throws: BackupError.self) { try Restore(from: folder, into: configuration) }
        #expect(!FileManager.default.fileExists(atPath: configuration.storage.dataFolder))
        #expect(throws: BackupError.self) { try Restore(from: scratch.path, into: configuration) }
    }

    @Test("data that is there gives way only when told to, and is set aside")
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
            let found3 = try await app.get(Self.stats).json()["current"]?["pageviews"]?.integer
            #expect(found3 == 1_000)
        }
    }

    @Test("what fails in the middle leaves the data as it was")
    func failing() async throws {
        let scratch = try Scratch(), path = scratch.path
        let (folder, _, _) = try await Self.backup(in: path)
        try await TestApp.run(in: path + "/second") { app in try await Self.fill(app, 3) }
        // A manifest that expects other rows than the files hold.
        let file = folder + "/manifest.json"
        let text = try String(contentsOfFile: file, encoding: .utf8).replacing("\"access_keys\" : 4", with: "\"access_keys\" : 5")
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let configuration = try scratch.configuration(data: "second")
        let error = await #expect(throws: BackupError.self) { try await Restore(from: folder, into: configuration).run(replacing: true) }
        #expect(error?.description == "What was restored is not what was backed up: table access_keys has 4 rows instead of 5.")
        try await TestApp.run(in: path + "/second") { app in
            let found4 = try await app.get(Self.stats).json()["current"]?["pageviews"]?.integer
            #expect(found4 == 3)
        }
    }

    @Test("a host that runs keeps its data")
    func running() async throws {
        let scratch = try Scratch(), path = scratch.path
        let (folder, _, _) = try await Self.backup(in: path)
        let configuration = try scratch.configuration(data: "second")
        try await TestApp.run(in: path + "/second") { _ in
            await #expect(throws: FolderInUse.self) { try await Restore(from: folder, into: configuration).run(replacing: true) }
        }
    }

    @Test("requests for a backup are judged", arguments: [
        (#"{"name":"../x"}"#, 400), (#"{"name":".x"}"#, 400), (#"{"name":"a b"}"#, 400), (#"{"name":""}"#, 400), (#"{"name":5}"#, 400), (#"{"#, 400),
        (#"{"name":"monday.2026-03_02"}"#, 201), ("", 201), ("{}", 201),
    ])
    func names(body: String, status: Int) async throws {
        try await TestApp.run { app in
            let found5 = try await app.post("/api/admin/backups", body, as: .token).status
            #expect(found5 == status)
            let found6 = try await app.post("/api/admin/backups", body, as: .admin).status
            #expect(found6 == 401)
        }
    }

    @Test("a name is used once")
    func twice() async throws {
        try await TestApp.run { app in
            let found7 = try await app.post("/api/admin/backups", #"{"name":"a"}"#, as: .token).status
            #expect(found7 == 201)
            let second = try await app.post("/api/admin/backups", #"{"name":"a"}"#, as: .token)
            #expect(second.status == 400)
            #expect(second.body == #"{"error":"There is a backup 'a' already; choose another name."}"#)
        }
    }

    @Test("versions are compared by their numbers", arguments: [
        ("0.1.0", "0.1.0", false), ("0.2.0", "0.10.0", false), ("0.10.0", "0.2.0", true), ("1", "0.9.9", true), ("0.1", "0.1.0", false), ("0.1.1", "0.1", true),
    ])
    func versions(version: String, other: String, isNewer: Bool) { #expect(Restore.isNewer(version, than: other) == isNewer) }

    @Test("a manifest of an older Pulse says of tables that changed meanwhile what they had at least and at most, which nothing is held against")
    func ranges() throws {
        let counts = TableCounts(["a": 5...5, "b": 7...9, "c": 1...1])
        let json = String(decoding: try JSONEncoder().encode(counts), as: UTF8.self)
        #expect(try JSONDecoder().decode(TableCounts.self, from: Data(json.utf8)) == counts)
        #expect(try JSONDecoder().decode(TableCounts.self, from: Data(#"{"a":5,"b":[7,9],"c":1}"#.utf8)) == counts)
        #expect(TableCounts(["a": 5...5, "b": 6...6, "c": 1...1, "d": 4...4]).differences(from: counts).isEmpty)
        #expect(TableCounts(["a": 4...4, "d": 10...10]).differences(from: counts) == [
            "table a has 4 rows instead of 5", "table b is missing, which had 7 to 9 rows", "table c is missing, which had 1 rows",
        ])
    }
}

/// What a closure hands out.
private final class Box<Value>: @unchecked Sendable {  // set and read one after the other
    var value: Value?
}
