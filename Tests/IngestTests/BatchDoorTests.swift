import AllModules
import Common
@_spi(Host) @testable import Ingest
@_spi(Host) import Storage
import Testing
import TestSupport

@Suite("Batch door", .modules(.all), .timeLimit(.minutes(1)))
struct BatchDoorTests {
    /// A writer that stores 1,000 bytes a second: its backlog may hold 200 bytes when several projects send, and 600 when only one does.
    private struct Host {
        let journal: Journal
        let acknowledged = Acknowledged()
        let door: BatchDoor

        init(
            _ folder: String, maximumBytes: Int64 = 1 << 20, isShared: Bool = true, _ change: (inout BatchDoor.Settings) -> Void = { _ in }
        ) throws {
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

        /// Enters with a batch that must be admitted without waiting.
        func enters(_ project: Int32, _ bytes: Int) async throws -> BatchDoor.Pass? {
            try await door.enter(project, bytes: bytes) { Issue.record("project \(project) waits") }
        }

        /// Returns once the batch is waiting.
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

    @Test("admits batches while the writer has little to do, and more as it catches up")
    func order() async throws {
        try await withFolder { folder in
            let host = try Host(folder)
            for number in 1...2 { host.keep(try await host.enters(1, 150), 150, until: Int64(number) * 150) }
            let third = await host.waits(1, 150), fourth = await host.waits(1, 10)
            host.applied(upTo: 150)
            #expect(try await third.value != nil)
            host.applied(upTo: 300)
            #expect(try await fourth.value != nil)
        }
    }

    @Test("an import gets more room until another project sends an event, and again one second after that")
    func alone() async throws {
        try await withFolder { folder in
            let host = try Host(folder, isShared: false)
            for project: Int32 in [2, 1] { host.note(project, atMilliseconds: 0, isBatch: true) }
            // An event of the importing project changes nothing.
            host.note(1, atMilliseconds: 0, isBatch: false)
            for number in 1...3 { host.keep(try await host.enters(1, 200), 200, until: Int64(number) * 200) }
            let full = await host.waits(1, 10)
            host.applied(upTo: 600)
            #expect(try await full.value != nil)
            host.note(2, atMilliseconds: 999, isBatch: false)
            host.keep(try await host.enters(1, 200), 200, until: 800)
            let shared = await host.waits(1, 10)
            host.note(1, atMilliseconds: 1_999, isBatch: true)
            host.applied(upTo: 600)
            #expect(try await shared.value != nil)
        }
    }

    @Test("counts a batch's journal bytes once it is written, and nothing for one that was not kept")
    func sizes() async throws {
        try await withFolder { folder in
            let host = try Host(folder)
            host.keep(try await host.enters(1, 10_000), 100, until: 100)
            host.door.leave(try await host.enters(1, 10_000), bytes: 0, keptUntil: nil)
            // This batch was applied before its sender could report it.
            host.applied(upTo: 50)
            host.keep(try await host.enters(1, 10_000), 10_000, until: 40)
            _ = try await host.enters(1, 150)
            let last = await host.waits(1, 1)
            host.applied(upTo: 100)
            #expect(try await last.value != nil)
        }
    }

    @Test("a project's batch never waits because of another project, and free room is shared evenly")
    func projects() async throws {
        try await withFolder { folder in
            let host = try Host(folder)
            for end: Int64 in [190, 380] { host.keep(try await host.enters(1, 190), 190, until: end) }
            let first = await host.waits(1, 20)
            host.keep(try await host.enters(2, 90), 90, until: 470)
            // A second batch gets in while the project uses less than its half.
            host.keep(try await host.enters(2, 95), 95, until: 565)
            let second = await host.waits(2, 10)
            // There is room for one batch, and the project with nothing in the backlog gets it.
            host.applied(upTo: 380)
            #expect(try await first.value != nil)
            let third = await host.waits(2, 10)
            host.applied(upTo: 470)
            #expect(try await second.value != nil)
            host.applied(upTo: 565)
            #expect(try await third.value != nil)
        }
    }

    @Test("a batch that waits too long gets a 429 with Retry-After, and no longer counts as waiting")
    func patience() async throws {
        try await withFolder { folder in
            let host = try Host(folder) { $0.patience = .zero }
            host.keep(try await host.enters(1, 2_500), 2_500, until: 2_500)
            for (bytes, sentence) in [(400, "Retry after 3 seconds."), (10, "Retry after 3 seconds.")] {
                await #expect(
                    throws: ServiceError(
                        status: 429, code: "too_fast", message: "Events arrive faster than they can be stored. \(sentence)",
                        retryAfterSeconds: 3)
                ) { _ = try await host.door.enter(1, bytes: bytes) {} }
            }
            host.applied(upTo: 2_500)
            host.keep(try await host.enters(1, 50), 50, until: 2_550)
            await #expect(throws: Never.self) { _ = try await host.enters(1, 10) }
        }
    }

    @Test("the bytes waiting are limited per project and overall")
    func waitingBytes() async throws {
        try await withFolder { folder in
            let host = try Host(folder) { settings in
                settings.waitingBytes = 100
                settings.allWaitingBytes = 250
            }
            for project: Int32 in 1...3 { _ = try await host.enters(project, 200) }
            func isRefused(_ project: Int32, _ bytes: Int) async -> Bool {
                do { _ = try await host.door.enter(project, bytes: bytes) { Issue.record("it waits") } } catch {
                    return (error as? ServiceError)?.status == 429
                }
                return false
            }
            var waiting = [await host.waits(1, 60)]
            #expect(await isRefused(1, 41))
            waiting.append(await host.waits(1, 40))
            // A batch above the limit may wait if it is its project's only one.
            waiting.append(await host.waits(2, 120))
            #expect(await isRefused(3, 31))
            waiting.append(await host.waits(3, 30))
            host.door.setOpen(true)
            for task in waiting { _ = try await task.value }
        }
    }

    @Test("while the store is down every batch is admitted, until the journal is half full")
    func away() async throws {
        try await withFolder { folder in
            let host = try Host(folder, maximumBytes: 1_000)
            for _ in 0..<2 { _ = try await host.enters(1, 150) }
            let waiting = await host.waits(1, 150)
            host.door.setOpen(true)
            _ = try await waiting.value
            for _ in 0..<5 { #expect(try await host.enters(1, 1_000) == nil) }
            try await host.journal.append([UInt8](repeating: 0, count: 492))
            await #expect(throws: JournalRoomTests.full) { _ = try await host.enters(1, 1) }
            // The other half is reserved for live events.
            try await host.journal.append([UInt8](repeating: 0, count: 400))
            host.door.setOpen(false)
            let last = await host.waits(1, 150)
            host.door.setOpen(true)
            _ = try await last.value
        }
    }
}
