@_spi(Host) @testable import Access
import AllModules
@_spi(Host) import Common
@_spi(Host) import Coordination
import Foundation
@_spi(Host) @testable import Host
import Logging
@_spi(Host) import Storage
import TestSupport
import Testing

@Suite("Directory", .modules(.all))
struct DirectoryTests {
    /// The directory of a second host, the statements that it runs, and its changes after `body`.
    private struct SecondHost {
        let directory: Directory
        let store: RecordingStore

        init(beside app: TestApp, coordination: (any Coordination)? = nil) async throws {
            store = RecordingStore(app.installation.engines.control)
            directory = Directory(
                control: store, coordination: coordination ?? LocalCoordination(time: app.time), time: app.time,
                defaults: app.installation.directory.defaults)
            try await directory.reload()
            _ = store.take()
        }
    }

    @Test("asking whether something changed reads one row; a change reads only the project that changed", arguments: Profile.available)
    func single(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let first = app.installation.directory
            let other = try await app.installation.createProject("Other", domain: "other.example")
            let made = try await first.createKey(.init(name: "a", scopes: [.query]), in: other, by: "test")
            let second = try await SecondHost(beside: app)

            try await second.directory.poll()
            #expect(second.store.take() == ["access.changes 1"])

            try await first.setModules([.init(module: "funnels", isEnabled: true, access: .read)], in: other, by: "test")
            try await second.directory.poll()
            #expect(second.store.take() == ["access.changes 2", "access.modules 1", "access.projects 1", "access.keys 1"])
            let known = try #require(second.directory.project(other.id))
            #expect(second.directory.state(of: "funnels", in: known) == ModuleState(isEnabled: true, access: .read))
            #expect(second.directory.key(secret: made.secret)?.id == made.key.id)
            #expect(second.directory.projects == first.projects)

            try await first.revokeKey(made.key.id, in: other, by: "test")
            let kept = try await first.createKey(.init(name: "b", scopes: [.query]), in: other, by: "test")
            try await second.directory.poll()
            #expect(second.store.take() == ["access.changes 3", "access.modules 1", "access.projects 1", "access.keys 1"])
            #expect(second.directory.key(secret: made.secret) == nil && second.directory.key(id: made.key.id) == nil)
            #expect(second.directory.key(secret: kept.secret)?.name == "b" && second.directory.key(id: kept.key.id)?.name == "b")

            try await first.endSession("over", lifetimeDays: 14)
            try await second.directory.poll()
            #expect(second.store.take() == ["access.changes 2"])
            #expect(second.directory.isEnded(session: "over"))
        }
    }

    @Test("a host reads its own change once, and another host's when it is announced", arguments: Profile.available)
    func announced(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let coordination = BufferedCoordination()
            let second = try await SecondHost(beside: app, coordination: coordination)
            try await second.directory.endSession("mine", lifetimeDays: 14)
            #expect(
                second.store.take() == [
                    "access.forget_sessions 0", "access.end_session 0", "access.log_change 1", "access.changes 2",
                ])
            try await app.installation.directory.endSession("theirs", lifetimeDays: 14)
            try await coordination.publish("access", "another host")
            await coordination.close()
            await second.directory.follow(logger: .quiet)
            #expect(second.store.take() == ["access.changes 2"])
            #expect(second.directory.isEnded(session: "theirs"))
        }
    }

    @Test("a deleted project is gone, with its keys", arguments: Profile.available)
    func deleted(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let other = try await app.installation.createProject("Other", domain: "other.example")
            let last = try await app.installation.createProject("Last", domain: "last.example")
            let secret = try #require(try await app.installation.createKeys(in: other)[.query])
            let second = try await SecondHost(beside: app)
            #expect(second.directory.key(secret: secret) != nil)
            try await app.installation.engines.control.write { transaction in
                try await transaction.run("UPDATE access_projects SET deleted_at = \(app.time.now.milliseconds) WHERE id = \(other.id)")
                try await ChangeLog.record(ChangeLog.project, other.id, in: transaction)
            }
            try await second.directory.poll()
            #expect(second.directory.project(other.id) == nil && second.directory.project(number: other.number) == nil)
            #expect(second.directory.key(secret: secret) == nil)
            #expect(second.directory.projects == [app.project, last])
            #expect(second.directory.project(number: last.number) == last)
        }
    }

    @Test("a host that missed changes which the log no longer has reads everything", arguments: Profile.available)
    func trimmed(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let control = app.installation.engines.control, first = app.installation.directory
            let second = try await SecondHost(beside: app)
            // The next change gets a number at which old changes are deleted.
            let number: Int64 = 256 * 40
            try await control.write(
                "INSERT INTO access_changes (number, token, kind, subject) VALUES (\(number - 1), \(Int64(7)), \("session"), \("x"))")
            let made = try await first.createKey(.init(name: "a", scopes: [.query]), in: app.project, by: "test")
            let numbers = try await control.read("SELECT min(number) AS low, max(number) AS high FROM access_changes")[0]
            #expect(numbers.int("low") == number - 1 && numbers.int("high") == number)
            try await second.directory.poll()
            #expect(second.store.take().contains("access.count 1"))
            #expect(second.directory.key(secret: made.secret)?.id == made.key.id)
            try await second.directory.poll()
            #expect(second.store.take() == ["access.changes 1"])
        }
    }

    @Test("a host notices that an older copy of the store was restored", arguments: Profile.available, [false, true])
    func restored(profile: Profile, changedSince: Bool) async throws {
        try await TestApp.run(profile) { app in
            let control = app.installation.engines.control, first = app.installation.directory
            let folder = try TemporaryFolder()
            try await control.backup(to: folder.path)
            let lost = try await first.createKey(.init(name: "lost", scopes: [.query]), in: app.project, by: "test")
            let second = try await SecondHost(beside: app)
            #expect(second.directory.key(secret: lost.secret) != nil)
            try await control.restore(from: folder.path)
            // A change after the restore gets the number of the change that was lost.
            let made = changedSince ? try await first.createKey(.init(name: "new", scopes: [.query]), in: app.project, by: "test") : nil
            try await second.directory.poll()
            #expect(second.directory.key(secret: lost.secret) == nil)
            if let made { #expect(second.directory.key(secret: made.secret) != nil) }
            #expect(second.store.take().contains("access.count 1"))
        }
    }

    @Test("uses of keys are stored once a minute", arguments: Profile.available)
    func use(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let secret = try #require(app.keys[.query])
            let second = try await SecondHost(beside: app)
            func lastUse() async throws -> Instant? {
                try await second.directory.keys(of: app.project).first { $0.scopes == [.query] }?.lastUsedAt
            }
            for _ in 0..<3 { #expect(second.directory.key(secret: secret) != nil) }
            try await second.directory.flushLastUse()
            #expect(second.store.take() == ["access.last_use 0"])
            #expect(try await lastUse() == app.time.now)
            let first = app.time.now
            app.time.advance(seconds: 59)
            _ = second.directory.key(secret: secret)
            #expect(try await lastUse() == first)
            app.time.advance(seconds: 1)
            _ = second.directory.key(secret: secret)
            #expect(try await lastUse() == app.time.now)
        }
    }

    @Test("a store from before the log of changes is brought along", arguments: Profile.available)
    func migrated(profile: Profile) async throws {
        let folder = try TemporaryFolder(), environment = try await profile.environment()
        try await TestApp.run(in: folder.path, environment: environment) { app in
            let control = app.installation.engines.control
            try await control.write("DROP TABLE access_changes")
            try await control.write("DELETE FROM migrations_ledger WHERE id = \("access/004-changes")")
        }
        try await TestApp.run(in: folder.path, environment: environment) { app in
            #expect(app.installation.directory.projects.map(\.name) == ["Test"])
            let second = try await SecondHost(beside: app)
            let made = try await app.installation.directory.createKey(.init(name: "a", scopes: [.query]), in: app.project, by: "test")
            try await second.directory.poll()
            #expect(second.directory.key(secret: made.secret) != nil)
        }
    }
}

/// Buffers all messages until a subscriber reads them.
private struct BufferedCoordination: Coordination {
    let messages = AsyncStream<CoordinationEvent>.makeStream()

    func publish(_ channel: String, _ message: String) async throws { messages.continuation.yield(.message(message)) }
    func subscribe(_ channel: String) -> AsyncStream<CoordinationEvent> { messages.stream }
    func take(_ key: String, _ limit: RateLimit) async throws -> RateDecision { RateDecision(isAllowed: true, remaining: 1, seconds: 1) }
    func ping() async throws {}
    func close() async { messages.continuation.finish() }
}

/// A folder for one test, removed with this object.
private final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "pulse-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
