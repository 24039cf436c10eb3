import Core

/// The calendar period that defines a cohort, and the length of an interval.
enum RetentionPeriod: String, Sendable, CaseIterable {
    case daily, weekly, monthly

    static let names = allCases.map(\.rawValue)

    var calendar: CalendarPeriod {
        switch self {
        case .daily: .day
        case .weekly: .week
        case .monthly: .month
        }
    }

    /// The length of a rolling window. A month counts as 30 days, so all windows are equally long.
    var windowMilliseconds: Int64 { windowDays * 86_400_000 }

    private var windowDays: Int64 {
        switch self {
        case .daily: 1
        case .weekly: 7
        case .monthly: 30
        }
    }

    /// Returns the maximum number of days in this many periods.
    func days(_ periods: Int64) -> Int64 { periods * (self == .monthly ? 31 : windowDays) }

    /// Returns the number of the cohort that begins on the given day, such as `2026-03-02`.
    /// - Throws: 400 if the text isn't the first day of a period.
    func number(ofCohort text: String) throws -> Int64 {
        guard case .day(let day)? = ISO8601.parse(text), calendar.start(of: calendar.number(of: day)) == day else {
            let example = self == .monthly ? "2026-03-01" : "2026-03-02"
            throw ServiceError.parameter(
                "cohort", "must be the first day of a \(rawValue) cohort such as \(example); got '\(text.excerpt(60))'.")
        }
        return calendar.number(of: day)
    }

    /// The maximum number of cohorts in a range. Ranges with more are rejected, because nobody reads that many lines.
    static let maximumCohorts = 1_000

    /// - Throws: 400 if the range has more than `maximumCohorts` of these periods.
    func check(_ range: TimeRange) throws {
        let cohorts = calendar.number(of: Day(range.end.adding(milliseconds: -1))) - calendar.number(of: Day(range.start)) + 1
        guard cohorts <= Self.maximumCohorts else {
            throw ServiceError.parameter(
                "period",
                "the range has \(cohorts) cohorts; the limit is \(Self.maximumCohorts). Request a shorter range or a longer period."
            )
        }
    }
}
