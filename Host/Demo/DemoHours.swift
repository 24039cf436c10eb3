import Common

/// The hours of the demo's time range, and how busy each hour is.
struct DemoHours: Sendable {
    struct Hour: Sendable {
        let start: Instant
        let milliseconds: Int64
        let countries: Weighted<Int>
        let sources: Weighted<DemoSource>
    }

    private static let milliseconds: Int64 = 3_600_000
    private let start: Instant
    private let end: Instant
    private let seed: UInt64
    /// The next hour, in hours since 1970.
    private var next: Int64
    /// The total activity of all remaining hours, including the next one.
    private var remaining = 0.0
    private(set) var current: Hour

    init(from start: Instant, to end: Instant, seed: UInt64) {
        self.start = start
        self.end = end
        self.seed = seed
        next = start.milliseconds / Self.milliseconds
        current = Hour(
            start: start, milliseconds: 0, countries: Weighted(DemoCountry.all.enumerated().map { ($0.offset, $0.element.share) }),
            sources: DemoSource.usual)
        var hour = next
        while hour * Self.milliseconds < end.milliseconds {
            remaining += activity(in: hour)
            hour += 1
        }
    }

    /// Moves to the next hour. Returns that hour's share of all remaining activity, 0...1; nil after the last hour.
    mutating func advance() -> Double? {
        guard next * Self.milliseconds < end.milliseconds else { return nil }
        let (from, to) = bounds(of: next)
        let countries = DemoCountry.all.enumerated().map { ($0.offset, $0.element.activity(atHour: next)) }
        current = Hour(
            start: Instant(milliseconds: from), milliseconds: to - from, countries: Weighted(countries),
            sources: isFrontPage(next) ? DemoSource.frontPageDay : isNewsletter(next) ? DemoSource.newsletterDay : DemoSource.usual)
        let share = remaining > 0 ? min(1, activity(in: next) / remaining) : 1
        remaining -= activity(in: next)
        next += 1
        return next * Self.milliseconds < end.milliseconds ? share : 1
    }

    private func bounds(of hour: Int64) -> (Int64, Int64) {
        (max(start.milliseconds, hour * Self.milliseconds), min(end.milliseconds, (hour + 1) * Self.milliseconds))
    }

    private func activity(in hour: Int64) -> Double {
        let (from, to) = bounds(of: hour)
        let part = Double(to - from) / Double(Self.milliseconds)
        let age = Double(from - start.milliseconds) / Double(end.milliseconds - start.milliseconds)
        let growth = 0.8 + 0.45 * age
        // Makes every day a little different.
        let day = DemoRandom.mix(seed ^ UInt64(bitPattern: hour / 24))
        let mood = 0.9 + 0.2 * Double(day >> 11) * 0x1p-53
        let event = isFrontPage(hour) ? 2.4 : isNewsletter(hour) ? 1.35 : 1
        return DemoCountry.all.reduce(0) { $0 + $1.activity(atHour: hour) } * part * growth * mood * event
    }

    /// Whether the newsletter has just been sent: Tuesdays from 9 to 13 UTC.
    private func isNewsletter(_ hour: Int64) -> Bool { hour / 24 % 7 == 5 && (9..<13).contains(hour % 24) }

    /// Whether a post is on a news site's front page. That happens once, after two fifths of the range, from noon until midnight
    /// UTC. It does not happen in ranges of 72 hours or less.
    private func isFrontPage(_ hour: Int64) -> Bool {
        let first = start.milliseconds / Self.milliseconds, count = (end.milliseconds - start.milliseconds) / Self.milliseconds
        return count > 72 && hour / 24 == (first + count * 2 / 5) / 24 && hour % 24 >= 12
    }
}
