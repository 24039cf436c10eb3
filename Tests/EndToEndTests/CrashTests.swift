import AllModules
import Core
import Foundation
import Testing
@testable import TestSupport

/// Repeated `kill -9` under load, each followed by a start.
@Suite("Crashes", .modules(.all), .serialized)
struct CrashTests {
    @Test("acknowledged events are stored exactly once, however often Pulse is killed", arguments: Profile.available)
    func kills(profile: Profile) async throws {
        let kills = profile == .embedded ? Effort.rounds(8, long: 100) : Effort.rounds(5, long: 50)
        try await withFolder { folder in
            let setup = PulseProcess.Setup(folder: folder, environment: try await profile.environment())
            var random = SeededRandom(2_026)
            var pulse = try await setup.start()
            let keys = try await pulse.createProject()
            let senders = Senders()
            try await senders.run(4, seed: 7) {
                for number in 1...kills {
                    let before = senders.acknowledged
                    senders.aim(pulse, keys)
                    // Every other process is killed only when there is something to lose.
                    if number.isMultiple(of: 2) {
                        try await Patience.until("events were acknowledged") { senders.acknowledged > before + 12 ? () : nil }
                    }
                    try await Task.sleep(for: .milliseconds(Int.random(in: 1...800, using: &random)))
                    try await pulse.child.kill9()
                    senders.aim(nil, keys)
                    if profile == .embedded, number % 3 == 0 { try Self.tear(setup, &random) }
                    // Some processes are killed before they serve.
                    if number % 5 == 0 {
                        let child = try setup.spawn()
                        try await Task.sleep(for: .milliseconds(Int.random(in: 50...500, using: &random)))
                        try await child.kill9()
                    }
                    pulse = try await setup.start()
                }
            }
            try await senders.check(pulse, keys)
            // There was something to lose, and some requests were never acknowledged.
            #expect(senders.acknowledged > kills * 5)
            #expect(senders.unacknowledged > 0)
            #expect(try await pulse.stop() == 0)

            // A clean start afterwards finds the same data.
            pulse = try await setup.start()
            try await senders.check(pulse, keys)
            #expect(try await pulse.stop() == 0)
        }
    }

    @Test("a restore killed at any moment leaves the old data, the backup's data, or a folder on which nothing starts")
    func killedRestores() async throws {
        try await withFolder { folder in
            let setup = PulseProcess.Setup(folder: folder), backup = folder + "/backup"
            var pulse = try await setup.start()
            let keys = try await pulse.createProject(), event = #"{"type":"pageview","path":"/"}"#
            #expect(try await pulse.collect(event, keys).status == 200)
            #expect(try await setup.spawn(["backup", backup]).exit(within: 60) == 0)
            #expect(try await pulse.collect(event, keys).status == 200)
            #expect(try await pulse.stop() == 0)
            for milliseconds in stride(from: 0, through: 1_500, by: 250) {
                let restore = try setup.spawn(["restore", backup, "--force"])
                try await Task.sleep(for: .milliseconds(milliseconds))
                try? await restore.kill9()
                if FileManager.default.fileExists(atPath: setup.data + "/restore-unfinished") {
                    let host = try setup.spawn()
                    #expect(try await host.exit(within: 60) != 0)
                    #expect(host.output.contains("did not finish"), "\(host.output)")
                } else {
                    pulse = try await setup.start()
                    #expect([1, 2].contains(try await pulse.balance(keys).stored))
                    #expect(try await pulse.stop() == 0)
                }
            }
            #expect(try await setup.spawn(["restore", backup, "--force"]).exit(within: 60) == 0)
            pulse = try await setup.start()
            #expect(try await pulse.balance(keys).stored == 1)
            #expect(try await pulse.stop() == 0)
        }
    }

    /// Appends what a power failure leaves at the end of the journal: the beginning of an unacknowledged record.
    private static func tear(_ setup: PulseProcess.Setup, _ random: inout SeededRandom) throws {
        let folder = setup.data + "/journal"
        let segments = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".journal") }
        guard let newest = segments.max() else { return }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder + "/" + newest))
        try file.seekToEnd()
        var torn = Data([200, 1, 0, 0])  // a record of 456 bytes ...
        for _ in 0..<Int.random(in: 0...400, using: &random) { torn.append(UInt8.random(in: 0...255, using: &random)) }
        try file.write(contentsOf: torn)  // ... of which only the beginning was written
        try file.close()
    }
}
