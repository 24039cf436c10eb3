import Common
import Testing

@Suite("Fair semaphore")
struct FairSemaphoreTests {
    private actor Inside {
        var now = 0, most = 0, all = 0

        func enter() {
            now += 1
            most = max(most, now)
            all += 1
        }

        func leave() { now -= 1 }
    }

    @Test("never admits more tasks than it has permits", arguments: [1, 3])
    func permits(count: Int) async throws {
        let semaphore = FairSemaphore(permits: count), inside = Inside()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await semaphore.withPermit {
                        await inside.enter()
                        await Task.yield()
                        await inside.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        let (most, all) = await (inside.most, inside.all)
        #expect(most <= count && all == 200)
    }

    @Test("groups take turns, so a late group doesn't wait for all tasks of another group")
    func groups() async throws {
        let semaphore = FairSemaphore(permits: 1), order = Order()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            try await semaphore.withPermit(of: "a") {
                for (count, name) in ["a1", "a2", "a3", "b1", "b2"].enumerated() {
                    tasks.addTask { try await semaphore.withPermit(of: String(name.prefix(1))) { await order.append(name) } }
                    // Keeps the order: each task waits before the next one starts.
                    while semaphore.waiting <= count { await Task.yield() }
                }
            }
            try await tasks.waitForAll()
        }
        #expect(await order.names == ["b1", "a1", "b2", "a2", "a3"])
    }

    @Test("a group limited to all but one permit leaves the last one to other groups, however long its queue")
    func others() async throws {
        let semaphore = FairSemaphore(permits: 2, permitsOfGroup: 1)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            try await semaphore.withPermit(of: "a") {
                tasks.addTask { try await semaphore.withPermit(of: "a") {} }
                while semaphore.waiting == 0 { await Task.yield() }
                let other = try await semaphore.withPermit(of: "b") { 1 }
                #expect(other == 1)
                #expect(semaphore.waiting == 1)
            }
            try await tasks.waitForAll()
        }
    }

    @Test("rejects tasks of a group with too many waiting, and tasks that wait too long; admits all others")
    func turnedAway() async throws {
        let semaphore = FairSemaphore(permits: 1, waitersOfGroup: 1)
        try await semaphore.withPermit(of: "a") {
            await #expect(throws: FairSemaphore.Refusal.late) { try await semaphore.withPermit(of: "a", within: .milliseconds(1)) {} }
            let waiting = Task { try await semaphore.withPermit(of: "a") { true } }
            while semaphore.waiting == 0 { await Task.yield() }
            await #expect(throws: FairSemaphore.Refusal.crowded) { try await semaphore.withPermit(of: "a") {} }
            let other = Task { try await semaphore.withPermit(of: "b") { true } }
            while semaphore.waiting == 1 { await Task.yield() }
            for task in [waiting, other] { task.cancel() }
            while semaphore.waiting > 0 { await Task.yield() }
        }
        let last = try await semaphore.withPermit(of: "a", within: .seconds(60)) { 1 }
        #expect(last == 1)
    }

    private actor Order {
        var names: [String] = []
        func append(_ name: String) { names.append(name) }
    }

    @Test("admits as many tasks as it has permits")
    func together() async throws {
        let semaphore = FairSemaphore(permits: 2)
        // With only one permit, the inner and the outer task would wait for each other.
        let inner = try await semaphore.withPermit { try await semaphore.withPermit { 1 } }
        #expect(inner == 1)
    }

    @Test("forgets cancelled waiters")
    func cancelled() async throws {
        let semaphore = FairSemaphore(permits: 1)
        try await semaphore.withPermit {
            let waiting = Task { try await semaphore.withPermit { true } }
            waiting.cancel()
            await #expect(throws: CancellationError.self) { try await waiting.value }
        }
        #expect(try await semaphore.withPermit { 1 } == 1)
    }
}
