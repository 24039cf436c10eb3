import Common
import Foundation
@_spi(Host) @testable import Jobs
@_spi(Host) import Storage
import TestSupport
import Testing

@Suite("Schedules")
struct ScheduleTests {
    private static let kinds = ["report", "sweep"]

    /// Lets a fixture's log have the kind and the time of each task.
    private static func declare(_ fixture: TaskFixture, _ schedules: [Schedule]) async throws {
        let log = fixture.log
        fixture.store.declare(
            kinds.map { name in TaskKind(name, "Notes.") { log.add("\(name) \($0.dueAt.iso8601) \($0.payload["to"]?.string ?? "")") } },
            of: "test")
        try await fixture.store.declare([("test", schedules)])
    }

    @Test("a task is enqueued at each time, by one of several hosts", arguments: Profile.available)
    func times(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            try await Self.declare(fixture, [Schedule("sweep", .every(seconds: 3_600))])
            let runners = [fixture.runner("one"), fixture.runner("two")]
            for _ in 1...4 {
                await withTaskGroup { group in for runner in runners { group.addTask { await runner.settle() } } }
                fixture.time.advance(seconds: 1_800)
            }
            #expect(fixture.log.lines == ["sweep 2026-03-02T13:00:00Z "])
            await runners[1].settle()
            #expect(fixture.log.lines == ["sweep 2026-03-02T13:00:00Z ", "sweep 2026-03-02T14:00:00Z "])
        }
    }

    @Test("what was missed is made up for once", arguments: Profile.available)
    func missed(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let berlin = try #require(TimeZone(tzName: "Europe/Berlin"))
            let schedules = [
                Schedule("report", .daily(at: TimeOfDay(3), in: berlin)), Schedule("sweep", .every(seconds: 60)),
            ]
            try await Self.declare(fixture, schedules)
            // Three days without any host; the next one declares the same schedules again.
            fixture.time.advance(seconds: 3 * 86_400)
            try await Self.declare(fixture, schedules)
            let runner = fixture.runner()
            await runner.settle()
            await runner.settle()
            #expect(fixture.log.lines.sorted() == ["report 2026-03-05T02:00:00Z ", "sweep 2026-03-05T12:00:00Z "])
            fixture.time.advance(seconds: 86_400 - 36_000)
            await runner.settle()
            #expect(fixture.log.lines.dropFirst(2).sorted() == ["report 2026-03-06T02:00:00Z ", "sweep 2026-03-06T02:00:00Z "])
        }
    }

    @Test("each day of a schedule has its own task; intervals share one while it waits", arguments: Profile.available)
    func slots(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let fail: @Sendable (RunningTask) throws -> Void = { _ in throw TaskFixture.Broken(description: "no") }
            fixture.store.declare(
                Self.kinds.map { TaskKind($0, "Fails.", backoff: Backoff(baseSeconds: 400_000, maximumSeconds: 400_000), run: fail) },
                of: "test")
            try await fixture.store.declare(
                [("test", [Schedule("report", .daily(at: TimeOfDay(3))), Schedule("sweep", .hourly())])])
            let runner = fixture.runner()
            for _ in 1...72 {
                fixture.time.advance(seconds: 3_600)
                await runner.settle()
            }
            let reports = try await fixture.store.tasks(of: "test.report", limit: 10)
            #expect(reports.map(\.dueAt.iso8601).sorted() == ["2026-03-03T03:00:00Z", "2026-03-04T03:00:00Z", "2026-03-05T03:00:00Z"])
            // They run in order, so the later ones wait for the first.
            #expect(reports.map(\.attempts).sorted() == [0, 0, 1])
            #expect(try await fixture.store.count(of: "test.sweep") == 1)
        }
    }

    @Test("people's schedules have a payload, keep their place, and can be changed and removed", arguments: Profile.available)
    func people(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            try await Self.declare(fixture, [])
            let schedules = Schedules(fixture.store, module: "test"), runner = fixture.runner()
            func set(_ rhythm: Rhythm, _ payload: [String: String]) async throws {
                try await fixture.control.write {
                    try await schedules.set(
                        Schedule("report 7", rhythm, kind: "report"), Shaped(payload, .map(.optionalText(100))), for: "p", in: $0)
                }
            }
            let daily = Rhythm.daily(at: TimeOfDay(15))
            try await set(daily, ["to": "ada"])
            fixture.time.advance(seconds: 4 * 3_600)
            // A new payload doesn't skip the time that has passed; a new rhythm begins anew. A restart leaves both.
            try await set(daily, ["to": "bob"])
            try await fixture.store.declare([("test", [])])
            await runner.settle()
            #expect(fixture.log.lines == ["report 2026-03-02T15:00:00Z bob"])
            #expect(try await fixture.store.tasks(limit: 1).first?.project == "p")
            try await set(.hourly(), ["to": "cy"])
            fixture.time.advance(seconds: 3_600)
            await runner.settle()
            #expect(fixture.log.lines.last == "report 2026-03-02T17:00:00Z cy")
            try await fixture.control.write { try await schedules.remove("report 7", in: $0) }
            fixture.time.advance(seconds: 86_400)
            await runner.settle()
            #expect(fixture.log.lines.count == 2)
        }
    }

    @Test("a schedule that the source no longer has is gone; one of an unknown kind is refused", arguments: Profile.available)
    func undeclared(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            try await Self.declare(fixture, [Schedule("sweep", .hourly()), Schedule("report", .hourly())])
            try await Self.declare(fixture, [Schedule("report", .hourly())])
            fixture.time.advance(seconds: 3_600)
            await fixture.runner().settle()
            #expect(fixture.log.lines == ["report 2026-03-02T13:00:00Z "])
            await #expect(throws: UnknownTaskKind.self) {
                try await fixture.store.declare([("test", [Schedule("nothing", .hourly())])])
            }
        }
    }
}
