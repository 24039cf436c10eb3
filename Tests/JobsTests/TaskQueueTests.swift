import Common
@_spi(Host) @testable import Jobs
@_spi(Host) import Storage
import TestSupport
import Testing

@Suite("Task queue")
struct TaskQueueTests {
    @Test("a task is kept with the change that caused it, or neither is", arguments: Profile.available)
    func transactions(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let (control, queue, log) = (fixture.control, fixture.queue, fixture.log)
            fixture.store.declare([TaskKind("note", "Notes.") { log.add($0.payload["text"]?.string ?? "") }], of: "test")
            await #expect(throws: TaskFixture.Broken.self) {
                try await control.write { transaction in
                    try await queue.enqueue("note", Shaped(["text": "undone"], .map(.optionalText(100))), in: transaction)
                    throw TaskFixture.Broken(description: "no")
                }
            }
            #expect(try await fixture.store.count() == 0)
            try await control.write { _ = try await queue.enqueue("note", Shaped(["text": "kept"], .map(.optionalText(100))), in: $0) }
            await fixture.runner().settle()
            #expect(log.lines == ["kept"])
        }
    }

    @Test("a kind that no module has is refused", arguments: Profile.available)
    func unknownKind(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let error = await #expect(throws: UnknownTaskKind.self) { try await fixture.queue.enqueue("nothing") }
            #expect(error?.description == "There is no task kind 'test.nothing': add it to the module's tasks, or correct the name.")
        }
    }

    @Test("a task runs when its time comes, and not before", arguments: Profile.available)
    func time(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let log = fixture.log, runner = fixture.runner()
            fixture.store.declare([TaskKind("note", "Notes.") { log.add("\($0.dueAt.iso8601)") }], of: "test")
            try await fixture.queue.enqueue("note", at: fixture.time.now.adding(seconds: 60))
            await runner.settle()
            #expect(log.lines.isEmpty)
            fixture.time.advance(milliseconds: 59_999)
            await runner.settle()
            #expect(log.lines.isEmpty)
            fixture.time.advance(milliseconds: 1)
            await runner.settle()
            #expect(log.lines == ["2026-03-02T12:01:00Z"])
        }
    }

    @Test("while a task with a unique key waits, another one is the same task", arguments: Profile.available)
    func unique(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let log = fixture.log, runner = fixture.runner(), queue = fixture.queue
            fixture.store.declare(
                [TaskKind("note", "Notes.") { log.add($0.payload["n"]?.digits ?? "") }, TaskKind("other", "Others.") { _ in }], of: "test")
            let first = try await queue.enqueue("note", Shaped(["n": 1], .map(.count)), unique: "a")
            #expect(try await queue.enqueue("note", Shaped(["n": 2], .map(.count)), unique: "a") == first)
            #expect(try await queue.enqueue("note", Shaped(["n": 3], .map(.count)), unique: "b") != first)
            #expect(try await queue.enqueue("other", unique: "a") != first)
            await runner.settle()
            #expect(log.lines.sorted() == ["1", "3"])
            #expect(try await queue.enqueue("note", Shaped(["n": 4], .map(.count)), unique: "a") != first)
            await runner.settle()
            #expect(log.lines.last == "4")
            #expect(try await fixture.store.count(in: .done) == 4)
        }
    }

    @Test("a task that failed keeps its unique key, unless another one has it by then", arguments: Profile.available)
    func uniqueAgain(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let runner = fixture.runner(), queue = fixture.queue
            let door = TaskFixture.Door(), started = TaskFixture.Door()
            fixture.store.declare(
                [
                    TaskKind("fail", "Fails.") { _ in throw TaskFixture.Broken(description: "no") },
                    TaskKind("slow", "Fails slowly.") { _ in
                        started.open()
                        await door.wait()
                        throw TaskFixture.Broken(description: "no")
                    },
                ], of: "test")
            let failed = try await queue.enqueue("fail", unique: "a")
            await runner.settle()
            #expect(try await queue.enqueue("fail", unique: "a") == failed)

            let slow = try await queue.enqueue("slow", unique: "a")
            await runner.look()
            await started.wait()
            let second = try await queue.enqueue("slow", at: fixture.time.now.adding(seconds: 3_600), unique: "a")
            #expect(second != slow)
            door.open()
            await runner.settle()
            #expect(try await fixture.state(slow) == "waiting 1 10")
            #expect(try await queue.enqueue("slow", unique: "a") == second)
        }
    }

    @Test("tasks with an order key run one after the other, in order, also when one has to wait", arguments: Profile.available)
    func order(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let log = fixture.log, queue = fixture.queue, runner = fixture.runner(), other = fixture.runner("other")
            fixture.store.declare(
                [
                    TaskKind("step", "Steps.") { task in
                        log.add("\(task.payload["n"]?.digits ?? "") \(task.attempt)")
                        if task.payload["n"]?.integer == 2, task.attempt == 1 { throw TaskFixture.Broken(description: "no") }
                    }
                ], of: "test")
            for n in 1...4 { try await queue.enqueue("step", Shaped(["n": Int64(n)], .map(.count)), order: "x") }
            try await queue.enqueue("step", Shaped(["n": 9], .map(.count)), order: "y")
            await withTaskGroup { group in for runner in [runner, other] { group.addTask { await runner.settle() } } }
            #expect(log.lines.filter { $0 != "9 1" } == ["1 1", "2 1"])
            #expect(log.lines.contains("9 1"))
            fixture.time.advance(seconds: 10)
            await withTaskGroup { group in for runner in [runner, other] { group.addTask { await runner.settle() } } }
            #expect(log.lines.filter { $0 != "9 1" } == ["1 1", "2 1", "2 2", "3 1", "4 1"])
        }
    }
}
