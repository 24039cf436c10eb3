@_spi(Host) import Common
@testable import Coordination
import Synchronization
import Testing
import TestSupport

@Suite("Hosts that ask each other", .timeLimit(.minutes(1)))
struct HostsTests {
    /// Runs hosts with these names until `body` ends.
    private static func run(
        _ names: [String], _ coordination: any Coordination, time: any TimeSource = SystemTime(),
        installation: String = RedisTestServer.name(),
        _ body: ([Hosts]) async throws -> Void
    ) async throws {
        let hosts = names.map { Hosts(coordination: coordination, id: $0, time: time) }
        for host in hosts {
            host.answer("echo") { text in "\(host.id) heard \(text)" }
            host.answer("never") { _ in throw CancellationError() }
        }
        let running = hosts.map { host in Task { await host.run(installation: installation) { "about \(host.id)" } } }
        for host in hosts { while host.others.count < hosts.count - 1 { try await Self.next() } }
        try await body(hosts)
        for task in running { task.cancel() }
        for task in running { await task.value }
    }

    private static func next() async throws {
        try Task.checkCancellation()
        await Task.yield()
    }

    @Test("all hosts reply to a question, with its text", arguments: CoordinationEngine.all)
    func replies(engine: CoordinationEngine) async throws {
        try await engine.use { coordination in
            try await Self.run(["a", "b", "c"], coordination) { hosts in
                for number in 0..<20 {
                    let replies = await hosts[0].ask("echo", "two words \(number)", within: .seconds(30))
                    #expect(replies.replies == ["b": "b heard two words \(number)", "c": "c heard two words \(number)"])
                    #expect(replies.missing.isEmpty)
                }
            }
        }
    }

    @Test("a host that gives no reply in time is named, with what it said of itself")
    func missing() async throws {
        let coordination = LocalCoordination(time: SystemTime())
        try await Self.run(["a", "b"], coordination) { hosts in
            for topic in ["never", "unknown"] {
                let replies = await hosts[0].ask(topic, within: .milliseconds(20))
                #expect(replies.replies.isEmpty && replies.missing == ["b": "about b"])
            }
            let asking = Task { await hosts[0].ask("never", within: .seconds(3_600)) }
            asking.cancel()
            #expect(await asking.value.missing == ["b": "about b"])
        }
    }

    @Test("a host that stops or falls silent is no longer waited for, and hosts of other installations are not heard")
    func silence() async throws {
        let coordination = LocalCoordination(time: SystemTime()), time = ManualTime("2026-03-02T12:00:00Z")
        try await Self.run(["a", "b"], coordination, time: time, installation: "one") { hosts in
            try await Self.run(["c", "d"], coordination, installation: "two") { others in
                #expect(hosts[0].others == ["b"] && others[0].others == ["d"])
            }
            let host = Hosts(coordination: coordination, id: "e", time: time)
            let running = Task { await host.run(installation: "one") { "" } }
            while hosts[0].others != ["b", "e"] { try await Self.next() }
            running.cancel()
            await running.value
            while hosts[0].others != ["b"] { try await Self.next() }
            // Nobody says anything for ten seconds of this clock.
            time.advance(seconds: Hosts.silenceSeconds)
            let alone = await hosts[0].ask("echo", within: .seconds(3_600))
            #expect(alone.missing.isEmpty)
        }
    }

    @Test("a host that is cut off from the coordination still knows the others, asks nobody, and takes part again when it is back")
    func cutOff() async throws {
        let line = CoordinationLine(), time = ManualTime("2026-03-02T12:00:00Z")
        try await Self.run(["a", "b"], line, time: time) { hosts in
            line.isCut = true
            var replies = await hosts[0].ask("echo", within: .seconds(3_600))
            // What was on its way may arrive after the cut.
            while replies.cutOffSince == nil {
                time.advance(seconds: 6)
                try await Self.next()
                replies = await hosts[0].ask("echo", within: .seconds(3_600))
            }
            let since = replies.cutOffSince
            for _ in 0..<2 {
                #expect(replies.replies.isEmpty && replies.missing == ["b": "about b"] && replies.cutOffSince == since)
                #expect(hosts[0].others == ["b"] && !hosts[0].isAlone)
                time.advance(seconds: 3_600)
                replies = await hosts[0].ask("echo", within: .seconds(3_600))
            }
            line.isCut = false
            await line.resume()
            replies = await hosts[0].ask("echo", "you", within: .seconds(3_600))
            while replies.replies != ["b": "b heard you"] {
                try await Self.next()
                replies = await hosts[0].ask("echo", "you", within: .seconds(3_600))
            }
            #expect(replies.missing.isEmpty && replies.cutOffSince == nil)
        }
    }

    @Test("a host that can't reach the coordination from its start doesn't take itself for the only one")
    func cutOffFromTheStart() async throws {
        let line = CoordinationLine(), time = ManualTime("2026-03-02T12:00:00Z"), start = time.now
        line.isCut = true
        let host = Hosts(coordination: line, id: "a", time: time)
        #expect(host.isAlone)
        let running = Task { await host.run(installation: "one") { "" } }
        while host.isAlone { try await Self.next() }
        let replies = await host.ask("echo", within: .seconds(3_600))
        #expect(replies.missing.isEmpty && replies.cutOffSince == start)
        line.isCut = false
        await line.resume()
        while !host.isAlone { try await Self.next() }
        running.cancel()
        await running.value
    }
}
