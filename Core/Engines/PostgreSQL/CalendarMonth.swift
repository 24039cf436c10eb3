import Common

/// A calendar month in UTC.
struct CalendarMonth: Hashable {
    let year: Int
    let month: Int

    /// Returns nil for times outside the years 1 to 9999.
    init?(containing milliseconds: Int64) {
        guard let first = Day(year: 1, month: 1, day: 1), let last = Day(year: 9999, month: 12, day: 31),
            milliseconds >= first.start.milliseconds, milliseconds < last.adding(days: 1).start.milliseconds
        else { return nil }
        (year, month, _) = Day(Instant(milliseconds: milliseconds)).civil
    }

    /// The month's range in milliseconds since 1970, half-open.
    var milliseconds: Range<Int64> {
        let start = Day(year: year, month: month, day: 1)!
        // 31 days after the first day of a month is always in the next month.
        let later = start.adding(days: 31)
        return start.start.milliseconds..<later.adding(days: Int64(1 - later.civil.day)).start.milliseconds
    }

    /// The month as a suffix of partition names, such as `2026_03`.
    var suffix: String { yearSuffix + (month < 10 ? "_0" : "_") + String(month) }

    fileprivate var yearSuffix: String { String(repeating: "0", count: 4 - String(year).count) + String(year) }

    private init(year: Int, month: Int) {
        self.year = year
        self.month = month
    }

    /// The quarter that the month is in.
    var quarter: Quarter {
        let first = (month - 1) / 3 * 3 + 1
        return Quarter(months: (first..<first + 3).map { CalendarMonth(year: year, month: $0) })
    }

    /// A calendar quarter in UTC.
    struct Quarter {
        let months: [CalendarMonth]

        /// The quarter's range in milliseconds since 1970, half-open.
        var milliseconds: Range<Int64> { months[0].milliseconds.lowerBound..<months[2].milliseconds.upperBound }

        /// The quarter as a suffix of partition names, such as `2026_q1`.
        var suffix: String { "\(months[0].yearSuffix)_q\((months[0].month + 2) / 3)" }
    }
}
