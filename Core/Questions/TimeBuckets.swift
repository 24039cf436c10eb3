import Common
import Foundation
import Storage

extension Shape where Value == String {
    /// A label of `TimeBuckets`.
    public static var bucket: Shape { text(22) }
}

/// Days or hours in a time zone. Each bucket has a whole number, which SQL can compute and group by.
///
/// The SQL contains the zone's UTC offsets in the range, so all engines use the same time-zone data. A day of 23 or 25 hours counts as one
/// day. Hours are numbered consecutively: an hour that clocks skip has no number, and an hour that they show twice has two.
public struct TimeBuckets: Sendable {
    /// The width of a bucket.
    public enum Unit: String, Sendable, CaseIterable {
        case day, hour
        var milliseconds: Int64 { self == .day ? 86_400_000 : 3_600_000 }
    }

    /// A period between two changes of the zone's UTC offset.
    private struct Stretch {
        /// The start of the period in epoch milliseconds; `Int64.min` for the first period.
        let from: Int64
        /// The UTC offset in milliseconds.
        let offset: Int64
        /// The number of hours repeated since the first period, minus the number of hours skipped.
        let shift: Int64
    }

    /// The width of the buckets.
    public let unit: Unit
    private let range: TimeRange
    private let dialect: Dialect
    private let stretches: [Stretch]

    /// The buckets of the scope's range in its time zone.
    public init(_ unit: Unit, of scope: Scope) {
        self.unit = unit
        range = scope.range
        dialect = scope.dialect
        stretches = Self.stretches(of: scope.zone, unit, over: scope.range)
    }

    private static func stretches(of zone: TimeZone, _ unit: Unit, over range: TimeRange) -> [Stretch] {
        // Includes a day before and after the range, because rows are compared with the previous row, which may be outside the range.
        let start = range.start.adding(days: -1)
        var stretches = [Stretch(from: .min, offset: zone.offset(at: start), shift: 0)]
        for change in zone.changes(after: start, before: range.end.adding(days: 1)) {
            let at = change.milliseconds, offset = zone.offset(at: change), before = stretches.last!
            var shift: Int64 = 0
            if unit == .hour {
                let last = (at - 1 + before.offset) / unit.milliseconds, first = (at + offset) / unit.milliseconds
                // If clocks go back by only half an hour, the repeated half hour belongs to the same bucket.
                let startsNewHour = (at + before.offset) % unit.milliseconds == 0 || first != last
                shift = before.shift + last - first + (startsNewHour ? 1 : 0)
            }
            stretches.append(Stretch(from: at, offset: offset, shift: shift))
        }
        return stretches
    }

    /// SQL for the number of the bucket that contains the instant `milliseconds`.
    public func number(of milliseconds: SQL) -> SQL {
        dialect.quotient("\(milliseconds) + \(addend(at: milliseconds))", "\(unit.milliseconds)")
    }

    /// The number of milliseconds to add to an instant so that dividing the sum by the unit gives the bucket's number.
    private func addend(_ stretch: Stretch) -> Int64 { stretch.offset + stretch.shift * unit.milliseconds }

    private func addend(at milliseconds: SQL) -> SQL {
        guard stretches.count > 1 else { return "\(addend(stretches[0]))" }
        // Latest first, because CASE takes the first match.
        let cases = stretches.dropFirst().reversed().map { "WHEN \(milliseconds) >= \($0.from) THEN \(addend($0))" as SQL }
        return "CASE \(SQL.joined(cases, separator: " ")) ELSE \(addend(stretches[0])) END"
    }

    /// The condition that a row is the first of its session in its bucket. The row's `seq` and `gap` must be exact.
    public var isFirstOfSession: SQL {
        // Without a clock change, a row is the first if the session's previous row was before the start of the bucket.
        if stretches.count == 1 { return "seq = 1 OR coalesce(gap, 0) > (occurred_at + \(stretches[0].offset)) % \(unit.milliseconds)" }
        return "seq = 1 OR \(number(of: "occurred_at - coalesce(gap, 0)")) <> \(number(of: "occurred_at"))"
    }

    private func number(of instant: Instant) -> Int64 {
        let stretch = stretches.last { $0.from <= instant.milliseconds } ?? stretches[0]
        return (instant.milliseconds + addend(stretch)) / unit.milliseconds
    }

    /// All buckets that the range touches, in order, including empty ones. If clocks go back across midnight, the start of a day is
    /// followed by the end of the previous day again, so the range's first instant may not be in the first bucket.
    public var all: ClosedRange<Int64> {
        let last = range.end.adding(milliseconds: -1)
        let changes = stretches.map(\.from).filter { range.start.milliseconds < $0 && $0 <= last.milliseconds }
        let numbers = ([range.start, last] + changes.flatMap { [Instant(milliseconds: $0 - 1), Instant(milliseconds: $0)] }).map(number)
        return numbers.min()!...numbers.max()!
    }

    /// The maximum number of points in a response.
    public static let maximumPoints = 5_000

    /// Like `all`, but for reports that return a point per bucket, so their number is limited.
    /// - Parameter parameter: the request parameter that the error message names.
    /// - Throws: 400 for more than `maximumPoints` buckets.
    public func points(chosenBy parameter: String = "interval") throws -> ClosedRange<Int64> {
        let all = all
        guard all.count <= Self.maximumPoints else {
            throw ServiceError.parameter(
                parameter,
                "the range has \(all.count) \(unit.rawValue)s; the limit is \(Self.maximumPoints). Request a shorter range.")
        }
        return all
    }

    /// The bucket's label: `2026-03-01` for a day, `2026-03-01T13:00` for an hour. The label of an hour that clocks show twice includes its
    /// offset: `2026-10-25T02:00+02:00`.
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

    /// The UTC offset as text, such as `+02:00`.
    private static func text(ofOffset milliseconds: Int64) -> String {
        let minutes = abs(milliseconds) / 60_000
        return "\(milliseconds < 0 ? "-" : "+")\((minutes / 60).padded(2)):\((minutes % 60).padded(2))"
    }
}
