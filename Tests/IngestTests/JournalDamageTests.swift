import AllModules
import Foundation
@_spi(Host) @testable import Ingest
@_spi(Host) import Storage
import Testing
import TestSupport

/// Damage that a crash leaves behind is repaired; damage that only a broken disk can cause is reported.
@Suite("Journal after a crash", .modules(.all))
struct JournalDamageTests {
    /// Writes records to the first segment in `folder`, and returns its bytes and where each record begins.
    private func written(_ texts: [String], in folder: String, segmentBytes: Int64 = 1 << 20) async throws -> (
        file: URL, bytes: Data, starts: [Int]
    ) {
        let journal = try Journal(folder: folder, segmentBytes: segmentBytes)
        for text in texts { try await journal.append(text) }
        journal.close()
        var starts = [0]
        for text in texts { starts.append(starts.last! + Frame.bytes + text.utf8.count) }
        let file = URL(fileURLWithPath: JournalFiles.path(folder, 1))
        return (file, try Data(contentsOf: file), starts)
    }

    private static func damaged(_ file: URL, _ offset: Int) -> String {
        "\(file.path): the record at byte \(offset) is damaged. Restore an intact copy of the file, or move it out of the folder and "
            + "restart, which loses its events that are not stored yet."
    }

    @Test("damage in stored records doesn't prevent the start, and the records after it can be read")
    func harmless() async throws {
        try await withFolder { folder in
            let texts = ["first", "second one", "third", "fourth"]
            let (file, bytes, starts) = try await written(texts, in: folder)
            for index in 0..<starts[2] {
                var flipped = bytes
                flipped[index] ^= 0x41
                try flipped.write(to: file)
                for stored in 0...3 {
                    let position = JournalPosition(segment: 1, offset: Int64(starts[stored]))
                    let journal = try Journal(folder: folder), isNeeded = index >= starts[stored]
                    let examined = try Journal.examine(folder, behind: position)
                    #expect(examined.problems == (isNeeded ? [Self.damaged(file, starts[index < starts[1] ? 0 : 1])] : []))
                    #expect(examined.harmless == (isNeeded ? 0 : 1))
                    if isNeeded {
                        #expect(throws: JournalError.self) { try journal.begin(behind: position) }
                    } else {
                        #expect(try journal.begin(behind: position) == nil)
                        #expect(try journal.texts(from: position) == Array(texts[stored...]))
                    }
                    journal.close()
                }
            }
        }
    }

    @Test("files that end before the stored position are reported, and new events are stored")
    func lost() async throws {
        try await withFolder { folder in
            let (file, bytes, starts) = try await written(["first", "second", "third"], in: folder)
            let stored = JournalPosition(segment: 1, offset: Int64(starts[2]))
            for left in [starts[1], 0, nil] {
                for other in try segments(in: folder) { try FileManager.default.removeItem(atPath: folder + "/" + other) }
                if let left { try bytes.prefix(left).write(to: file) }
                #expect(try Journal.examine(folder, behind: stored).problems.count == 1)
                let journal = try Journal(folder: folder)
                let loss = try #require(try journal.begin(behind: stored))
                #expect(
                    loss.hasPrefix(
                        "the journal ends at byte \(left ?? 0) of segment 1, before its stored position (byte \(starts[2]) of segment 1): some of its files were lost"
                    ))
                try await journal.append("next")
                #expect(try journal.texts(from: stored) == ["next"])
                journal.close()
            }
        }
    }

    @Test("a store that lacks what the journal has deleted is reported", arguments: [nil, JournalPosition(segment: 1, offset: 5)])
    func forgotten(position: JournalPosition?) async throws {
        try await withFolder { folder in
            let journal = try Journal(folder: folder, segmentBytes: 1)
            for number in 0..<5 { try await journal.append("\(number)") }
            journal.release(before: JournalPosition(segment: 4, offset: 0))
            let loss = try #require(try journal.begin(behind: position))
            #expect(
                loss.hasPrefix(
                    position == nil ? "the event store has no record of this journal" : "the event store is at byte 5 of segment 1"))
            #expect(try journal.begin(behind: JournalPosition(segment: 3, offset: 9)) == nil)
            #expect(try journal.begin(behind: JournalPosition(segment: 4, offset: 1)) == nil)
        }
    }

    @Test(
        "a missing id prevents the start if there are records: under a new id everything would be stored twice", arguments: [true, false])
    func missingIdentity(isEmptied: Bool) async throws {
        try await withFolder { folder in
            let (file, bytes, _) = try await written(["first"], in: folder)
            let id = try #require(try Journal.id(in: folder)), path = folder + "/id"
            if isEmptied { try Data().write(to: URL(fileURLWithPath: path)) } else { try FileManager.default.removeItem(atPath: path) }
            let sentence = message { _ = try Journal.id(in: folder) }
            #expect(
                sentence.hasPrefix(
                    "\(path) is empty or missing, but the folder has events: without the id Pulse can't tell which of them are stored."))
            for _ in 0..<2 { #expect(message { _ = try Journal(folder: folder) } == sentence) }
            #expect(try Data(contentsOf: file) == bytes)
            try Data(id.utf8).write(to: URL(fileURLWithPath: path))
            #expect(try Journal(folder: folder).texts() == ["first"])
        }
    }

    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch { return "\(error)" }
    }

    @Test("a record torn at any byte is cut off, records before it stay, and the journal continues", arguments: [false, true])
    func torn(restIsZero: Bool) async throws {
        try await withFolder { folder in
            let texts = ["first", "second", "the last one"]
            let (file, bytes, starts) = try await written(texts, in: folder)
            for cut in starts[2]..<bytes.count {
                try (bytes.prefix(cut) + Data(count: restIsZero ? bytes.count - cut : 0)).write(to: file)
                for expected in [["first", "second"], ["first", "second", "after"]] {
                    let journal = try Journal(folder: folder)
                    #expect(try journal.texts() == expected, "cut at byte \(cut)")
                    if expected.count == 2 {
                        try await journal.append("after")
                        #expect(try journal.texts() == ["first", "second", "after"], "cut at byte \(cut)")
                    }
                    journal.close()
                }
            }
        }
    }

    @Test("a segment that holds only a torn record starts empty")
    func tornAlone() async throws {
        try await withFolder { folder in
            let (file, bytes, _) = try await written(["only"], in: folder)
            for cut in 0..<bytes.count {
                try bytes.prefix(cut).write(to: file)
                let journal = try Journal(folder: folder)
                #expect(try journal.texts().isEmpty)
                journal.close()
            }
        }
    }

    @Test("a flipped byte in a record that others follow prevents the start; the error names the file and offset")
    func flipped() async throws {
        try await withFolder { folder in
            let texts = ["first", "second one", "third"]
            let (file, bytes, starts) = try await written(texts, in: folder)
            for index in 0..<starts[2] {
                for mask: UInt8 in [0x01, 0x80, 0xFF] {
                    var flipped = bytes
                    flipped[index] ^= mask
                    try flipped.write(to: file)
                    let start = starts.last { $0 <= index }!
                    let journal = try Journal(folder: folder)
                    let found = message { _ = try journal.begin(behind: nil) }
                    journal.close()
                    #expect(found == Self.damaged(file, start), "byte \(index), mask \(mask)")
                    #expect(try Data(contentsOf: file) == flipped, "a damaged file is left as it is")
                }
            }
            // Repaired by hand, it opens again: the failed starts left nothing behind.
            try bytes.write(to: file)
            #expect(try Journal(folder: folder).texts() == texts)
        }
    }

    @Test("records that lost a block in a power failure were never acknowledged and are cut off")
    func lostBlock() async throws {
        try await withFolder { folder in
            let texts = ["first", String(repeating: "x", count: 3_000), "behind"]
            let (file, bytes, _) = try await written(texts, in: folder)
            for block in 1...4 {
                var lost = bytes
                lost.replaceSubrange(block * 512..<(block + 1) * 512, with: Data(count: 512))
                try lost.write(to: file)
                let journal = try Journal(folder: folder)
                #expect(try journal.texts() == ["first"])
                journal.close()
            }
        }
    }

    @Test("a flipped byte in a finished segment is an error when it is read; no record is wrong or skipped")
    func flippedLater() async throws {
        try await withFolder { folder in
            // The first segment holds three records, the second the rest.
            let texts = ["first", "second one", "third", "fourth"]
            let (file, bytes, starts) = try await written(texts, in: folder, segmentBytes: 40)
            #expect(try segments(in: folder).count == 2)
            for index in bytes.indices {
                var flipped = bytes
                flipped[index] ^= 0x41
                try flipped.write(to: file)
                let journal = try Journal(folder: folder, segmentBytes: 40)
                let damaged = starts.lastIndex { $0 <= index }!
                var at = JournalPosition.start, read: [String] = []
                let found = message {
                    for _ in texts {
                        let reading = try journal.read(from: at, maximumBytes: 8), records = reading.records, next = reading.next
                        read += records.map { String(decoding: $0, as: UTF8.self) }
                        at = next
                    }
                }
                #expect(read == Array(texts[..<damaged]), "byte \(index)")
                #expect(found == Self.damaged(file, starts[damaged]), "byte \(index)")
                journal.close()
            }
        }
    }

    @Test("files with other names in the folder are left alone")
    func strangers() async throws {
        try await withFolder { folder in
            let names = ["notes.txt", "x.journal", ".journal", "12.journal.bak"]
            for name in names { try Data("mine".utf8).write(to: URL(fileURLWithPath: folder + "/" + name)) }
            let journal = try Journal(folder: folder, segmentBytes: 1)
            for number in 0..<3 { try await journal.append("\(number)") }
            journal.release(before: journal.committedPosition)
            #expect(try journal.texts().isEmpty)
            for name in names { #expect(try String(contentsOfFile: folder + "/" + name, encoding: .utf8) == "mine") }
        }
    }

    @Test("a folder that can't be created, or is a file, is an error", arguments: ["/proc/pulse", "/dev/null/journal", "/dev/null"])
    func noFolder(folder: String) {
        let found = message { _ = try Journal(folder: folder) }
        #expect(found != "no error")
    }
}
