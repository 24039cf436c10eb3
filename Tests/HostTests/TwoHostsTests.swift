import AllModules
import Coordination
import Core
import Foundation
@testable import Host
@_spi(Host) import Ingest
import NIOCore
import Synchronization
import Testing
import TestSupport

/// Two hosts over one database and one Redis: each sees what the other has acknowledged.
@Suite("Two hosts", .modules(.all), .enabled(if: Profile.available.contains(.server)), .timeLimit(.minutes(1)))
struct TwoHostsTests {
    /// Runs two hosts that know each other. The second has the first one's keys.
    private static func run(_ body: @escaping @Sendable (_ first: TestApp, _ second: TestApp) async throws -> Void) async throws {
        let scratch = try Scratch(), environment = try await Profile.server.environment()
        try await TestApp.run(in: scratch.path + "/a", environment: environment) { first in
            try await TestApp.run(in: scratch.path + "/b", environment: environment) { second in
                try await until { !first.installation.hosts.others.isEmpty && !second.installation.hosts.others.isEmpty }
                try await body(first, second)
            }
        }
    }

    private static func until(_ holds: () -> Bool) async throws {
        while !holds() {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test("a report on one host sees what the other has acknowledged")
    func report() async throws {
        try await Self.run { first, second in
            for number in 1...10 {
                let (here, there) = number % 2 == 0 ? (first, second) : (second, first)
                try await here.collect(#"{"type":"pageview","path":"/\#(number)","visitor_id":"v\#(number)"}"#)
                let stats = try await there.get("/api/v1/stats")
                #expect(try stats.json()["current"]?["pageviews"]?.integer == Int64(number))
                #expect(stats.headers[.init("X-Pulse-As-Of")!] == nil)
            }
        }
    }

    @Test("a visit whose events reach both hosts is one session")
    func visit() async throws {
        try await Self.run { first, second in
            // The third event reaches the host of the first one again, which has the session in memory; another has joined it meanwhile.
            for (number, (here, there)) in [(first, second), (second, first), (first, second)].enumerated() {
                for app in [first, second] { app.time.advance(seconds: 600) }
                // Until they have heard each other at the new time.
                try await Self.until { !first.installation.hosts.others.isEmpty && !second.installation.hosts.others.isEmpty }
                try await here.collect(#"{"type":"pageview","path":"/\#(number)","visitor_id":"ada"}"#)
                let stats = try await there.get("/api/v1/stats").json()["current"]
                #expect(stats?["sessions"]?.integer == 1)
                #expect(stats?["avg_duration"]?.number == Double(number * 600))
                #expect(stats?["bounce_rate"]?.number == (number == 0 ? 100 : 0))
            }
        }
    }

    @Test("an erasure on one host erases what the other has acknowledged, and the other forgets the visitor")
    func erasure() async throws {
        try await Self.run { first, second in
            for number in 1...3 {
                try await second.collect(#"{"type":"identify","visitor_id":"ada","payload":{"user_id":"u","traits":{"n":\#(number)}}}"#)
                try await second.collect(#"{"type":"pageview","path":"/","visitor_id":"ada"}"#)
                let visitor = "/api/admin/projects/\(first.project.id)/privacy/visitors/ada"
                #expect(try await first.delete(visitor, as: .token).status == 204)
                let export = try await second.get(visitor + "/export", as: .token).json()
                #expect(export["pageviews"]?.elements.isEmpty == true && export["identity"]?.members.isEmpty == true)
                // The visitor who comes back has a name and a session of its own again.
                try await second.collect(#"{"type":"identify","visitor_id":"ada","payload":{"user_id":"u"}}"#)
                #expect(try await first.get("/api/v1/identity/profiles/ada").status == 200)
            }
        }
    }

    @Test("an erasure on a host without a module erases its rows that the other host stored, whichever started first")
    func erasureWithoutModule() async throws {
        let scratch = try Scratch(), environment = try await Profile.server.environment()
        try await TestApp.run(in: scratch.path + "/a", environment: environment, yaml: "modules: {disabled: [logs]}") { first in
            try await TestApp.run(in: scratch.path + "/b", environment: environment) { second in
                try await Self.until { !first.installation.hosts.others.isEmpty && !second.installation.hosts.others.isEmpty }
                try await second.collect(#"{"type":"log","level":"info","message":"hello","visitor_id":"ada"}"#)
                let visitor = "/api/admin/projects/\(first.project.id)/privacy/visitors/ada"
                #expect(try await first.get(visitor + "/export", as: .token).body.contains("hello"))
                #expect(try await first.delete(visitor, as: .token).status == 204)
                #expect(try await second.get("/api/v1/logs").json()["data"]?.elements.isEmpty == true)
            }
        }
    }

    @Test("watchers on either host see what both collect, with their own rights")
    func stream() async throws {
        try await Self.run { first, second in
            let number = first.project.number
            let here = try await first.installation.stream.watch(number) { { $0 == "core" } }
            let there = try await second.installation.stream.watch(number) { { _ in true } }
            try await first.collect(#"{"type":"pageview","path":"/first"}"#)
            try await second.collect(#"{"type":"log","level":"info","message":"hello"}"#)
            try await second.collect(#"{"type":"pageview","path":"/second"}"#)
            func read(_ events: AsyncStream<ByteBuffer>, until count: Int) async -> [String] {
                var found: [String] = []
                for await event in events {
                    for text in String(buffer: event).components(separatedBy: "\n\n") where text.hasPrefix("event:") {
                        found.append(["/first", "/second", "hello"].first(where: text.contains) ?? text)
                    }
                    if found.count >= count { break }
                }
                return found.sorted()
            }
            #expect(await read(there, until: 3) == ["/first", "/second", "hello"])
            #expect(await read(here, until: 2) == ["/first", "/second"])
        }
    }

    @Test("a host that has stopped delays no erasure")
    func stopped() async throws {
        let scratch = try Scratch(), environment = try await Profile.server.environment()
        try await TestApp.run(in: scratch.path + "/a", environment: environment) { first in
            try await TestApp.run(in: scratch.path + "/b", environment: environment) { second in
                try await Self.until { !first.installation.hosts.others.isEmpty }
            }
            try await Self.until { first.installation.hosts.others.isEmpty }
            let visitor = "/api/admin/projects/\(first.project.id)/privacy/visitors/ada"
            #expect(try await first.delete(visitor, as: .token).status == 204)
        }
    }
}
