import Core

/// The length of a cohort.
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

    /// The length of a rolling window. A rolling month counts as 30 days, so all windows are equally long.
    var windowMilliseconds: Int64 { windowDays * 86_400_000 }

    private var windowDays: Int64 {
        switch self {
        case .daily: 1
        case .weekly: 7
        case .monthly: 30
        }
    }

    /// The most days that this number of periods can take.
    func days(_ periods: Int64) -> Int64 { periods * (self == .monthly ? 31 : windowDays) }

    /// The number of the cohort that begins on a day such as `2026-03-02`.
    /// - Throws: 400 if that isn't the first day of a period.
    func number(ofCohort text: String) throws -> Int64 {
        guard case .day(let day)? = ISO8601.parse(text), calendar.start(of: calendar.number(of: day)) == day else {
            let example = self == .monthly ? "2026-03-01" : "2026-03-02"
            throw ServiceError.parameter(
                "cohort", "must be the first day of a \(rawValue) cohort such as \(example); got '\(text.excerpt(60))'.")
        }
        return calendar.number(of: day)
    }

    /// Maximum cohorts of a range. Ranges with more are rejected, because nobody reads so many lines.
    static let maximumCohorts = 1_000

    /// - Throws: 400 for a range with too many of these periods.
    func check(_ range: TimeRange) throws {
        let cohorts = calendar.number(of: Day(range.end.adding(milliseconds: -1))) - calendar.number(of: Day(range.start)) + 1
        guard cohorts <= Self.maximumCohorts else {
            throw ServiceError.parameter(
                "period",
                "the range has \(cohorts) cohorts; at most \(Self.maximumCohorts) are answered. Ask for a shorter range or a longer period."
            )
        }
    }
}
