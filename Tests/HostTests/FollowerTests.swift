import AllModules
import Core
@testable import Host
@_spi(Host) @testable import Ingest
@_spi(Host) import Operations
@_spi(Host) import Storage
import Synchronization
import Testing
import TestSupport

/// Followers of the journal see every stored event, in order, at least once.
@Suite("Followers of the journal", .modules(.all), .timeLimit(.minutes(1)))
struct FollowerTests {
    /// Notes the paths of the pageviews that it takes.
    private final class Follower: JournalFollower {
        let name: String
        private let state = Mutex((paths: [String](), failures: 0))

        init(_ name: String = "test", failing failures: Int = 0) {
            self.name = name
            state.withLock { $0.failures = failures }
        }

        var paths: [String] { state.withLock { $0.paths } }

        func take(_ batch: FollowedBatch) async throws {
            let place = Activity.table.allColumns.firstIndex { $0.name == "path" }!
            try state.withLock { state in
                if state.failures > 0 {
                    state.failures -= 1
                    throw ServiceError.unavailable("test", "The follower takes nothing yet.")
                }
                for row in batch.rows where batch.tables[row.header.table] == Activity.table {
                    state.paths.append(row.values[place].text ?? "")
                }
            }
        }

        func has(_ count: Int) async { while paths.count < count { await Task.yield() } }
    }

    private static func collect(_ app: TestApp, _ paths: [String], ids: Bool = false) async throws {
        let events = paths.map { #"{"type":"pageview","path":"\#($0)","visitor_id":"v"\#(ids ? #","event_id":"\#($0)""# : "")}"# }
        let answer = try await app.collect("[\(events.joined(separator: ","))]")
        #expect(answer.status == 200)
    }

    @Test("sees events in order and without duplicates, in one request or in several", arguments: Profile.available)
    func order(profile: Profile) async throws {
        let follower = Follower()
        try await TestApp.run(profile, followers: [follower]) { app in
            try await Self.collect(app, ["/1", "/2", "/1", "/3"], ids: true)
            try await Self.collect(app, ["/2", "/2", "/4", "/1"], ids: true)
            try await Self.collect(app, ["/1", "/3"], ids: true)
            try await Self.collect(app, ["/5", "/5"])
            await follower.has(6)
            #expect(follower.paths == ["/1", "/2", "/3", "/4", "/5", "/5"])
        }
    }

    @Test("goes on after a restart where it was; a batch that it did not take comes again", arguments: Profile.available)
    func restarts(profile: Profile) async throws {
        let scratch = try Scratch(), environment = try await profile.environment(), data = scratch.path + "/data"
        func run(_ follower: Follower, _ body: @escaping @Sendable (TestApp) async throws -> Void) async throws {
            try await TestApp.run(in: data, environment: environment, followers: [follower], body)
        }
        let first = Follower()
        try await run(first) { app in
            try await Self.collect(app, ["/1", "/2"])
            await first.has(2)
        }
        // This one takes nothing before the host ends.
        let second = Follower(failing: .max)
        try await run(second) { app in
            try await Self.collect(app, ["/3", "/4", "/3"], ids: true)
            _ = try await app.get("/api/v1/stats")
        }
        #expect(second.paths.isEmpty)
        let third = Follower(failing: 1)
        try await run(third) { app in
            try await Self.collect(app, ["/5"])
            await third.has(3)
            #expect(third.paths == ["/3", "/4", "/5"])
        }
        // A new follower begins with what arrives from now on.
        let new = Follower("other")
        try await run(new) { app in
            try await Self.collect(app, ["/6"])
            await new.has(1)
            #expect(new.paths == ["/6"])
        }
    }

    @Test("one that is too far behind loses the oldest events, no more than it must, and the journal stays bounded")
    func bound() async throws {
        try await TestApp.run { app in
            let folder = try Scratch(), events = app.installation.engines.events, control = app.installation.engines.control
            let journal = try Journal(folder: folder.path + "/journal", segmentBytes: 1_000)
            let follower = Follower(), metrics = app.installation.telemetry.metrics
            var settings = Followers.Settings()
            settings.maximumBytes = 5_000
            let followers = Followers(
                [follower], journal: journal, events: events, control: control, tables: [Activity.table], unnamed: [[Activity.table]],
                settings: settings, time: app.time, metrics: metrics, logger: .quiet)
            try await followers.begin()
            for number in 0..<100 {
                var rows = EncodedRows()
                rows.append(.init(table: 0, project: 1, hour: 0)) { row in
                    for column in Activity.table.allColumns { column.name == "path" ? row.append("/\(number)") : row.appendNull() }
                }
                try await journal.append(
                    JournalRecord.encode(project: 1, hour: 0, received: 1, refusals: [:], rows: rows))
                journal.release(before: journal.committedPosition)
                followers.advance(to: journal.committedPosition)
                #expect(journal.bytes(from: .start) <= 6_200)
            }
            let run = Task { try await followers.run() }
            while follower.paths.last != "/99" { await Task.yield() }
            run.cancel()
            try await run.value
            let taken = follower.paths
            #expect(taken == (100 - taken.count..<100).map { "/\($0)" })
            // The newest whole segments of at most 5,000 bytes.
            let kept = journal.bytes(from: journal.start(ofLast: 5_000))
            #expect(taken.count > 10 && taken.count < 100 && kept > 3_900)
            let missed = metrics.render().split(separator: "\n").first { $0.hasPrefix("ingest_follower_missed_bytes_total{") }
            #expect(missed?.contains(#"follower="test""#) == true)
            journal.close()
        }
    }
}
