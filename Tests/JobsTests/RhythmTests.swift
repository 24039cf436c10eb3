import Common
import Foundation
@_spi(Host) @testable import Jobs
import Testing
import TestSupport

@Suite("Rhythms")
struct RhythmTests {
    private static func times(_ text: String, after start: String, _ count: Int) throws -> [String] {
        let rhythm = try #require(Rhythm(text))
        var at = Instant(iso: start), times: [String] = []
        for _ in 1...count {
            let next = rhythm.next(after: at)
            // A time is the last one up to itself, and the next one's predecessor.
            #expect(rhythm.last(upTo: next) == next)
            #expect(rhythm.next(after: next.adding(milliseconds: -1)) == next)
            at = next
            times.append(at.iso8601)
        }
        return times
    }

    @Test(
        "come at their times",
        arguments: [
            ("every 900", "2026-03-02T12:07:00Z", ["2026-03-02T12:15:00Z", "2026-03-02T12:30:00Z"]),
            ("hourly 05", "2026-03-02T12:05:00Z", ["2026-03-02T13:05:00Z", "2026-03-02T14:05:00Z"]),
            ("daily 03:00 UTC", "2026-02-28T03:00:00Z", ["2026-03-01T03:00:00Z", "2026-03-02T03:00:00Z"]),
            ("weekly monday 08:00 Asia/Kolkata", "2026-03-02T12:00:00Z", ["2026-03-09T02:30:00Z", "2026-03-16T02:30:00Z"]),
            (
                "monthly 31 09:30 UTC", "2026-01-31T09:30:00Z",
                ["2026-02-28T09:30:00Z", "2026-03-31T09:30:00Z", "2026-04-30T09:30:00Z"]
            ),
            ("monthly 1 00:00 America/New_York", "2026-03-02T12:00:00Z", ["2026-04-01T04:00:00Z", "2026-05-01T04:00:00Z"]),
        ])
    func times(rhythm: String, start: String, times: [String]) throws {
        #expect(try Self.times(rhythm, after: start, times.count) == times)
    }

    /// On 29 March 2026 the clocks of Berlin jump from 02:00 to 03:00 at 01:00 UTC; on 25 October they show 02:00 to 03:00 twice.
    @Test(
        "come once on a day whose clocks are changed",
        arguments: [
            (
                "daily 02:30 Europe/Berlin", "2026-03-28T00:00:00Z",
                ["2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]
            ),
            (
                "daily 03:00 Europe/Berlin", "2026-03-28T00:00:00Z",
                ["2026-03-28T02:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T01:00:00Z"]
            ),
            (
                "daily 02:30 Europe/Berlin", "2026-10-24T00:00:00Z",
                ["2026-10-24T00:30:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]
            ),
            (
                "daily 03:00 Europe/Berlin", "2026-10-24T00:00:00Z",
                ["2026-10-24T01:00:00Z", "2026-10-25T02:00:00Z", "2026-10-26T02:00:00Z"]
            ),
            ("weekly sunday 02:30 Europe/Berlin", "2026-10-24T00:00:00Z", ["2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z"]),
        ])
    func clockChanges(rhythm: String, start: String, times: [String]) throws {
        #expect(try Self.times(rhythm, after: start, times.count) == times)
    }

    @Test("are read as they are written")
    func text() throws {
        let berlin = try #require(TimeZone(tzName: "Europe/Berlin"))
        let rhythms: [(Rhythm, String)] = [
            (.every(seconds: 90), "every 90"), (.hourly(minute: 5), "hourly 05"), (.every(seconds: 3_600), "hourly 00"),
            (.daily(at: TimeOfDay(3), in: berlin), "daily 03:00 Europe/Berlin"),
            (.weekly(on: .sunday, at: TimeOfDay(8, 30)), "weekly sunday 08:30 GMT"),
            (.monthly(on: 31, at: TimeOfDay(23, 59), in: berlin), "monthly 31 23:59 Europe/Berlin"),
        ]
        for (rhythm, text) in rhythms {
            #expect("\(rhythm)" == text)
            #expect(Rhythm(text) == rhythm)
        }
        for wrong in [
            "", "daily", "daily 3:00 UTC", "daily 24:00 UTC", "daily 03:00 Berlin", "weekly 1 03:00 UTC", "monthly 32 03:00 UTC", "every 0",
            "every -1", "hourly 60", "daily 03:00 UTC x",
        ] {
            #expect(Rhythm(wrong) == nil, "\(wrong)")
        }
    }
}
