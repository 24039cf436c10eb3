import Common
@testable import Ingest
import Storage
import Testing

@Suite("Batch door", .timeLimit(.minutes(1)))
struct BatchDoorTests {
    /// A writer that makes 1,000 bytes a second, so that 200 may wait for it where several projects send, and 600 where one does.
    private struct House {
        let journal: Journal
        let acknowledged = Acknowledged()
        let door: BatchDoor

        init(_ folder: String, maximumBytes: Int64 = 1 << 20, isShared: Bool = true, _ change: (inout BatchDoor.Settings) -> Void = { _ in }) throws {
            journal = try Journal(folder: folder, maximumBytes: maximumBytes)
            var settings = BatchDoor.Settings()
            settings.patience = .seconds(3_600)
            change(&settings)
            door = BatchDoor(journal, acknowledged, settings)
            applied(upTo: 0)
            if isShared {
                note(1, atMilliseconds: 0, isBatch: true)
                note(2, atMilliseconds: 0, isBatch: false)
            }
        }

        func applied(upTo end: Int64) { door.applied(upTo: Self.position(end), bytesPerSecond: 1_000) }

        func note(_ project: Int32, atMilliseconds at: Int64, isBatch: Bool) {
            acknowledged.note(project, upTo: .start, at: Instant(milliseconds: at), isBatch: isBatch)
        }

        /// For a batch that is let in at once.
        func enters(_ project: Int32, _ bytes: Int) async throws -> BatchDoor.Pass? {
            try await door.enter(project, bytes: bytes) { Issue.record("project \(project) waits") }
        }

        /// Returns once the batch waits.
        func waits(_ project: Int32, _ bytes: Int) async -> Task<BatchDoor.Pass?, any Error> {
            let (waiting, signal) = AsyncStream<Void>.makeStream()
            let task = Task { try await door.enter(project, bytes: bytes) { signal.yield() } }
            for await _ in waiting { break }
            return task
        }

        static func position(_ end: Int64) -> JournalPosition { JournalPosition(segment: 1, offset: end) }

        func keep(_ pass: BatchDoor.Pass?, _ bytes: Int, until end: Int64) {
            door.leave(pass, bytes: bytes, keptUntil: Self.position(end))
        }
    }

    @Test("lets batches in while the writer has little to do, and more as it gets on")
    func order() async throws {
        try await withFolder { folder in
            let house = try House(folder)
            for number in 1...2 { house.keep(try await house.enters(1, 150), 150, until: Int64(number) * 150) }
            let third = await house.waits(1, 150), fourth = await house.waits(1, 10)
            house.applied(upTo: 150)
            #expect(try await third.value != nil)
            house.applied(upTo: 300)
            #expect(try await fourth.value != nil)
        }
    }

    @Test("imports have more room, until another project's event comes, and again a second after that")
    func alone() async throws {
        try await withFolder { folder in
            let house = try House(folder, isShared: false)
            for project: Int32 in [2, 1] { house.note(project, atMilliseconds: 0, isBatch: true) }
            // Of its own project.
            house.note(1, atMilliseconds: 0, isBatch: false)
            for number in 1...3 { house.keep(try await house.enters(1, 200), 200, until: Int64(number) * 200) }
            let full = await house.waits(1, 10)
            house.applied(upTo: 600)
            #expect(try await full.value != nil)
            house.note(2, atMilliseconds: 999, isBatch: false)
            house.keep(try await house.enters(1, 200), 200, until: 800)
            let shared = await house.waits(1, 10)
            house.note(1, atMilliseconds: 1_999, isBatch: true)
            house.applied(upTo: 600)
            #expect(try await shared.value != nil)
        }
    }

    @Test("counts what a batch takes in the journal, once it is there, and nothing for one that was not kept")
    func sizes() async throws {
        try await withFolder { folder in
            let house = try House(folder)
            house.keep(try await house.enters(1, 10_000), 100, until: 100)
            house.door.leave(try await house.enters(1, 10_000), bytes: 0, keptUntil: nil)
            // Applied before its sender was back.
            house.applied(upTo: 50)
            house.keep(try await house.enters(1, 10_000), 10_000, until: 40)
            _ = try await house.enters(1, 150)
            let last = await house.waits(1, 1)
            house.applied(upTo: 100)
            #expect(try await last.value != nil)
        }
    }

    @Test("a project's batch never waits because of another project, and what waits is shared out evenly")
    func projects() async throws {
        try await withFolder { folder in
            let house = try House(folder)
            for end: Int64 in [190, 380] { house.keep(try await house.enters(1, 190), 190, until: end) }
            let first = await house.waits(1, 20)
            house.keep(try await house.enters(2, 90), 90, until: 470)
            // A second one as long as it has less than its half.
            house.keep(try await house.enters(2, 95), 95, until: 565)
            let second = await house.waits(2, 10)
            // There is room for one: it is for the project that has nothing in.
            house.applied(upTo: 380)
            #expect(try await first.value != nil)
            let third = await house.waits(2, 10)
            house.applied(upTo: 470)
            #expect(try await second.value != nil)
            house.applied(upTo: 565)
            #expect(try await third.value != nil)
        }
    }

    @Test("one that waits too long is refused with 429 and when to come again, and is forgotten")
    func patience() async throws {
        try await withFolder { folder in
            let house = try House(folder) { $0.patience = .zero }
            house.keep(try await house.enters(1, 2_500), 2_500, until: 2_500)
            for (bytes, sentence) in [(400, "Retry after 3 seconds."), (10, "Retry after 3 seconds.")] {
                await #expect(throws: ServiceError(
                    status: 429, code: "too_fast", message: "Events arrive faster than they can be stored. \(sentence)", retryAfterSeconds: 3)
                ) { _ = try await house.door.enter(1, bytes: bytes) {} }
            }
            house.applied(upTo: 2_500)
            house.keep(try await house.enters(1, 50), 50, until: 2_550)
            await #expect(throws: Never.self) { _ = try await house.enters(1, 10) }
        }
    }

    @Test("so much waits and no more, of one project and of all")
    func waitingBytes() async throws {
        try await withFolder { folder in
            let house = try House(folder) { settings in
                settings.waitingBytes = 100
                settings.allWaitingBytes = 250
            }
            for project: Int32 in 1...3 { _ = try await house.enters(project, 200) }
            func isRefused(_ project: Int32, _ bytes: Int) async -> Bool {
                do { _ = try await house.door.enter(project, bytes: bytes) { Issue.record("it waits") } } catch { return (error as? ServiceError)?.status == 429 }
                return false
            }
            var waiting = [await house.waits(1, 60)]
            #expect(await isRefused(1, 41))
            waiting.append(await house.waits(1, 40))
            // A larger one may wait where no other of its project does.
            waiting.append(await house.waits(2, 120))
            #expect(await isRefused(3, 31))
            waiting.append(await house.waits(3, 30))
            house.door.setOpen(true)
            for task in waiting { _ = try await task.value }
        }
    }

    @Test("while the store is away all come in, until half of the journal is full")
    func away() async throws {
        try await withFolder { folder in
            let house = try House(folder, maximumBytes: 1_000)
            for _ in 0..<2 { _ = try await house.enters(1, 150) }
            let waiting = await house.waits(1, 150)
            house.door.setOpen(true)
            _ = try await waiting.value
            for _ in 0..<5 { #expect(try await house.enters(1, 1_000) == nil) }
            try await house.journal.append([UInt8](repeating: 0, count: 492))
            await #expect(throws: JournalRoomTests.full) { _ = try await house.enters(1, 1) }
            // The other half is for live events.
            try await house.journal.append([UInt8](repeating: 0, count: 400))
            house.door.setOpen(false)
            let last = await house.waits(1, 150)
            house.door.setOpen(true)
            _ = try await last.value
        }
    }
}
