import AllModules
@_spi(Host) import Common
import Coordination
@_spi(Host) @testable import Ingest
import Testing
import TestSupport

@Suite("Other hosts that are silent", .modules(.all), .timeLimit(.minutes(1)))
struct OtherHostsTests {
    @Test("an erasure says that a host doesn't respond, and a report as of when it is")
    func silent() async throws {
        try await withFolder { folder in
            let coordination = LocalCoordination(time: SystemTime()), line = try IngestWriterTests.Line(folder)
            let hosts = Hosts(coordination: coordination, id: "here", time: SystemTime())
            let others = OtherHosts(hosts: hosts, writer: line.writer, time: SystemTime(), erasureLimit: .milliseconds(10))
            let running = Task { await hosts.run(installation: "test", about: others.about) }
            try await line.running {
                // A host that says what it has applied, and then nothing more.
                while hosts.others.isEmpty {
                    try Task.checkCancellation()
                    try await coordination.publish("hosts:test", "here there 1000")
                    await Task.yield()
                }
                for change in [{ try await others.settleAll() }, { try await others.forget(7, of: 1) }] {
                    let error = await #expect(throws: ServiceError.self) { try await change() }
                    #expect(error?.status == 503 && error?.code == "host_silent" && error?.retryAfterSeconds == 10)
                }
                #expect(try await others.settle(1) == Instant(milliseconds: 1_000))
                try await coordination.publish("hosts:test", "gone there")
                while !hosts.others.isEmpty { await Task.yield() }
                try await others.settleAll()
                #expect(try await others.settle(1) == nil)
            }
            running.cancel()
        }
    }

    @Test("a host that is cut off from the coordination doesn't take itself for the only one")
    func cutOff() async throws {
        try await withFolder { folder in
            let coordination = CoordinationLine(), line = try IngestWriterTests.Line(folder), time = ManualTime("2026-03-02T12:00:00Z")
            coordination.isCut = true
            let hosts = Hosts(coordination: coordination, id: "here", time: time)
            let others = OtherHosts(hosts: hosts, writer: line.writer, time: time), start = time.now
            let running = Task { await hosts.run(installation: "test", about: others.about) }
            try await line.running {
                while hosts.isAlone {
                    try Task.checkCancellation()
                    await Task.yield()
                }
                for change in [{ try await others.settleAll() }, { try await others.forget(7, of: 1) }] {
                    let error = await #expect(throws: ServiceError.self) { try await change() }
                    #expect(error?.status == 503 && error?.code == "hosts_out_of_reach" && error?.retryAfterSeconds == 10)
                }
                #expect(try await others.settle(1) == start)
                coordination.isCut = false
                await coordination.resume()
                while !hosts.isAlone { await Task.yield() }
                try await others.settleAll()
                #expect(try await others.settle(1) == nil)
            }
            running.cancel()
        }
    }
}
