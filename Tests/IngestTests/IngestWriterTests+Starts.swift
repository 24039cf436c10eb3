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

/// Starts after a crash, and with a journal that is damaged or has lost files.
extension IngestWriterTests {
    @Test("events acknowledged before a crash are applied at the next start, and none twice")
    func recovery() async throws {
        try await withFolder { folder in
            let store = FakeEventStore()
            for run in 0..<5 {
                // Every run but the last dies before applying what it acknowledged.
                let line = try Line(folder, store, segmentBytes: 100)
                try await line.writer.recover()
                #expect(store.labels == (0..<run * 3).map(String.init))
                #expect(line.counters.waiting(of: 1) == [:])
                for number in 0..<3 { try await line.journal.append(record("\(run * 3 + number)", hour: 3_600_000)) }
                line.journal.close()
            }
            let line = try Line(folder, store)
            try await line.writer.recover()
            #expect(store.labels == (0..<15).map(String.init))
            try await line.writer.settle()
        }
    }

    @Test("a crash between the store's commit and the journal's release stores nothing twice")
    func crashAfterCommit() async throws {
        try await withFolder { folder in
            let store = FakeEventStore()
            let line = try Line(folder, store)
            for number in 0..<3 { try await line.journal.append(record("\(number)")) }
            try await line.writer.recover()
            line.journal.close()
            // The journal still holds all of it.
            let again = try Line(folder, store)
            #expect(again.journal.committedPosition > .start)
            try await again.writer.recover()
            #expect(store.labels == ["0", "1", "2"])
            #expect(again.told.all.isEmpty)
        }
    }

    @Test("after a start the journal has its full capacity, regardless of what was applied before")
    func roomAfterStart() async throws {
        try await withFolder { folder in
            let store = FakeEventStore()
            for number in 0..<10 {
                // One record fills more than half of the journal.
                let line = try Line(folder, store, maximumBytes: 500)
                try await line.writer.recover()
                #expect(line.journal.backlogBytes == 0)
                try await line.journal.append(record("\(number) " + String(repeating: "x", count: 300)))
                try await line.writer.recover()
                line.journal.close()
            }
            #expect(store.labels.map { $0.prefix { $0 != " " } } == (0..<10).map { "\($0)" })
        }
    }

    @Test("a journal that lost its files continues after the stored position, so new events aren't taken for stored ones")
    func lostFiles() async throws {
        try await withFolder { folder in
            let store = FakeEventStore()
            let line = try Line(folder, store)
            for number in 0..<3 { try await line.journal.append(record("\(number)")) }
            try await line.writer.recover()
            line.journal.close()
            for name in try segments(in: folder) { try FileManager.default.removeItem(atPath: folder + "/" + name) }
            for run in 0..<2 {
                let again = try Line(folder, store)
                try await again.running {
                    try await again.journal.append(record("new \(run)"))
                    try await again.writer.settle()
                }
            }
            #expect(store.labels == ["0", "1", "2", "new 0", "new 1"])
        }
    }

    @Test("a damaged journal prevents the start, so the events after the damage aren't lost")
    func damaged() async throws {
        try await withFolder { folder in
            let line = try Line(folder, segmentBytes: 60)
            for number in 0..<6 { try await line.journal.append(record("\(number)")) }
            line.journal.close()
            let file = URL(fileURLWithPath: JournalFiles.path(folder, 1))
            var bytes = try Data(contentsOf: file)
            bytes[bytes.count - 1] ^= 1
            try bytes.write(to: file)
            let again = try Line(folder, segmentBytes: 60)
            await #expect(throws: JournalError.self) { try await again.writer.recover() }
        }
    }

    @Test("a host with a copied journal id keeps its events and logs an error instead of dropping them as stored")
    func sameIdentity() async throws {
        try await withFolder { one in
            try await withFolder { two in
                let store = FakeEventStore(), (logger, lines) = Logger.recording(.info)
                let first = try Line(one, store)
                try await first.running {
                    try await first.journal.append(record("a"))
                    try await first.writer.settle()
                }
                // The data folder is copied, and both hosts continue.
                try FileManager.default.removeItem(atPath: two)
                try FileManager.default.copyItem(atPath: one, toPath: two)
                let original = try Line(one, store), copy = try Line(two, store, logger: logger)
                try await original.writer.recover()
                try await copy.writer.recover()
                try await original.running {
                    for number in 0..<10 { try await original.journal.append(record("original \(number)")) }
                    try await original.writer.settle()
                }
                let run = Task { try await copy.writer.run() }
                try await copy.journal.append(record("copy"))
                await #expect(throws: ServiceError.self) { try await copy.writer.settle() }
                #expect(copy.writer.failure?.contains("the data folder of one is a copy of the other's") == true)
                #expect(lines().contains { $0.hasPrefix("error events wait in the journal") })
                run.cancel()
                try await run.value
                copy.journal.close()
                #expect(try Journal(folder: two).texts().count == 1)
            }
        }
    }

    @Test("logs an error at the start if the journal lost its last acknowledged events")
    func lostEnd() async throws {
        try await withFolder { folder in
            let store = FakeEventStore(), (logger, lines) = Logger.recording(.info)
            let line = try Line(folder, store)
            for number in 0..<3 { try await line.journal.append(record("\(number)")) }
            try await line.writer.recover()
            line.journal.close()
            for file in try segments(in: folder) { try FileManager.default.removeItem(atPath: folder + "/" + file) }
            let again = try Line(folder, store, logger: logger)
            try await again.writer.recover()
            #expect(lines().count == 1 && lines()[0].hasPrefix("error events may be lost"))
            try await again.running {
                try await again.journal.append(record("next"))
                try await again.writer.settle()
            }
            #expect(store.labels == ["0", "1", "2", "next"])
        }
    }
}
