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
    var suffix: String {
        let year = String(year), month = String(month)
        return String(repeating: "0", count: 4 - year.count) + year + "_" + (month.count == 1 ? "0" : "") + month
    }
}
