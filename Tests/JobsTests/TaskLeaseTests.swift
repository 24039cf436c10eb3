import Common
@_spi(Host) @testable import Jobs
@_spi(Host) import Storage
import Synchronization
import TestSupport
import Testing

@Suite("Task leases")
struct TaskLeaseTests {
    @Test("many runners over one store never run a task twice", arguments: Profile.available)
    func twoHosts(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let log = fixture.log, most = Mutex((now: 0, most: 0))
            fixture.store.declare(
                [
                    TaskKind("count", "Counts.") { task in
                        most.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
                        for _ in 0..<5 { await Task.yield() }
                        log.add(task.payload["n"]?.digits ?? "")
                        most.withLock { $0.now -= 1 }
                    }
                ], of: "test")
            for n in 100..<140 { try await fixture.queue.enqueue("count", Shaped(["n": Int64(n)], .map(.count))) }
            let runners = (1...3).map { fixture.runner("host \($0)", concurrency: 2) }
            await withTaskGroup { group in for runner in runners { group.addTask { await runner.settle() } } }
            #expect(log.lines.sorted() == (100..<140).map(String.init))
            #expect(try await fixture.store.count(in: .done) == 40)
            #expect(most.withLock { (2...6).contains($0.most) })
        }
    }

    @Test("when a lease ends, another host does the task again, and the first can't finish it", arguments: Profile.available)
    func crash(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let log = fixture.log, door = TaskFixture.Door(), started = TaskFixture.Door()
            let slow = fixture.runner("slow"), other = fixture.runner("other")
            fixture.store.declare(
                [
                    TaskKind("work", "Works.") { task in
                        log.add("\(task.attempt)")
                        guard task.attempt == 1 else { throw TaskFixture.Broken(description: "of the second host") }
                        started.open()
                        await door.wait()
                    }
                ], of: "test")
            let id = try await fixture.queue.enqueue("work")
            await slow.look()
            await started.wait()
            fixture.time.advance(seconds: 59)
            await other.settle()
            #expect(log.lines == ["1"])
            // The slow host is alive: it renews its lease, for 60 s from now.
            await slow.renew()
            fixture.time.advance(seconds: 59)
            await other.settle()
            #expect(log.lines == ["1"])
            fixture.time.advance(seconds: 1)
            await other.settle()
            #expect(log.lines == ["1", "2"])
            #expect(try await fixture.state(id) == "waiting 2 139")
            // Now it comes back, and its success doesn't count.
            await slow.renew()
            door.open()
            await slow.settle()
            #expect(try await fixture.state(id) == "waiting 2 139")
            #expect(try await fixture.store.task(id).lastError == "of the second host")
        }
    }

    @Test("a host that comes back can't renew the lease of a task that it lost and took again", arguments: Profile.available)
    func claims(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            fixture.store.declare([TaskKind("work", "Works.") { _ in }], of: "test")
            try await fixture.queue.enqueue("work")
            func claim() async throws -> StoredTask {
                try await #require(fixture.store.claim(atMost: 1, for: "same", seconds: 60, holding: []).taken.first)
            }
            let early = try await claim()
            fixture.time.advance(seconds: 60)
            let late = try await claim()
            #expect(early.id == late.id)
            #expect(try await fixture.store.renew([(early.id, early.claims)], of: "same", seconds: 60).isEmpty)
            #expect(try await fixture.store.finish(early, .done, for: "same") == nil)
            #expect(try await fixture.store.finish(late, .done, for: "other") == nil)
            #expect(try await fixture.store.finish(late, .done, for: "same")?.state == .done)
        }
    }

    @Test("a task that ends its host each time is dead after its attempts", arguments: Profile.available)
    func poison(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            fixture.store.declare([TaskKind("poison", "Ends the host.", maximumAttempts: 2) { _ in }], of: "test")
            let id = try await fixture.queue.enqueue("poison")
            for host in 1...2 {
                #expect(try await fixture.store.claim(atMost: 1, for: "host \(host)", seconds: 60, holding: []).taken.count == 1)
                fixture.time.advance(seconds: 60)
            }
            await fixture.runner().settle()
            let task = try await fixture.store.task(id)
            #expect(task.state == .dead)
            #expect(task.lastError == "The host stopped or lost its lease during attempt 2.")
        }
    }

    @Test("a host that stops gives its leases back, and the attempt doesn't count", arguments: Profile.available)
    func stop(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let log = fixture.log, started = TaskFixture.Door(), never = TaskFixture.Door()
            fixture.store.declare(
                [
                    TaskKind("long", "Takes long.") { task in
                        log.add("\(task.attempt)")
                        guard log.lines.count == 1 else { return }
                        started.open()
                        // Ends when the task is cancelled.
                        await never.wait()
                        try Task.checkCancellation()
                    }
                ], of: "test")
            let id = try await fixture.queue.enqueue("long"), runner = fixture.runner()
            await runner.look()
            await started.wait()
            await runner.stop()
            #expect(try await fixture.state(id) == "waiting 0 0")
            await fixture.runner("other").settle()
            #expect(log.lines == ["1", "1"])
            #expect(try await fixture.state(id) == "done 1 0")
        }
    }

    @Test("a service runs tasks as they are enqueued, here and on other hosts")
    func service() async throws {
        try await TaskFixture.run(.embedded) { fixture in
            let door = TaskFixture.Door(), second = TaskFixture.Door()
            let kinds = [TaskKind("open", "Opens.") { _ in door.open() }, TaskKind("second", "Opens.") { _ in second.open() }]
            fixture.store.declare(kinds, of: "test")
            let runner = fixture.runner()
            let service = Task { try await runner.run() }
            try await fixture.queue.enqueue("open")
            await door.wait()
            // Another host over the same stores; the two know each other by messages alone.
            let other = TaskStore(control: fixture.control, coordination: fixture.coordination, time: fixture.time)
            other.declare(kinds, of: "test")
            try await TaskQueue(other, module: "test").enqueue("second")
            await second.wait()
            service.cancel()
            try await service.value
        }
    }

    @Test("a host leaves the kinds that it doesn't have to others", arguments: Profile.available)
    func foreignKinds(profile: Profile) async throws {
        try await TaskFixture.run(profile) { fixture in
            let other = TaskStore(control: fixture.control, coordination: fixture.coordination, time: fixture.time)
            other.declare([TaskKind("theirs", "Theirs.") { _ in }], of: "test")
            fixture.store.declare([TaskKind("ours", "Ours.") { _ in }], of: "test")
            let id = try await TaskQueue(other, module: "test").enqueue("theirs")
            await fixture.runner().settle()
            #expect(try await fixture.state(id) == "waiting 0 0")
        }
    }
}
