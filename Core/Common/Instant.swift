import Foundation

/// A point in time in whole milliseconds. Events are stored with this resolution.
public struct Instant: Sendable, Hashable, Comparable, Codable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    public let milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }
    public init(seconds: Int64) { self.milliseconds = seconds * 1_000 }

    public static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }
    /// Milliseconds from `right` to `left`; negative if `left` is earlier.
    public static func - (left: Instant, right: Instant) -> Int64 { left.milliseconds - right.milliseconds }

    /// The instant this much later, or earlier if the amount is negative. A day counts as 24 hours.
    public func adding(milliseconds: Int64) -> Instant { Instant(milliseconds: self.milliseconds + milliseconds) }
    public func adding(seconds: Int64) -> Instant { adding(milliseconds: seconds * 1_000) }
    public func adding(days: Int64) -> Instant { adding(seconds: days * 86_400) }

    /// The start of the UTC hour, or of the UTC day, that contains the instant.
    public var startOfHour: Instant { floor(3_600_000) }
    public var startOfDay: Instant { floor(86_400_000) }

    private func floor(_ unit: Int64) -> Instant {
        let rest = milliseconds % unit
        return Instant(milliseconds: milliseconds - (rest < 0 ? rest + unit : rest))
    }

    /// The same instant as a Foundation `Date`.
    public var date: Date { Date(timeIntervalSince1970: Double(milliseconds) / 1_000) }

    public init(_ date: Date) { milliseconds = Int64((date.timeIntervalSince1970 * 1_000).rounded()) }

    /// `2026-03-01T10:00:00Z`, or `2026-03-01T10:00:00.250Z` if there are milliseconds.
    public var iso8601: String {
        let civil = CivilTime(self)
        let rest = civil.millisecond == 0 ? "" : "." + civil.millisecond.padded(3)
        return "\(civil.day)T\(civil.hour.padded(2)):\(civil.minute.padded(2)):\(civil.second.padded(2))\(rest)Z"
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let parsed = ISO8601.parse(text), case .instant(let instant) = parsed else {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "not a timestamp"))
        }
        self = instant
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(iso8601)
    }
}

/// How an API writes instants, if not as ISO 8601.
public typealias InstantText = @Sendable (Instant) -> String

/// A calendar day, without a time zone.
public struct Day: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Days since 1970-01-01.
    public let number: Int64

    public init(number: Int64) { self.number = number }

    /// The UTC day that contains `instant`.
    public init(_ instant: Instant) { number = instant.startOfDay.milliseconds / 86_400_000 }

    /// Returns nil if the day does not exist in the proleptic Gregorian calendar, or the year is not 1...9999.
    public init?(year: Int, month: Int, day: Int) {
        guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day) else { return nil }
        // Howard Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        number = Int64(era * 146_097 + dayOfEra - 719_468)
        let civil = self.civil
        guard civil.year == year, civil.month == month, civil.day == day else { return nil }
    }

    public static func < (left: Day, right: Day) -> Bool { left.number < right.number }

    /// The day this many days later, or earlier if the number is negative.
    public func adding(days: Int64) -> Day { Day(number: number + days) }

    /// The midnight UTC at which the day begins.
    public var start: Instant { Instant(milliseconds: number * 86_400_000) }

    /// The date in the proleptic Gregorian calendar.
    public var civil: (year: Int, month: Int, day: Int) {
        // Howard Hinnant's civil_from_days, the inverse of days_from_civil above.
        let shifted = number + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth + (shiftedMonth < 10 ? 3 : -9)
        return (Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0), Int(month), Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1))
    }

    /// `2026-03-01`
    public var description: String {
        let civil = self.civil
        return "\(civil.year.padded(4))-\(civil.month.padded(2))-\(civil.day.padded(2))"
    }
}

/// The UTC calendar fields of an instant.
struct CivilTime {
    let day: Day
    let hour, minute, second, millisecond: Int

    init(_ instant: Instant) {
        day = Day(instant)
        let rest = Int(instant.milliseconds - day.start.milliseconds)
        hour = rest / 3_600_000
        minute = rest / 60_000 % 60
        second = rest / 1_000 % 60
        millisecond = rest % 1_000
    }
}

extension BinaryInteger {
    /// The decimal digits, padded with leading zeros to `width`.
    public func padded(_ width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.count)) + digits
    }
}
