import Common
import Foundation

/// Days or hours on the clocks of a time zone, as whole numbers that SQL can compute and group by.
///
/// The zone's offsets in the range are written into the statement, so both engines count by the same time-zone data, and a day of 23 or
/// 25 hours is one day. Hours are numbered as they pass: one that clocks skip has no number, one that they show twice has two.
public struct TimeBuckets: Sendable {
    public enum Unit: String, Sendable, CaseIterable {
        case day, hour
        var milliseconds: Int64 { self == .day ? 86_400_000 : 3_600_000 }
    }

    /// A time between two changes of the clocks.
    private struct Stretch {
        /// The first begins in the distant past.
        let from: Int64
        let offset: Int64
        /// How many hours were skipped (negative) or shown again since the first stretch.
        let shift: Int64
    }

    /// What `label` answers, in an answer.
    public static let label = Schema.text(22)

    public let unit: Unit
    private let range: TimeRange
    private let dialect: Dialect
    private let stretches: [Stretch]

    public init(_ unit: Unit, of scope: Scope) {
        self.unit = unit
        range = scope.range
        dialect = scope.dialect
        stretches = Self.stretches(of: scope.zone, unit, over: scope.range)
    }

    private static func stretches(of zone: TimeZone, _ unit: Unit, over range: TimeRange) -> [Stretch] {
        // A day more on both sides: rows are compared with the one before, which may lie outside.
        let start = range.start.adding(days: -1)
        var found = [Stretch(from: .min, offset: zone.offset(at: start), shift: 0)]
        for change in zone.changes(after: start, before: range.end.adding(days: 1)) {
            let at = change.milliseconds, offset = zone.offset(at: change), before = found.last!
            var shift: Int64 = 0
            if unit == .hour {
                let last = (at - 1 + before.offset) / unit.milliseconds, first = (at + offset) / unit.milliseconds
                // Clocks that go back by half an hour in the middle of one show the rest of that hour again, which stays in it.
                let begins = (at + before.offset) % unit.milliseconds == 0 || first != last
                shift = before.shift + last - first + (begins ? 1 : 0)
            }
            found.append(Stretch(from: at, offset: offset, shift: shift))
        }
        return found
    }

    /// The bucket that the instant `milliseconds` lies in.
    public func number(of milliseconds: SQL) -> SQL {
        dialect.quotient("\(milliseconds) + \(addend(at: milliseconds))", "\(unit.milliseconds)")
    }

    /// What is added to an instant so that whole units of it number the buckets.
    private func addend(_ stretch: Stretch) -> Int64 { stretch.offset + stretch.shift * unit.milliseconds }

    private func addend(at milliseconds: SQL) -> SQL {
        guard stretches.count > 1 else { return "\(addend(stretches[0]))" }
        // The latest first.
        let cases = stretches.dropFirst().reversed().map { "WHEN \(milliseconds) >= \($0.from) THEN \(addend($0))" as SQL }
        return "CASE \(SQL.joined(cases, separator: " ")) ELSE \(addend(stretches[0])) END"
    }

    /// Whether a row is the first of its session in its bucket, for rows whose `seq` and `gap` can be trusted.
    public var isFirstOfSession: SQL {
        // Without a change of the clocks: when the row before is farther back than the bucket's beginning.
        if stretches.count == 1 { return "seq = 1 OR coalesce(gap, 0) > (occurred_at + \(stretches[0].offset)) % \(unit.milliseconds)" }
        return "seq = 1 OR \(number(of: "occurred_at - coalesce(gap, 0)")) <> \(number(of: "occurred_at"))"
    }

    private func number(of instant: Instant) -> Int64 {
        let stretch = stretches.last { $0.from <= instant.milliseconds } ?? stretches[0]
        return (instant.milliseconds + addend(stretch)) / unit.milliseconds
    }

    /// All buckets that the range touches, in order, empty ones too. Clocks that go back over midnight show a day's beginning, then the
    /// end of the day before, so the first instant need not lie in the first bucket.
    public var all: ClosedRange<Int64> {
        let last = range.end.adding(milliseconds: -1)
        let changes = stretches.map(\.from).filter { range.start.milliseconds < $0 && $0 <= last.milliseconds }
        let numbers = ([range.start, last] + changes.flatMap { [Instant(milliseconds: $0 - 1), Instant(milliseconds: $0)] }).map(number)
        return numbers.min()!...numbers.max()!
    }

    /// More points than anybody looks at are refused.
    public static let maximumPoints = 5_000

    /// `all`, for a report that answers a point for each.
    /// - Parameter parameter: of the request, by which fewer can be asked for.
    /// - Throws: 400 over `maximumPoints`.
    public func points(chosenBy parameter: String = "interval") throws -> ClosedRange<Int64> {
        let all = all
        guard all.count <= Self.maximumPoints else {
            throw ServiceError.parameter(
                parameter, "the range has \(all.count) \(unit.rawValue)s; at most \(Self.maximumPoints) are answered. Ask for a shorter range.")
        }
        return all
    }

    /// `2026-03-01`, or `2026-03-01T13:00`; an hour that clocks show twice has its offset as well, `2026-10-25T02:00+02:00`.
    public func label(_ number: Int64) -> String {
        guard unit == .hour else { return Day(number: number).description }
        let index = stretches.lastIndex { $0.from == .min || ($0.from + addend($0)) / unit.milliseconds <= number } ?? 0
        let shown = number - stretches[index].shift
        let label = "\(Day(number: shown / 24))T\((shown % 24).padded(2)):00"
        return isShownTwice(shown, in: index) ? label + Self.text(ofOffset: stretches[index].offset) : label
    }

    private func isShownTwice(_ shown: Int64, in index: Int) -> Bool {
        [index - 1, index + 1].contains { other in
            guard stretches.indices.contains(other), stretches[other].shift != stretches[index].shift else { return false }
            let (earlier, later) = (stretches[min(index, other)], stretches[max(index, other)])
            let last = (later.from - 1 + earlier.offset) / unit.milliseconds, first = (later.from + later.offset) / unit.milliseconds
            return first <= shown && shown <= last
        }
    }

    /// `+02:00`
    private static func text(ofOffset milliseconds: Int64) -> String {
        let minutes = abs(milliseconds) / 60_000
        return "\(milliseconds < 0 ? "-" : "+")\((minutes / 60).padded(2)):\((minutes % 60).padded(2))"
    }
}
