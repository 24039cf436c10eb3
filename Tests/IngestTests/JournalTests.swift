import AllModules
import Common
import Foundation
@_spi(Host) @testable import Ingest
@_spi(Host) import Storage
import Synchronization
import Testing
import TestSupport

@Suite("Journal", .modules(.all))
struct JournalTests {
    @Test("returns what was appended, in order, across many segments and with any read size")
    func order() async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder, segmentBytes: 200)
            let sent = (0..<60).map { "record \($0) " + String(repeating: "x", count: $0) }
            for text in sent { try await journal.append(text) }
            for piece in [1, 8, 9, 100, 1 << 20] { #expect(try journal.texts(piece: piece) == sent) }
            #expect(try segments(in: folder).count > 10)
            journal.close()
        }
    }

    @Test("reading can continue at every position it returned")
    func positions() async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder, segmentBytes: 50)
            let sent = (0..<20).map { "record \($0)" }
            for text in sent { try await journal.append(text) }
            var at = JournalPosition.start
            for (index, text) in sent.enumerated() {
                #expect(try journal.texts(from: at) == Array(sent[index...]))
                let reading = try journal.read(from: at, maximumBytes: 1), records = reading.records, next = reading.next
                #expect(records.map { String(decoding: $0, as: UTF8.self) } == [text])
                #expect(next > at)
                at = next
            }
            #expect(try journal.texts(from: at).isEmpty)
            try await journal.append("one more")
            #expect(try journal.texts(from: at) == ["one more"])
        }
    }

    @Test("reads a record larger than the requested size")
    func large() async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder)
            let large = String(repeating: "0123456789", count: 100_000)
            for text in ["before", large, "after"] { try await journal.append(text) }
            #expect(try journal.texts(piece: 1_000) == ["before", large, "after"])
        }
    }

    @Test("keeps every record of 64 concurrent senders exactly once, with each sender's records in order")
    func senders() async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder, segmentBytes: 4_096)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for sender in 0..<64 {
                    group.addTask {
                        for number in 0..<50 {
                            try await journal.append("\(sender) \(number)")
                            // An acknowledged record is on disk, where readers find it.
                            #expect(journal.committedPosition > .start)
                        }
                    }
                }
                try await group.waitForAll()
            }
            let kept = try journal.texts()
            #expect(kept.count == 64 * 50)
            for sender in 0..<64 {
                #expect(kept.filter { $0.hasPrefix("\(sender) ") } == (0..<50).map { "\(sender) \($0)" })
            }
            #expect(journal.backlogBytes == Int64(kept.reduce(0) { $0 + 8 + $1.utf8.count }))
            journal.close()
            #expect(try Journal(folder: folder).texts() == kept)
        }
    }

    @Test("a record can be read as soon as it is acknowledged")
    func readAtOnce() async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder, segmentBytes: 100)
            for number in 0..<40 {
                try await journal.append("\(number)")
                #expect(try journal.texts().last == "\(number)")
            }
        }
    }

    @Test("continues where it was closed, with the same id")
    func reopen() async throws {
        try await withFolder { folder in
            var names: Set<String> = [], sent: [String] = [], at = JournalPosition.start
            for run in 0..<4 {
                let journal = try Journal(folder: folder, segmentBytes: 60)
                names.insert(journal.id)
                #expect(run == 0 || journal.committedPosition == at)
                #expect(try journal.texts() == sent)
                for number in 0..<5 {
                    sent.append("run \(run), record \(number)")
                    try await journal.append(sent.last!)
                }
                at = journal.committedPosition
                journal.close()
            }
            #expect(names.count == 1)
            #expect(names.first?.count == 36)
            #expect(try Journal(folder: folder).texts() == sent)
        }
    }

    @Test("rejects appends after closing; keeps exactly the records it acknowledged")
    func close() async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder)
            let acknowledged = Locked<Set<String>>([]), refused = Locked<Set<String>>([])
            await withTaskGroup(of: Void.self) { group in
                for sender in 0..<8 {
                    group.addTask {
                        for number in 0..<50 {
                            if sender == 0, number == 20 { journal.close() }
                            do {
                                try await journal.append("\(sender) \(number)")
                                acknowledged.withLock { _ = $0.insert("\(sender) \(number)") }
                            } catch {
                                #expect((error as? ServiceError)?.status == 503)
                                refused.withLock { _ = $0.insert("\(sender) \(number)") }
                            }
                        }
                    }
                }
            }
            let kept = try Journal(folder: folder).texts()
            #expect(acknowledged.withLock { $0 } == Set(kept))
            #expect(kept.count == Set(kept).count)
            #expect(refused.withLock { $0.count } >= 30)
            await #expect(throws: ServiceError.unavailable("stopping", "The server is stopping. Try again in a moment.")) {
                try await journal.append("too late")
            }
        }
    }

    @Test("flush writes records to disk that were appended without waiting")
    func later() async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder)
            for number in 0..<1_000 { journal.append(Array("\(number)".utf8)) { if case .failure = $0 { Issue.record("lost") } } }
            await journal.flush()
            #expect(try journal.texts() == (0..<1_000).map(String.init))
            await journal.flush()  // with nothing to do
            journal.close()
            #expect(try Journal(folder: folder).texts().count == 1_000)
        }
    }

    @Test("followers get a tick immediately and after each commit; unread ticks collapse into one")
    func ticks() async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder)
            var ticks = journal.commits().makeAsyncIterator()
            #expect(await ticks.next() != nil)
            try await journal.append("one")
            #expect(await ticks.next() != nil)
            for text in ["two", "three", "four"] { try await journal.append(text) }
            #expect(await ticks.next() != nil)
            journal.close()
            // The three commits were one tick, so the stream ends next.
            #expect(await ticks.next() == nil)
        }
    }

    @Test("its files are readable only by their owner")
    func rights() async throws {
        try await withFolder { parent in
            let folder = parent + "/journal"
            let journal = try Journal(folder: folder, segmentBytes: 1)
            try await journal.append("a")
            func rights(_ path: String) throws -> Int {
                try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
            }
            #expect(try rights(folder) == 0o700)
            let files = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
            #expect(files == ["0000000000000001.journal", "0000000000000002.journal", "id"])
            for file in files { #expect(try rights(folder + "/" + file) == 0o600, "\(file)") }
        }
    }

    @Test("has one owner at a time; a second process can neither read nor write until the first has closed it")
    func owner() async throws {
        try await withFolder { folder in
            let owner = try Journal(folder: folder)
            try await owner.append("mine")
            let guest = try Journal(folder: folder)
            #expect(owner.isOwner)
            #expect(!guest.isOwner)
            #expect(guest.id == owner.id)
            #expect(guest.committedPosition == .start)
            #expect(try guest.texts().isEmpty)
            await #expect(
                throws: ServiceError.unavailable(
                    "journal_in_use", "Events can't be stored here: another process is using this host's journal. Try again in 5 seconds.",
                    retryAfterSeconds: 5)
            ) { try await guest.append("not mine") }
            try await owner.append("mine too")
            owner.close()
            let heir = try Journal(folder: folder)
            #expect(heir.isOwner)
            #expect(try heir.texts() == ["mine", "mine too"])
        }
    }
}
