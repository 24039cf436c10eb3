import Common
import Foundation

/// Days or hours on the clocks of a time zone, as whole numbers that SQL can compute and group by.
///
/// The zone's offsets in the range are written into the statement, so both engines count by the same time-zone data,
/// and a day of 23 or 25 hours is one day. An hour that a clock passes twice is one bucket.
public struct TimeBuckets: Sendable {
    public enum Unit: String, Sendable, CaseIterable {
        case day, hour
        var milliseconds: Int64 { self == .day ? 86_400_000 : 3_600_000 }
    }

    public let unit: Unit
    private let range: TimeRange
    private let dialect: Dialect
    /// Offsets from UTC in milliseconds, each from an instant on; the first from the beginning.
    private let offsets: [(from: Int64, milliseconds: Int64)]

    public init(_ unit: Unit, of scope: Scope) {
        self.unit = unit
        range = scope.range
        dialect = scope.dialect
        offsets = Self.offsets(TimeZone(identifier: scope.timezone) ?? .gmt, over: scope.range)
    }

    private static func offsets(_ zone: TimeZone, over range: TimeRange) -> [(from: Int64, milliseconds: Int64)] {
        // A day more on both sides: rows are compared with the one before, which may lie outside.
        var at = range.start.adding(days: -1).date
        let end = range.end.adding(days: 1).date
        var found = [(from: Int64.min, milliseconds: Int64(zone.secondsFromGMT(for: at)) * 1_000)]
        while let next = zone.nextDaylightSavingTimeTransition(after: at), next < end, next > at {
            found.append((Instant(next).milliseconds, Int64(zone.secondsFromGMT(for: next)) * 1_000))
            at = next
        }
        return found
    }

    /// The bucket that the instant `milliseconds` lies in.
    public func number(of milliseconds: SQL) -> SQL {
        dialect.quotient("\(milliseconds) + \(offset(at: milliseconds))", "\(unit.milliseconds)")
    }

    private func offset(at milliseconds: SQL) -> SQL {
        guard offsets.count > 1 else { return "\(offsets[0].milliseconds)" }
        // The latest first.
        let cases = offsets.dropFirst().reversed().map { from, offset in "WHEN \(milliseconds) >= \(from) THEN \(offset)" as SQL }
        return "CASE \(SQL.joined(cases, separator: " ")) ELSE \(offsets[0].milliseconds) END"
    }

    /// Whether a row is the first of its session in its bucket, for rows whose `seq` and `gap` can be trusted.
    public var isFirstOfSession: SQL {
        // Without a change of the clocks: when the row before is farther back than the bucket's beginning.
        if offsets.count == 1 { return "seq = 1 OR coalesce(gap, 0) > (occurred_at + \(offsets[0].milliseconds)) % \(unit.milliseconds)" }
        return "seq = 1 OR \(number(of: "occurred_at - coalesce(gap, 0)")) <> \(number(of: "occurred_at"))"
    }

    private func number(of instant: Instant) -> Int64 {
        let offset = offsets.last { $0.from <= instant.milliseconds }?.milliseconds ?? 0
        return (instant.milliseconds + offset) / unit.milliseconds
    }

    /// All buckets that the range touches, in order, empty ones too.
    public var all: ClosedRange<Int64> { number(of: range.start)...number(of: range.end.adding(milliseconds: -1)) }

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

    /// `2026-03-01`, or `2026-03-01T13:00`.
    public func label(_ number: Int64) -> String {
        switch unit {
        case .day: Day(number: number).description
        case .hour: "\(Day(number: number / 24))T\(number % 24 < 10 ? "0" : "")\(number % 24):00"
        }
    }
}
