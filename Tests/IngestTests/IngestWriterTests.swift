import AllModules
import Common
import Foundation
@_spi(Host) @testable import Ingest
import Logging
import Metrics
@_spi(Host) import Storage
import Synchronization
import Testing
import TestSupport

@Suite("Ingest writer", .modules(.all), .timeLimit(.minutes(1)))
struct IngestWriterTests {
    static let away = ServiceError.unavailable(
        "events_unavailable",
        "The event store is unavailable at the moment. Events are kept and will appear later. Try again in 5 seconds.",
        retryAfterSeconds: 5)

    /// Retries until the writer has noticed that the store is back.
    private static func settleWhenBack(_ line: Line) async throws {
        while true {
            do { return try await line.writer.settle() } catch let error as ServiceError where error == away { await Task.yield() }
        }
    }

    /// A journal, a store that can be switched off, and the writer between them.
    struct Line: Sendable {
        let journal: Journal
        let store: FakeEventStore
        let counters = IngestCounters(metrics: NOOPMetricsHandler.instance)
        let writer: IngestWriter
        /// The rows passed to the fan-out, in order, with duplicates marked.
        let told: Told

        final class Told: Sendable {
            private let labels = Mutex<[String]>([])
            var all: [String] { labels.withLock { $0 } }
            func add(_ rows: [EncodedRow], _ duplicates: [Bool]) {
                labels.withLock { $0 += zip(rows, duplicates).map { $0.label + ($1 ? " again" : "") } }
            }
        }

        init(
            _ folder: String, _ store: FakeEventStore = FakeEventStore(), segmentBytes: Int64 = 1 << 20, maximumBytes: Int64 = 1 << 20,
            pause: Int = 0,
            now: (@Sendable () -> ContinuousClock.Instant)? = nil,
            logger: Logger = .quiet
        ) throws {
            let journal = try Journal(folder: folder, maximumBytes: maximumBytes, segmentBytes: segmentBytes), told = Told()
            var settings = IngestWriter.Settings()
            settings.intervalMilliseconds = pause
            if let now { settings.now = now }
            self.journal = journal
            self.store = store
            self.told = told
            writer = IngestWriter(
                journal: journal, events: store, tables: [FactTable("probe", [Column("label", .text)])], counters: counters,
                settings: settings, logger: logger, applied: { told.add($0, $1) })
        }

        /// Runs the writer while `body` runs.
        func running(_ body: () async throws -> Void) async throws {
            try await writer.recover()
            let run = Task { try await writer.run() }
            do { try await body() } catch {
                run.cancel()
                throw error
            }
            run.cancel()
            try await run.value
            journal.close()
        }
    }

    private func refusal(_ body: () async throws -> Void) async -> ServiceError? {
        do {
            try await body()
            return nil
        } catch { return error as? ServiceError }
    }

    @Test("stores acknowledged events in order, exactly once, and passes them to the fan-out")
    func order() async throws {
        try await withFolder { folder in
            let line = try Line(folder, segmentBytes: 300)
            try await line.running {
                for number in 0..<50 {
                    try await line.journal.append(record("\(number) a", "\(number) b"))
                    if number % 7 == 0 { try await line.writer.settle() }
                }
                try await line.writer.settle()
                let expected = (0..<50).flatMap { ["\($0) a", "\($0) b"] }
                #expect(line.store.labels == expected)
                #expect(line.told.all == expected)
                #expect(line.writer.appliedPosition >= line.journal.committedPosition)
                // The journal no longer needs any of the records.
                #expect(line.journal.backlogBytes == 0)
                #expect(try segments(in: folder).count == 1)
            }
        }
    }

    @Test("a report waits for events acknowledged before it, and for nothing else")
    func settle() async throws {
        try await withFolder { folder in
            // The pause would outlast the test, but reports make the writer hurry.
            let line = try Line(folder, pause: 3_600_000)
            try await line.running {
                try await line.writer.settle()
                for number in 0..<20 {
                    try await line.journal.append(record("\(number)"))
                    try await line.writer.settle()
                    #expect(line.store.labels.last == "\(number)")
                }
                // Concurrent reports share one wait.
                try await line.journal.append(record("last"))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for _ in 0..<50 {
                        group.addTask {
                            try await line.writer.settle()
                            #expect(line.store.labels.last == "last")
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    @Test(
        "store batches are sized to take 0.3 seconds, as measured, or 0.1 while another project sends events",
        arguments: [
            // Milliseconds per batch, and how many batches 640 KB take. The first has 64 KB, and none has less.
            (1_000, 11, true), (50, 5, true), (10, 2, true), (1_000, 11, false), (150, 5, false), (50, 3, false),
        ])
    func batchSizes(milliseconds: Int, batches: Int, isShared: Bool) async throws {
        try await withFolder { folder in
            let start = ContinuousClock.now, store = FakeEventStore()
            // Time passes only while the store applies a batch.
            let line = try Line(
                folder, store, pause: 3_600_000, now: { start + .milliseconds(milliseconds * store.read { $0.batches }) })
            for (project, isBatch) in [(1, true), (2, false)] as [(Int32, Bool)] where isShared {
                line.writer.acknowledged.note(project, upTo: .start, at: Instant(milliseconds: 0), isBatch: isBatch)
            }
            try await line.running {
                for _ in 0..<64 { try await line.journal.append(record(String(repeating: "x", count: 10_000))) }
                try await line.writer.settle()
                #expect(line.store.read { $0.batches } == batches)
                #expect(line.store.labels.count == 64)
            }
        }
    }

    @Test("a batch that exactly fills a segment doesn't keep reports waiting")
    func segmentEnd() async throws {
        try await withFolder { folder in
            // Each record begins a new segment, so the end is always the start of an empty one.
            let line = try Line(folder, segmentBytes: 1)
            try await line.running {
                for number in 0..<20 {
                    try await line.journal.append(record("\(number)"))
                    #expect(line.journal.committedPosition.offset == 0)
                    try await line.writer.settle()
                    #expect(line.store.labels.count == number + 1)
                }
            }
        }
    }

    @Test("while the store is down events wait and reports fail; afterwards everything is stored once and in order")
    func away() async throws {
        try await withFolder { folder in
            let line = try Line(folder)
            try await line.running {
                try await line.journal.append(record("before"))
                try await line.writer.settle()
                line.store.setAway(true)
                for number in 0..<10 { try await line.journal.append(record("\(number)")) }
                await line.store.wait { $0.refusals >= 1 }
                #expect(await refusal { try await line.writer.settle() } == Self.away)
                // The writer keeps retrying, and reports don't wait for it.
                await line.store.wait { $0.refusals >= 3 }
                #expect(await refusal { try await line.writer.settle() } == Self.away)
                #expect(line.writer.failure == "the fake store is away")
                #expect(line.store.labels == ["before"])
                #expect(line.journal.backlogBytes > 0)
                try await line.journal.append(record("10"))

                line.store.setAway(false)
                await line.store.wait { $0.rows.count == 12 }
                try await Self.settleWhenBack(line)
                #expect(line.writer.failure == nil)
                #expect(line.store.labels == ["before"] + (0...10).map(String.init))
                #expect(line.told.all == line.store.labels)
                #expect(line.journal.backlogBytes == 0)
            }
        }
    }

    @Test("a report that is already waiting fails when the store goes down")
    func awayWhileWaiting() async throws {
        try await withFolder { folder in
            let line = try Line(folder, pause: 3_600_000)
            try await line.running {
                line.store.setAway(true)
                try await line.journal.append(record("a"))
                #expect(await refusal { try await line.writer.settle() } == Self.away)
                line.store.setAway(false)
                await line.store.wait { $0.rows.count == 1 }
            }
        }
    }

    @Test("a full journal accepts events again as soon as the store is back")
    func fullAndBack() async throws {
        try await withFolder { folder in
            let line = try Line(folder, segmentBytes: 200, maximumBytes: 1_000)
            try await line.running {
                line.store.setAway(true)
                var kept = 0
                while await refusal({ try await line.journal.append(record("\(kept)")) }) == nil { kept += 1 }
                #expect(kept > 5)
                #expect(await refusal { try await line.journal.append(record("x")) } == JournalRoomTests.full)
                line.store.setAway(false)
                await line.store.wait { [kept] in $0.rows.count == kept }
                try await Self.settleWhenBack(line)
                try await line.journal.append(record("after"))
                try await line.writer.settle()
                #expect(line.store.labels == (0..<kept).map(String.init) + ["after"])
            }
        }
    }

    @Test("stored events can be removed from the journal's files, and are removed at shutdown")
    func dropStored() async throws {
        try await withFolder { folder in
            func contents() throws -> Data {
                try segments(in: folder).reduce(Data()) { try $0 + Data(contentsOf: URL(fileURLWithPath: folder + "/" + $1)) }
            }
            let line = try Line(folder, pause: 3_600_000)
            try await line.running {
                try await line.journal.append(record("secret"))
                #expect(try contents().range(of: Data("secret".utf8)) != nil)
                await line.writer.dropStored()
                #expect(try contents().isEmpty)
                try await line.journal.append(record("another"))
            }
            #expect(try contents().isEmpty)
            #expect(line.store.labels == ["secret", "another"])
        }
    }

    @Test("a shutdown applies the remaining events and logs nothing")
    func stops() async throws {
        try await withFolder { folder in
            let (logger, lines) = Logger.recording(.info)
            // The pause never ends by itself, so what arrives during it is left when the writer stops.
            let line = try Line(folder, pause: 600_000, logger: logger)
            try await line.running {
                try await line.journal.append(record("one"))
                try await line.writer.settle()
                try await line.journal.append(record("two", "three"))
            }
            #expect(line.store.labels == ["one", "two", "three"])
            // A stop begins a new segment after the applied position.
            #expect(line.journal.committedPosition == JournalPosition(segment: line.writer.appliedPosition.segment + 1, offset: 0))
            #expect(lines() == [])
        }
    }

    @Test("counts waiting events by project and hour until they are stored")
    func waiting() async throws {
        try await withFolder { folder in
            let line = try Line(folder)
            try await line.running {
                line.store.setAway(true)
                for (project, hour, labels) in [(1, 0, ["a", "b"]), (1, 3_600_000, ["c"]), (2, 0, ["d"])] as [(Int32, Int64, [String])] {
                    line.counters.kept(Int64(labels.count), of: project, at: hour)
                    try await line.journal.append(
                        JournalRecord.encode(
                            project: project, hour: hour, received: labels.count, refusals: [:],
                            rows: EncodedRows(
                                labels.map { row($0, project: project, hour: hour) } + [
                                    row("more", project: project, hour: hour, role: .follower)
                                ])))
                }
                #expect(line.counters.waiting(of: 1) == [0: 2, 3_600_000: 1])
                #expect(line.counters.waiting(of: 2) == [0: 1])
                #expect(line.counters.waiting(of: 3) == [:])
                line.store.setAway(false)
                await line.store.wait { $0.rows.count == 7 }
                try await Self.settleWhenBack(line)
                for project: Int32 in 1...2 { #expect(line.counters.waiting(of: project) == [:]) }
            }
        }
    }

    @Test("a batch carries its ledger entries, summed and without zeros")
    func ledger() async throws {
        try await withFolder { folder in
            let line = try Line(folder)
            for _ in 0..<3 { try await line.journal.append(record("a", "b", hour: 3_600_000, refusals: ["bot": 2])) }
            try await line.journal.append(record(project: 2, refusals: ["consent": 1]))
            try await line.writer.recover()
            #expect(line.store.read { $0.batches } == 1)
            #expect(
                Set(line.store.read { $0.ledger }) == [
                    LedgerEntry(project: 1, hour: 3_600_000, outcome: .received, reason: "", count: 12),
                    LedgerEntry(project: 1, hour: 3_600_000, outcome: .refused, reason: "bot", count: 6),
                    LedgerEntry(project: 2, hour: 0, outcome: .received, reason: "", count: 1),
                    LedgerEntry(project: 2, hour: 0, outcome: .refused, reason: "consent", count: 1),
                ])
        }
    }

    @Test("a shutdown applies acknowledged events; if the store is down, the next start applies them")
    func stop() async throws {
        try await withFolder { folder in
            let store = FakeEventStore()
            let line = try Line(folder, store, pause: 3_600_000)
            try await line.running { try await line.journal.append(record("a")) }
            #expect(store.labels == ["a"])

            let second = try Line(folder, store)
            try await second.running {
                store.setAway(true)
                try await second.journal.append(record("b"))
            }
            #expect(store.labels == ["a"])
            store.setAway(false)
            let third = try Line(folder, store)
            try await third.writer.recover()
            #expect(store.labels == ["a", "b"])
        }
    }
}
