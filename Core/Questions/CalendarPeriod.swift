import Common
import Storage

/// Calendar days, ISO 8601 weeks (which start on Monday) and calendar months. Each kind is numbered consecutively, so SQL can compute with
/// the numbers and group by them.
public enum CalendarPeriod: String, Sendable, CaseIterable {
    case day, week, month

    /// The number of the period that contains `day`. `day` is a day's number as in `TimeBuckets`: 0 is 1970-01-01.
    public func number(of day: SQL, _ dialect: Dialect) -> SQL {
        switch self {
        case .day: return day
        // 1970-01-01 was a Thursday.
        case .week: return dialect.quotient("\(day) + 3", "7")
        case .month:
            let date: SQL = "(DATE '1970-01-01' + CAST(\(day) AS integer))"
            return "CAST(extract(year FROM \(date)) * 12 + extract(month FROM \(date)) - 1 AS bigint)"
        }
    }

    /// The number of the period that contains `day`.
    public func number(of day: Day) -> Int64 {
        switch self {
        case .day: return day.number
        case .week: return (day.number + 3) / 7
        case .month:
            let civil = day.civil
            return Int64(civil.year * 12 + civil.month - 1)
        }
    }

    /// The first day of the period with this number.
    public func start(of number: Int64) -> Day {
        switch self {
        case .day: Day(number: number)
        case .week: Day(number: number * 7 - 3)
        case .month: Day(year: Int(number / 12), month: Int(number % 12) + 1, day: 1) ?? Day(number: 0)
        }
    }
}
