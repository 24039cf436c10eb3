import AllModules
import Common
import Foundation
@_spi(Host) @testable import Ingest
@_spi(Host) import Storage
import Synchronization
import Testing
import TestSupport

/// What happens when the journal or the disk is full.
@Suite("Full journal", .modules(.all))
struct JournalRoomTests {
    static let full = ServiceError.unavailable(
        "journal_full", "Events can't be stored at the moment: the journal is full. Try again in 5 seconds.", retryAfterSeconds: 5)

    private func refusal(_ body: () async throws -> Void) async -> ServiceError? {
        do {
            try await body()
            return nil
        } catch { return error as? ServiceError }
    }

    @Test("the backlog can be measured without opening the journal")
    func backlog() async throws {
        try await withFolder { folder in
            #expect(try Journal.id(in: folder) == nil)
            // Each record takes 20 bytes; a segment holds two.
            let journal = try Journal(folder: folder, segmentBytes: 40)
            for number in 0..<5 { try await journal.append("record no \(number).") }
            #expect(try Journal.id(in: folder) == journal.id)
            #expect(try Journal.bytes(in: folder, behind: .start) == 100)
            #expect(try Journal.bytes(in: folder, behind: JournalPosition(segment: 1, offset: 20)) == 80)
            #expect(try Journal.bytes(in: folder, behind: JournalPosition(segment: 3, offset: 20)) == 0)
        }
    }

    @Test("a full journal answers 503 with Retry-After, and accepts events as soon as some are released")
    func full() async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder, maximumBytes: 100)
            // Five records of 8 bytes of frame and 12 of text.
            for number in 0..<5 { try await journal.append("record no \(number).") }
            #expect(journal.backlogBytes == 100)
            #expect(journal.capacityBytes == 100)
            #expect(await refusal { try await journal.append("x") } == Self.full)
            let lost = Mutex(0)
            journal.append([1]) { if case .failure = $0 { lost.withLock { $0 += 1 } } }
            #expect(lost.withLock { $0 } == 1)
            #expect(try journal.texts().count == 5)

            let second = try journal.read(from: .start, maximumBytes: 1).next
            journal.release(before: second)
            #expect(journal.backlogBytes == 80)
            #expect(await refusal { try await journal.append("just too large") } == Self.full)
            try await journal.append("record no 6.")
            #expect(await refusal { try await journal.append("x") } == Self.full)
            journal.release(before: journal.committedPosition)
            #expect(journal.backlogBytes == 0)
            try await journal.append(String(repeating: "y", count: 92))
            #expect(await refusal { try await journal.append(String(repeating: "y", count: 93)) } == Self.full)
        }
    }

    @Test("concurrent senders fill the journal exactly to its limit")
    func fullAtOnce() async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder, maximumBytes: 1_000, segmentBytes: 300)
            let accepted = Locked(0)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask { if (try? await journal.append("0123456789ab")) != nil { accepted.withLock { $0 += 1 } } }
                }
            }
            #expect(accepted.withLock { $0 } == 50)
            #expect(journal.backlogBytes == 1_000)
            #expect(try journal.texts().count == 50)
        }
    }

    @Test("release deletes segments that are no longer needed, and no others")
    func release() async throws {
        try await withFolder { folder in
            // 20 bytes a record, two records a segment; the fourth segment is still empty.
            let journal = try Journal(folder: folder, segmentBytes: 40)
            for number in 0..<6 { try await journal.append("record no \(number).") }
            func numbers() throws -> [Int] { try segments(in: folder).map { Int($0.prefix(16))! } }
            #expect(try numbers() == [1, 2, 3, 4])
            let table: [(JournalPosition, [Int], backlog: Int64)] = [
                (.start, [1, 2, 3, 4], 120), (.init(segment: 1, offset: 20), [1, 2, 3, 4], 100),
                (.init(segment: 1, offset: 40), [1, 2, 3, 4], 80),
                (.init(segment: 2, offset: 0), [2, 3, 4], 80), (.init(segment: 3, offset: 20), [3, 4], 20),
                // Releasing an earlier position restores nothing.
                (.init(segment: 1, offset: 0), [3, 4], 20), (.init(segment: 4, offset: 0), [4], 0),
            ]
            for (position, left, backlog) in table {
                journal.release(before: position)
                #expect(try numbers() == left, "\(position)")
                #expect(journal.backlogBytes == backlog, "\(position)")
            }
            journal.close()
            let again = try Journal(folder: folder, segmentBytes: 40)
            #expect(again.startPosition == .init(segment: 4, offset: 0))
            try await again.append("goes on")
            #expect(try again.texts() == ["goes on"])
        }
    }

    @Test("a failing disk is a 503, and none of the rejected records is there once it works again", arguments: BrokenDisk.Failure.allCases)
    func brokenDisk(failure: BrokenDisk.Failure) async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder)
            try await journal.append("before")
            let disk = try BrokenDisk(JournalFiles.path(folder, 1), failure)
            let expected = ServiceError.unavailable(
                "journal_failed", "Events can't be stored at the moment: \(failure.sentence). Try again in 5 seconds.",
                retryAfterSeconds: 5)
            #expect(await refusal { try await journal.append("lost") } == expected)
            let lost = Mutex(0)
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask { #expect(await refusal { try await journal.append("lost too") } == expected) }
                    journal.append(Array("nobody waits".utf8)) { if case .failure = $0 { lost.withLock { $0 += 1 } } }
                }
            }
            await journal.flush()
            #expect(lost.withLock { $0 } == 20)
            #expect(try journal.texts() == ["before"])
            disk.mend()
            try await journal.append("after")
            #expect(try journal.texts() == ["before", "after"])
            journal.close()
            #expect(try Journal(folder: folder).texts() == ["before", "after"])
        }
    }

    @Test("a failing disk is reported, and its recovery is noticed without any event", arguments: BrokenDisk.Failure.allCases)
    func failure(failure: BrokenDisk.Failure) async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder)
            try await journal.append("before")
            #expect(await journal.failure() == nil)
            let disk = try BrokenDisk(JournalFiles.path(folder, 1), failure)
            #expect(await journal.failure() == nil, "nothing was written yet")
            #expect(await refusal { try await journal.append("lost") } != nil)
            #expect(await journal.failure() == failure.sentence)
            disk.mend()
            #expect(await journal.failure() == nil)
            #expect(try journal.texts() == ["before"])
            try await journal.append("after")
            #expect(try journal.texts() == ["before", "after"])
        }
    }

    @Test("on a full disk, a segment that is no longer needed is deleted to make room")
    func room() async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder)
            try await journal.append("before")
            journal.release(before: journal.committedPosition)
            _ = try BrokenDisk(JournalFiles.path(folder, 1))
            #expect(await refusal { try await journal.append("lost") } != nil)
            #expect(try segments(in: folder) == ["0000000000000002.journal"])
            try await journal.append("after")
            #expect(try journal.texts() == ["after"])
            #expect(journal.backlogBytes == 13)
        }
    }

    @Test("a new segment begins on request once earlier records are on disk; closing deletes what was released")
    func begun() async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder)
            await journal.beginSegment()
            #expect(journal.committedPosition == JournalPosition(segment: 1, offset: 0), "an empty segment is reused")
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<20 {
                    group.addTask { try? await journal.append("\(number)") }
                    if number % 5 == 0 { group.addTask { await journal.beginSegment() } }
                }
            }
            await journal.beginSegment()
            #expect(journal.committedPosition.offset == 0)
            #expect(try Set(journal.texts()) == Set((0..<20).map(String.init)))
            let end = journal.committedPosition
            try await journal.append("last")
            journal.close()
            let again = try Journal(folder: folder)
            #expect(try again.texts().count == 21, "nothing was released")
            again.release(before: end)
            again.close()
            let third = try Journal(folder: folder)
            #expect(try third.texts() == ["last"])
            third.release(before: third.committedPosition)
            third.close()
            let files = try segments(in: folder)
            #expect(files.count == 1)
            #expect(try Data(contentsOf: URL(fileURLWithPath: folder + "/" + files[0])).isEmpty)
        }
    }

    @Test("if a new segment can't be created, the old one stays in use")
    func noNewSegment() async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder, segmentBytes: 20)
            // A folder takes the path of the second segment.
            let obstacle = JournalFiles.path(folder, 2)
            try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: false)
            for text in ["one", "two", "three", "four"] { try await journal.append(text) }
            #expect(journal.committedPosition.segment == 1)
            try FileManager.default.removeItem(atPath: obstacle)
            try await journal.append("five")
            #expect(journal.committedPosition == .init(segment: 2, offset: 0))
            try await journal.append("six")
            #expect(try journal.texts() == ["one", "two", "three", "four", "five", "six"])
        }
    }

    /// Uses a 64 KB file system if this process may mount one. In a container it usually may not, so the tests above put a
    /// device in the file's place instead.
    @Test("a full disk is a 503, and smaller events that fit are kept", .enabled("this process can't mount file systems") { canMount })
    func fullDisk() async throws {
        try await withFolder { folder in
            guard Self.run("mount", "-t", "tmpfs", "-o", "size=64k", "none", folder) else { return }
            defer { _ = Self.run("umount", folder) }
            let journal = try Journal(folder: folder)
            var kept: [String] = [], refused: ServiceError?
            while refused == nil, kept.count < 100 {
                let text = String(repeating: "\(kept.count % 10)", count: 5_000)
                refused = await refusal { try await journal.append(text) }
                if refused == nil { kept.append(text) }
            }
            #expect(refused?.status == 503)
            #expect(
                refused?.message
                    == "Events can't be stored at the moment: can't write to the journal: No space left on device. Try again in 5 seconds.")
            #expect(try journal.texts() == kept)
            // Smaller records still fit.
            try await journal.append("small")
            #expect(try journal.texts() == kept + ["small"])
            journal.close()
            let again = try Journal(folder: folder)
            #expect(try again.texts() == kept + ["small"])
            again.close()
        }
    }

    private static let canMount: Bool = {
        let folder = NSTemporaryDirectory() + "pulse-mount-" + UUID().uuidString
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        return run("mount", "-t", "tmpfs", "-o", "size=64k", "none", folder) && run("umount", folder)
    }()

    private static func run(_ arguments: String...) -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
