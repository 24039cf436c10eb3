import AllModules
import Common
@_spi(Host) @testable import Ingest
@_spi(Host) import Storage
import Testing
import TestSupport

@Suite("Writer speed and progress", .modules(.all))
struct WriterSpeedTests {
    @Test("speed follows recent batches, and tiny ones hardly affect it")
    func speed() {
        var speed = WriterSpeed()
        #expect(speed.bytesPerSecond == nil)
        for _ in 0..<10 { speed.add(bytes: 1_000, seconds: 0.1) }
        #expect((9_999...10_001).contains(speed.bytesPerSecond ?? 0))
        // Each of these alone would be 1,000 bytes a second.
        for _ in 0..<20 { speed.add(bytes: 5, seconds: 0.005) }
        #expect((8_500...10_000).contains(speed.bytesPerSecond ?? 0))
        // A machine that slows down is noticed after a few seconds.
        for _ in 0..<5 { speed.add(bytes: 1_000, seconds: 1) }
        #expect((1_000...1_500).contains(speed.bytesPerSecond ?? 0))
    }

    private static func position(_ offset: Int64) -> JournalPosition { JournalPosition(segment: 1, offset: offset) }
    private static func at(_ milliseconds: Int64) -> Instant { Instant(milliseconds: milliseconds) }

    @Test("each project's events end at its own last record")
    func ends() {
        let acknowledged = Acknowledged()
        #expect(acknowledged.end(of: 1) == .start)
        for (project, end) in [(1, 10), (2, 20), (1, 30), (1, 25)] as [(Int32, Int64)] {
            acknowledged.note(project, upTo: Self.position(end), at: Self.at(end))
        }
        #expect(acknowledged.end(of: 1) == Self.position(30))
        #expect(acknowledged.end(of: 2) == Self.position(20))
        acknowledged.applied(upTo: Self.position(29))
        #expect(acknowledged.end(of: 1) == Self.position(30))
        // No report has to wait any longer.
        acknowledged.applied(upTo: Self.position(30))
        #expect(acknowledged.end(of: 1) == .start)
    }

    @Test("every event acknowledged before the as-of time is applied")
    func asOf() {
        let acknowledged = Acknowledged()
        for number: Int64 in 0..<10 {
            acknowledged.note(1, upTo: Self.position(number * 10 + 10), at: Self.at(number * 1_000))
        }
        // At byte 50 the fifth record, noted at 4 s, is applied; the sixth, noted at 5 s, is not.
        for (applied, expected) in [(0, 0), (9, 0), (10, 1_000), (50, 5_000), (55, 5_000), (90, 9_000)] as [(Int64, Int64)] {
            #expect(acknowledged.asOf(Self.position(applied)) == Self.at(expected), "\(applied)")
        }
        acknowledged.applied(upTo: Self.position(55))
        #expect(acknowledged.asOf(Self.position(55)) == Self.at(5_000))
        #expect(acknowledged.asOf(Self.position(60)) == Self.at(6_000))
        // Far more marks than are kept: the as-of time gets coarser, but is never too late.
        for number: Int64 in 10..<50_000 { acknowledged.note(1, upTo: Self.position(number * 10 + 10), at: Self.at(number * 1_000)) }
        let asOf = acknowledged.asOf(Self.position(250_000)).milliseconds
        #expect((24_000_000...25_000_000).contains(asOf), "\(asOf)")
    }
}
