@_spi(Host) import Access
import AllModules
@_spi(Host) import Coordination
import Core
import Foundation
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
@_spi(Host) import Storage
import Testing
@testable import TestSupport

/// Changes that another process makes in the same control plane, such as `pulse key create` next to a running host, or a second host.
@Suite("Administration: changes by another process", .modules(.all))
struct AdministrationDirectoryTests {
    /// The directory of another process, which shares the control plane but no change notifications.
    private static func second(beside app: TestApp) async throws -> Directory {
        let directory = app.installation.directory
        let second = Directory(
            control: app.installation.engines.control, coordination: LocalCoordination(time: app.time), time: app.time,
            defaults: directory.defaults)
        try await second.reload()
        return second
    }

    @Test("a key that the other process creates works, and a key that it revokes doesn't", arguments: Profile.available)
    func keys(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let second = try await Self.second(beside: app)
            let made = try await second.createKey(.init(name: "beside", scopes: [.query]), in: app.project, by: "command line")
            try await app.installation.directory.poll()
            #expect(try await app.get("/api/v1/stats", as: .key(made.secret)).status == 200)
            try await second.revokeKey(made.key.id, in: app.project, by: "command line")
            try await app.installation.directory.poll()
            #expect(try await app.get("/api/v1/stats", as: .key(made.secret)).body == #"{"error":"Invalid API key."}"#)
            let log = try await app.get("/api/admin/projects/\(app.project.id)/audit-logs?limit=1000", as: .token).body
            #expect(log.contains(#""actor":"command line""#))
        }
    }

    @Test("the other process's changes to projects, modules and privacy rules take effect", arguments: Profile.available)
    func everything(profile: Profile) async throws {
        try await TestApp.run(profile, modules: ProbeModule.withCore()) { app in
            let second = try await Self.second(beside: app), directory = app.installation.directory
            let project = try await second.createProject(
                name: "Beside", domain: "beside.example", privacy: PrivacyRules(), by: "command line")
            try await directory.poll()
            #expect(try await app.get("/api/admin/projects/\(project.id)", as: .token).json()["name"]?.string == "Beside")

            try await second.setModules([.init(module: "probe", isEnabled: false, access: nil)], in: app.project, by: "command line")
            try await directory.poll()
            #expect(try await app.get("/api/v1/gadgets").body == #"{"error":"Module 'probe' is not enabled for this project."}"#)
            try await second.setModules([.init(module: "probe", isEnabled: true, access: .write)], in: app.project, by: "command line")
            try await directory.poll()
            #expect(
                try await app.get("/api/v1/gadgets").body == #"{"error":"Module 'probe' does not allow read access for this project."}"#)

            _ = try await second.changePrivacy(of: app.project, by: "command line") { $0.respectDNT = false }
            try await directory.poll()
            #expect(try await app.get("/api/admin/projects/\(app.project.id)/privacy", as: .token).json()["respect_dnt"]?.boolean == false)
        }
    }

    @Test("a privacy change keeps an earlier change that this process hasn't seen yet", arguments: Profile.available)
    func privacyUnheard(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let second = try await Self.second(beside: app)
            _ = try await second.changePrivacy(of: app.project, by: "command line") { $0.anonymizeIP = false }
            let answer = try await app.put("/api/admin/projects/\(app.project.id)/privacy", #"{"consent_required":true}"#, as: .token)
            #expect(try answer.json()["anonymize_ip"]?.boolean == false)
            #expect(try answer.json()["consent_required"]?.boolean == true)
        }
    }

    @Test("a change is announced immediately if both processes share the coordination", arguments: Profile.available)
    func heard(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let installation = app.installation
            let second = Directory(
                control: installation.engines.control, coordination: installation.engines.coordination, time: app.time,
                defaults: installation.directory.defaults)
            try await second.reload()
            let following = Task { await second.follow(logger: installation.logger) }
            defer { following.cancel() }
            // The second directory misses changes made before it subscribes, so make several.
            for _ in 0..<500 {
                let made = try await installation.directory.createKey(.init(name: "a", scopes: [.query]), in: app.project, by: "test")
                for _ in 0..<20 {
                    if second.key(secret: made.secret) != nil { return }
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
            Issue.record("the second directory never noticed a change")
        }
    }

    @Test("a host that starts again on the same data finds projects, keys and module switches", arguments: Profile.available)
    func restart(profile: Profile) async throws {
        let folder = try TemporaryFolder()
        let environment = try await profile.environment()
        try await TestApp.run(in: folder.path, environment: environment, modules: ProbeModule.withCore()) { app in
            try await app.installation.directory.setModules(
                [.init(module: "probe", isEnabled: false, access: nil)], in: app.project, by: "test")
            let made = try await app.installation.directory.createKey(.init(name: "kept", scopes: [.query]), in: app.project, by: "test")
            try made.secret.write(toFile: folder.path + "/secret", atomically: true, encoding: .utf8)
            #expect(try await app.get("/api/v1/stats", as: .key(made.secret)).status == 200)
        }
        try await TestApp.run(in: folder.path, environment: environment, modules: ProbeModule.withCore()) { app in
            let secret = try String(contentsOfFile: folder.path + "/secret", encoding: .utf8)
            #expect(app.installation.directory.projects.count == 1)
            #expect(try await app.get("/api/v1/stats", as: .key(secret)).status == 200)
            #expect(
                try await app.get("/api/v1/gadgets", as: .key(secret)).body
                    == #"{"error":"Module 'probe' is not enabled for this project."}"#)
            // The first run saved the key's last use when it ended.
            let kept = try await app.installation.directory.keys(of: app.project).first { $0.name == "kept" }
            #expect(kept?.lastUsedAt == app.time.now)
        }
    }

    @Test("overlapping reloads never undo a concurrent change", arguments: Profile.available)
    func overlapping(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let directory = app.installation.directory
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<4 {
                    group.addTask { for _ in 0..<30 { try await directory.reload() } }
                }
                for _ in 0..<30 {
                    let made = try await directory.createKey(.init(name: "a", scopes: [.query]), in: app.project, by: "test")
                    #expect(directory.key(secret: made.secret) != nil)
                    try await directory.revokeKey(made.key.id, in: app.project, by: "test")
                    #expect(directory.key(secret: made.secret) == nil)
                }
                try await group.waitForAll()
            }
        }
    }
}

/// A folder for one test, removed with this object.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "pulse-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
