import Common
import Foundation
import Testing

@Suite("Instant and day")
struct InstantTests {
    @Test("day numbers and dates convert both ways, for every day of 900 years")
    func everyDay() throws {
        func isLeap(_ year: Int) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
        var day = try #require(Day(year: 1600, month: 1, day: 1))
        for year in 1600..<2500 {
            let lengths = [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (index, length) in lengths.enumerated() {
                for date in 1...length {
                    let civil = day.civil
                    guard civil == (year, index + 1, date), Day(year: year, month: index + 1, day: date) == day else {
                        Issue.record("\(year)-\(index + 1)-\(date) is taken for \(civil)")
                        return
                    }
                    day = day.adding(days: 1)
                }
                #expect(Day(year: year, month: index + 1, day: length + 1) == nil)
            }
        }
    }

    @Test(
        "known dates have the right day numbers",
        arguments: [
            (1970, 1, 1, 0), (1969, 12, 31, -1), (2000, 3, 1, 11_017), (2026, 3, 2, 20_514), (1, 1, 1, -719_162), (9999, 12, 31, 2_932_896),
        ] as [(Int, Int, Int, Int64)])
    func numbers(year: Int, month: Int, date: Int, number: Int64) throws {
        let day = try #require(Day(year: year, month: month, day: date))
        #expect(day.number == number)
        #expect(day.civil == (year, month, date))
        #expect(day.start.milliseconds == number * 86_400_000)
        #expect(Day(day.start) == day)
        #expect(Day(day.start.adding(milliseconds: 86_399_999)) == day)
        #expect(Day(day.start.adding(milliseconds: -1)) == day.adding(days: -1))
    }

    @Test(
        "dates that don't exist are nil",
        arguments: [
            (2026, 0, 1), (2026, 13, 1), (2026, 1, 0), (2026, 1, 32), (2026, 2, 29), (2100, 2, 29), (0, 1, 1), (10_000, 1, 1), (-1, 1, 1),
        ])
    func noDay(year: Int, month: Int, date: Int) {
        #expect(Day(year: year, month: month, day: date) == nil)
    }

    @Test(
        "an instant is written in UTC, with milliseconds unless they are zero",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
            (-1_000, "1969-12-31T23:59:59Z"),
            (1_772_452_800_000, "2026-03-02T12:00:00Z"), (951_782_399_999, "2000-02-28T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00Z"),
            (-62_135_596_800_000, "0001-01-01T00:00:00Z"),
        ] as [(Int64, String)])
    func written(milliseconds: Int64, text: String) throws {
        let instant = Instant(milliseconds: milliseconds)
        #expect(instant.iso8601 == text)
        #expect(Instant(instant.date) == instant)
        let encoded = try JSONEncoder().encode([instant])
        #expect(String(decoding: encoded, as: UTF8.self) == "[\"\(text)\"]")
        #expect(try JSONDecoder().decode([Instant].self, from: encoded) == [instant])
    }

    @Test(
        "finds the start of the hour and of the day, also before 1970",
        arguments: [
            (0, 0, 0), (1, 0, 0), (3_599_999, 0, 0), (3_600_000, 3_600_000, 0), (86_400_000, 86_400_000, 86_400_000),
            (-1, -3_600_000, -86_400_000), (-3_600_000, -3_600_000, -86_400_000), (-3_600_001, -7_200_000, -86_400_000),
            (-86_400_000, -86_400_000, -86_400_000), (-86_400_001, -90_000_000, -172_800_000),
        ] as [(Int64, Int64, Int64)])
    func starts(milliseconds: Int64, hour: Int64, day: Int64) {
        let instant = Instant(milliseconds: milliseconds)
        #expect(instant.startOfHour.milliseconds == hour)
        #expect(instant.startOfDay.milliseconds == day)
    }

    @Test("rejects text that isn't a full timestamp", arguments: ["\"2026-03-02\"", "\"2026-03-02T12:00:00\"", "\"noon\"", "1", "null"])
    func undecodable(text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode([Instant].self, from: Data("[\(text)]".utf8)) }
    }

    @Test("adds and compares")
    func arithmetic() {
        let noon = Instant(seconds: 1_772_452_800)
        #expect(noon.adding(seconds: 90).iso8601 == "2026-03-02T12:01:30Z")
        #expect(noon.adding(days: -2).iso8601 == "2026-02-28T12:00:00Z")
        #expect(noon.adding(milliseconds: 5) - noon == 5)
        #expect(noon < noon.adding(milliseconds: 1))
    }
}
