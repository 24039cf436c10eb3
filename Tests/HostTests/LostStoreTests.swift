import Access
import AllModules
import Common
import Foundation
@testable import Host
import Settings
import Storage
import Testing
import TestSupport

/// A store that was lost, damaged or replaced by an older one is reported, and never shows another tenant's events.
@Suite("Stores that were lost or damaged", .modules(.all))
struct LostStoreTests {
    private static let stats = "/api/v1/stats?start_at=2026-03-01&end_at=2026-03-03"

    /// Runs a host on a data folder, which collects `count` pageviews of one visitor.
    private static func ran(in folder: String, _ environment: [String: String] = [:], count: Int = 3) async throws {
        try await TestApp.run(in: folder, environment: environment) { app in
            for number in 0..<count { try await app.collect(#"{"type":"pageview","path":"/\#(number)","visitor_id":"ada"}"#) }
        }
    }

    @Test("a project created after the control store was lost doesn't see an old project's events", arguments: Profile.available)
    func lostControl(profile: Profile) async throws {
        let scratch = try Scratch(), data = scratch.path + "/data", environment = try await profile.environment()
        try await Self.ran(in: data, environment)
        try await TestApp.run(in: data, environment: environment) { app in
            let old = app.project.number
            for table in ["access_projects", "access_keys", "access_audit"] {
                try await app.installation.engines.control.write("DELETE FROM \(sql: table)")
            }
            #expect(old == 1)
        }
        for _ in 0..<2 {
            try await TestApp.run(in: data, environment: environment) { app in
                #expect(app.project.number > 1)
                let answer = try await app.get(Self.stats).json()
                #expect(answer["current"]?["pageviews"]?.integer == 0)
                let next = try await app.installation.createProject("Next", domain: "next.example")
                #expect(next.number > app.project.number)
            }
        }
    }

    @Test("a command creates no project next to an event store whose control store is gone")
    func lostControlFile() async throws {
        let scratch = try Scratch(), data = scratch.path + "/data"
        try await Self.ran(in: data)
        for name in ["control.sqlite", "control.sqlite-wal", "control.sqlite-shm"] {
            try? FileManager.default.removeItem(atPath: data + "/" + name)
        }
        let error = await #expect(throws: CommandError.self) {
            try await ControlPlane.with(try scratch.configuration(), creating: true) {
                _ = try await $0.createProject(name: "a", domain: "b")
            }
        }
        #expect(error?.description.hasPrefix("There is an event store in \(data), but no control store") == true)
        #expect(!DataFolder(data).hasControlStore)
        try await TestApp.run(in: data) { app in
            let answer = try await app.get(Self.stats).json()
            #expect(answer["current"]?["pageviews"]?.integer == 0)
        }
    }

    @Test(
        "a damaged file stops the start with an error that says what to do",
        arguments: [
            ("control.sqlite", "The configuration database (control.sqlite) is damaged: "),
            ("events.duckdb", "The event database (events.duckdb) is damaged: "),
        ])
    func damaged(file: String, sentence: String) async throws {
        let scratch = try Scratch(), data = scratch.path + "/data"
        try await Self.ran(in: data)
        let bytes = Data(repeating: 0x5A, count: 20_000)
        try bytes.write(to: URL(fileURLWithPath: data + "/" + file))
        let error = await #expect(throws: (any Error).self) { try await TestApp.run(in: data) { _ in } }
        let text = error.map { CommandError($0).description } ?? ""
        #expect(text.hasPrefix(sentence), "\(text)")
        #expect(text.contains("pulse restore FOLDER --force"))
        #expect(!text.contains("\n") && !text.contains("while executing"))
    }

    @Test("a damaged write-ahead log stops the start; once it is removed, its changes are replayed from the journal")
    func damagedChanges() async throws {
        let scratch = try Scratch(), data = scratch.path + "/data", copy = scratch.path + "/copy"
        try await TestApp.run(in: data) { app in
            for number in 0..<3 { try await app.collect(#"{"type":"pageview","path":"/\#(number)","visitor_id":"ada"}"#) }
            _ = try await app.get(Self.stats)
            // What a crash would leave.
            try FileManager.default.copyItem(atPath: data, toPath: copy)
        }
        let wal = URL(fileURLWithPath: copy + "/events.duckdb.wal")
        var bytes = try Data(contentsOf: wal)
        bytes[bytes.count / 2] ^= 0x41
        try bytes.write(to: wal)
        let error = await #expect(throws: (any Error).self) { try await TestApp.run(in: copy) { _ in } }
        let text = error.map { CommandError($0).description } ?? ""
        #expect(text.hasPrefix("The latest changes of the event database (events.duckdb.wal) are damaged: "), "\(text)")
        try FileManager.default.removeItem(at: wal)
        try await TestApp.run(in: copy) { app in
            let answer = try await app.get(Self.stats).json()
            #expect(answer["current"]?["pageviews"]?.integer == 3)
        }
    }

    @Test("the doctor finds what is wrong with the journal")
    func doctor() async throws {
        func finding(_ change: (_ data: String, _ segment: String) throws -> Void) async throws -> Doctor.Finding? {
            let scratch = try Scratch(), data = scratch.path + "/data"
            try await Self.ran(in: data)
            // The host has stopped; `change` damages the data folder or the last segment of its journal.
            let journal = try FileManager.default.contentsOfDirectory(atPath: data + "/journal").filter { $0.hasSuffix(".journal") }
            try change(data, data + "/journal/" + (journal.max() ?? ""))
            let findings = await Doctor(configuration: try scratch.configuration(), file: nil, now: Instant("2026-03-02T12:00:00Z")!)
                .examine()
            return findings.first { $0.subject == "journal" }
        }
        #expect(try await finding { _, _ in }?.verdict == .ok)
        let identity = try await finding { data, segment in
            try Data(count: 10).write(to: URL(fileURLWithPath: segment))
            try FileManager.default.removeItem(atPath: data + "/journal/id")
        }
        #expect(identity?.verdict == .fail && identity?.text.contains("/journal/id is empty or missing, but the folder has events") == true)
        let lost = try await finding { data, segment in
            for name in ["events.duckdb", "events.duckdb.wal"] { try? FileManager.default.removeItem(atPath: data + "/" + name) }
        }
        #expect(lost == nil || lost?.verdict == .fail)
        let ends = try await finding { _, segment in try FileManager.default.removeItem(atPath: segment) }
        #expect(ends?.verdict == .fail && ends?.text.contains("its files end before its stored position") == true)
    }
}
