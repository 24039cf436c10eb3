import Common
@_spi(Host) @testable import Jobs
@_spi(Host) import Storage
import TestSupport
import Testing

@Suite("Task attempts")
struct TaskAttemptTests {
    /// With the longest jitter: 10, 20, 40, 80 and 100 seconds after each attempt.
    @Test("a task that fails waits twice as long each time, and is dead in the end", arguments: Profile.available)
    func backoff(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let runner = fixture.runner()
            let kind = TaskKind("fail", "Fails.", maximumAttempts: 6, backoff: Backoff(baseSeconds: 10, maximumSeconds: 100)) { task in
                throw TaskFixture.Broken(description: "attempt \(task.attempt)")
            }
            fixture.store.declare([kind], of: "test")
            let id = try await fixture.queue.enqueue("fail")
            var states: [String] = []
            for pause: Int64 in [0, 10, 20, 40, 80, 100] {
                fixture.time.advance(seconds: pause)
                await runner.settle()
                states.append(try await fixture.state(id))
            }
            #expect(
                states == ["waiting 1 10", "waiting 2 30", "waiting 3 70", "waiting 4 150", "waiting 5 250", "dead 6 250"])
            #expect(try await fixture.store.task(id).lastError == "attempt 6")
        }
    }

    @Test("the pause is a random part of the longest one")
    func jitter() async throws {
        try await TaskFixture.run(.embedded, random: { $0.lowerBound + ($0.upperBound - $0.lowerBound) / 4 }) { fixture in
            fixture.store.declare([TaskKind("fail", "Fails.") { _ in throw TaskFixture.Broken(description: "no") }], of: "test")
            let id = try await fixture.queue.enqueue("fail")
            await fixture.runner().settle()
            #expect(try await fixture.store.task(id).runAt - fixture.time.now == 2_500)
        }
        let ceilings = [0, 1, 2, 9, 10, 100].map { Backoff().ceiling(after: $0) }
        #expect(ceilings == [10_000, 10_000, 20_000, 2_560_000, 3_600_000, 3_600_000])
    }

    @Test("a task that can't succeed is dead at once; one that is retried has all its attempts again", arguments: Profile.available)
    func retry(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let runner = fixture.runner(), log = fixture.log
            fixture.store.declare(
                [
                    TaskKind("once", "Gives up.") { task in
                        log.add("\(task.attempt)")
                        if log.lines.count == 1 { throw GiveUp("The address is gone.") }
                    }
                ], of: "test")
            let id = try await fixture.queue.enqueue("once")
            await runner.settle()
            #expect(try await fixture.state(id) == "dead 1 0")
            #expect(try await fixture.store.task(id).lastError == "The address is gone.")
            fixture.time.advance(seconds: 60)
            #expect(try await fixture.store.change(id, .retry).attempts == 0)
            await runner.settle()
            #expect(log.lines == ["1", "1"])
            #expect(try await fixture.state(id) == "done 1 60")
        }
    }

    @Test("a paused task waits until it is resumed", arguments: Profile.available)
    func pause(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let runner = fixture.runner(), log = fixture.log
            fixture.store.declare([TaskKind("note", "Notes.") { _ in log.add("ran") }], of: "test")
            let id = try await fixture.queue.enqueue("note")
            #expect(try await fixture.store.change(id, .pause).state == .paused)
            fixture.time.advance(seconds: 3_600)
            await runner.settle()
            #expect(log.lines.isEmpty)
            let error = await #expect(throws: ServiceError.self) { try await fixture.store.change(id, .retry) }
            #expect(error?.message == "Task '\(id)' is paused; only a task that is dead or waiting accepts 'retry'.")
            #expect(error?.status == 409)
            #expect(try await fixture.store.change(id, .resume).state == .waiting)
            await runner.settle()
            #expect(log.lines == ["ran"])
            let missing = await #expect(throws: ServiceError.self) { try await fixture.store.change("none", .pause) }
            #expect(missing?.message == "Task 'none' not found.")
        }
    }

    @Test("finished tasks are forgotten after a time, and when there are too many", arguments: Profile.available)
    func history(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let runner = fixture.runner()
            fixture.store.declare(
                [TaskKind("note", "Notes.") { _ in }, TaskKind("fail", "Fails.") { _ in throw GiveUp("no") }], of: "test")
            for _ in 1...4 {
                try await fixture.queue.enqueue("note")
                try await fixture.queue.enqueue("fail")
                await runner.settle()
                fixture.time.advance(seconds: 86_400)
            }
            try await fixture.queue.enqueue("note", at: fixture.time.now.adding(days: 100))
            func counts(_ history: TaskStore.History) async throws -> [Int?] {
                try await fixture.store.forget(history)
                let counts = try await fixture.store.counts()
                return [counts[.done], counts[.dead], counts[.waiting]]
            }
            // The tasks finished 4, 3, 2 and 1 days ago.
            #expect(try await counts(.init(doneDays: 3, deadDays: 10)) == [2, 4, 1])
            #expect(try await counts(.init(doneDays: 3, deadDays: 10, maximumTasks: 1)) == [1, 1, 1])
        }
    }
}
