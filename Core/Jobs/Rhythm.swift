import Common
import Foundation

/// When something repeats: every so many seconds, or at a time of day on the clocks of a time zone.
///
/// Where clocks are put forward over the time, it comes at the moment of the change; where they are put back and show it twice, it comes the
/// first time only. So a daily rhythm has one time on each day.
public struct Rhythm: Sendable, Equatable {
    private enum Times: Sendable, Equatable {
        /// `offset` seconds after whole multiples of `seconds`, counted in UTC from 1970.
        case every(seconds: Int64, offset: Int64)
        case days(Days, TimeOfDay, TimeZone)
    }

    private enum Days: Sendable, Equatable {
        case all
        case weekly(Weekday)
        case monthly(Int)

        func contains(_ day: Day) -> Bool {
            switch self {
            case .all: return true
            case .weekly(let weekday): return weekday == Weekday(day)
            case .monthly(let number):
                let today = day.civil.day, isLast = day.adding(days: 1).civil.day == 1
                return today == number || isLast && today < number
            }
        }
    }

    private let times: Times

    /// Every `seconds` seconds, at whole multiples of them: every 900 is at 00, 15, 30 and 45 minutes past the hour.
    public static func every(seconds: Int) -> Rhythm { Rhythm(times: .every(seconds: Int64(max(1, seconds)), offset: 0)) }
    /// Once an hour.
    /// - Parameter minute: minutes past the hour in UTC, 0...59.
    public static func hourly(minute: Int = 0) -> Rhythm { Rhythm(times: .every(seconds: 3_600, offset: Int64(minute) * 60)) }
    /// Once a day.
    public static func daily(at time: TimeOfDay, in zone: TimeZone = .gmt) -> Rhythm { Rhythm(times: .days(.all, time, zone)) }
    /// Once a week.
    public static func weekly(on weekday: Weekday, at time: TimeOfDay, in zone: TimeZone = .gmt) -> Rhythm {
        Rhythm(times: .days(.weekly(weekday), time, zone))
    }
    /// Once a month.
    /// - Parameter day: the day of the month, 1...31; the last day in months that are shorter.
    public static func monthly(on day: Int, at time: TimeOfDay, in zone: TimeZone = .gmt) -> Rhythm {
        Rhythm(times: .days(.monthly(min(max(day, 1), 31)), time, zone))
    }

    /// Whether one run makes up for earlier ones that it replaces. True of short intervals, whose times are all the same; false of days,
    /// each of which is a subject of its own, such as of a report.
    var isInterchangeable: Bool { if case .every = times { true } else { false } }

    /// The first time after `instant`.
    public func next(after instant: Instant) -> Instant {
        switch times {
        case .every(let seconds, let offset):
            let unit = seconds * 1_000, shifted = instant.milliseconds - offset * 1_000
            return Instant(milliseconds: (shifted.flooredQuotient(unit) + 1) * unit + offset * 1_000)
        case .days(let days, let time, let zone):
            // Yesterday's time can be after now, where clocks skipped a day.
            var day = Day(instant, in: zone).adding(days: -1)
            while true {
                if days.contains(day) {
                    let at = day.instant(at: time.milliseconds, in: zone)
                    if at > instant { return at }
                }
                day = day.adding(days: 1)
            }
        }
    }

    /// The last time that isn't after `instant`.
    public func last(upTo instant: Instant) -> Instant {
        switch times {
        case .every(let seconds, let offset):
            let unit = seconds * 1_000, shifted = instant.milliseconds - offset * 1_000
            return Instant(milliseconds: shifted.flooredQuotient(unit) * unit + offset * 1_000)
        case .days(let days, let time, let zone):
            var day = Day(instant, in: zone).adding(days: 1)
            while true {
                if days.contains(day) {
                    let at = day.instant(at: time.milliseconds, in: zone)
                    if at <= instant { return at }
                }
                day = day.adding(days: -1)
            }
        }
    }
}

extension Int64 {
    /// The quotient, rounded down also for negative numbers.
    fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? quotient - 1 : quotient
    }
}

/// A time on the clock, to the minute.
public struct TimeOfDay: Sendable, Equatable {
    public let hour: Int, minute: Int

    /// - Parameters:
    ///   - hour: 0...23.
    ///   - minute: 0...59.
    public init(_ hour: Int, _ minute: Int = 0) {
        precondition((0...23).contains(hour) && (0...59).contains(minute), "no clock shows \(hour):\(minute)")
        self.hour = hour
        self.minute = minute
    }

    /// The time in text such as `03:00`; nil for any other text.
    public init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy { (48...57).contains($0) } }),
            let hour = Int(String(Substring(parts[0]))), let minute = Int(String(Substring(parts[1]))), hour < 24, minute < 60
        else { return nil }
        self.init(hour, minute)
    }

    var milliseconds: Int64 { Int64(hour * 60 + minute) * 60_000 }
    var text: String { "\(hour.padded(2)):\(minute.padded(2))" }
}

/// A day of the week.
public enum Weekday: String, Sendable, CaseIterable {
    case monday, tuesday, wednesday, thursday, friday, saturday, sunday

    init(_ day: Day) {
        // 1970-01-01 was a Thursday.
        let number = Int(((day.number + 3) % 7 + 7) % 7)
        self = Self.allCases[number]
    }
}

// MARK: Text

extension Rhythm: CustomStringConvertible {
    /// The rhythm as it is stored: `every 900`, `hourly 05`, `daily 03:00 Europe/Berlin`, `weekly monday 08:00 UTC`, `monthly 1 08:00 UTC`.
    public var description: String {
        switch times {
        case .every(3_600, let offset): "hourly \(Int(offset / 60).padded(2))"
        case .every(let seconds, _): "every \(seconds)"
        case .days(.all, let time, let zone): "daily \(time.text) \(zone.identifier)"
        case .days(.weekly(let weekday), let time, let zone): "weekly \(weekday.rawValue) \(time.text) \(zone.identifier)"
        case .days(.monthly(let day), let time, let zone): "monthly \(day) \(time.text) \(zone.identifier)"
        }
    }

    /// The rhythm in text that `description` has; nil for any other text.
    public init?(_ text: String) {
        let words = text.parts(separatedBy: " ")
        func days(_ days: Days) -> Times? {
            guard words.count >= 2, let time = TimeOfDay(words[words.count - 2]), let zone = TimeZone(tzName: words[words.count - 1])
            else { return nil }
            return .days(days, time, zone)
        }
        let times: Times? =
            switch (words[0], words.count) {
            case ("every", 2): Int64(words[1]).flatMap { (1...31_536_000).contains($0) ? .every(seconds: $0, offset: 0) : nil }
            case ("hourly", 2): Int64(words[1]).flatMap { (0...59).contains($0) ? .every(seconds: 3_600, offset: $0 * 60) : nil }
            case ("daily", 3): days(.all)
            case ("weekly", 4): Weekday(rawValue: words[1]).flatMap { days(.weekly($0)) }
            case ("monthly", 4): Int(words[1]).flatMap { (1...31).contains($0) ? days(.monthly($0)) : nil }
            default: nil
            }
        guard let times else { return nil }
        self.init(times: times)
    }
}
