import Common
import Foundation
import Testing

@Suite("Local time")
struct LocalTimeTests {
    /// Every zone and alias in the machine's tz database.
    private static let names: [String] = {
        let text = (try? String(contentsOfFile: "/usr/share/zoneinfo/tzdata.zi", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return switch words.first {
            case "Z": String(words[1]);
            case "L": String(words[2]);
            default: nil
            }
        }.filter { $0 != "Factory" }
    }()

    @Test("accepts every name and alias in the tz database")
    func everyName() {
        #expect(Self.names.count > 500)
        #expect(Self.names.filter { TimeZone(tzName: $0) == nil } == [])
        for name in ["Asia/Kolkata", "Asia/Saigon", "America/Buenos_Aires", "Etc/GMT+5", "US/Pacific", "Japan", "UTC"] {
            #expect(TimeZone(tzName: name) != nil, "\(name)")
        }
    }

    @Test(
        "rejects names that aren't in the tz database",
        arguments: [
            "", "Mars/Olympus", "PST", "IST", "EDT", "GMT+5", "GMT+0530", "+05:30", "posixrules", "posix/Europe/Berlin",
            "Europe/Berlin\u{0}", "../etc/passwd", "/",
        ])
    func noName(name: String) { #expect(TimeZone(tzName: name) == nil) }

    @Test(
        "a local time is the instant when clocks show it",
        arguments: [
            // In Amsterdam clocks go from 02:00 to 03:00 on March 29 and from 03:00 to 02:00 on October 25.
            ("Europe/Amsterdam", "2026-03-29T12:00", "2026-03-29T10:00:00Z"),
            ("Europe/Amsterdam", "2026-10-25T12:00", "2026-10-25T11:00:00Z"),
            ("Europe/Amsterdam", "2026-03-29T01:59", "2026-03-29T00:59:00Z"),
            ("Europe/Amsterdam", "2026-03-29T03:00", "2026-03-29T01:00:00Z"),
            // A time that clocks skip is the instant of the change; a time that they show twice is its first occurrence.
            ("Europe/Amsterdam", "2026-03-29T02:30", "2026-03-29T01:00:00Z"),
            ("Europe/Amsterdam", "2026-10-25T02:30", "2026-10-25T00:30:00Z"),
            ("Europe/Amsterdam", "2026-10-25T03:00", "2026-10-25T02:00:00Z"),
            // Midnight is skipped in Cairo on April 24 and shown twice in Havana on November 1; Lord Howe skips half an hour.
            ("Africa/Cairo", "2026-04-24T00:00", "2026-04-23T22:00:00Z"), ("America/Havana", "2026-11-01T00:00", "2026-11-01T04:00:00Z"),
            ("America/Havana", "2026-11-02T00:00", "2026-11-02T05:00:00Z"),
            ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30:00Z"),
            // Samoa had no December 30 in 2011.
            ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00:00Z"), ("Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00:00Z"),
            ("Asia/Kathmandu", "2026-03-01T00:00", "2026-02-28T18:15:00Z"),
        ])
    func localTimes(zone: String, local: String, instant: String) throws {
        let zone = try #require(TimeZone(tzName: zone))
        guard case .local(let day, let milliseconds) = ISO8601.parse(local) else { throw CancellationError() }
        #expect(day.instant(at: milliseconds, in: zone).iso8601 == instant)
    }

    @Test("in every zone days are contiguous, and each instant is in the day that begins before it")
    func days() throws {
        let first = try #require(Day(year: 2025, month: 12, day: 30))
        for name in Self.names {
            let zone = try #require(TimeZone(tzName: name))
            for offset in 0..<370 {
                let day = first.adding(days: Int64(offset)), start = day.start(in: zone), end = day.adding(days: 1).start(in: zone)
                guard start < end, Day(start, in: zone) == day, Day(end.adding(milliseconds: -1), in: zone) == day else {
                    Issue.record("\(name) \(day): \(start.iso8601) to \(end.iso8601)")
                    break
                }
            }
        }
    }
}
