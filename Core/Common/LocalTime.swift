import Foundation

extension TimeZone {
    /// The zone with this name or alias in the tz database: `Europe/Berlin`, `Asia/Kolkata`, `US/Pacific`, `Etc/GMT+5`. Nil for anything
    /// else. Foundation also accepts offsets and abbreviations, but these are ambiguous.
    public init?(tzName name: String) {
        let isName = name.utf8.contains(UInt8(ascii: "/")) || Self.namesWithoutRegion.contains(name)
        let isPlain = name.utf8.allSatisfy {
            (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || "_+-/".utf8.contains($0)
        }
        // Paths in the system's tz database that are not zone names.
        guard isName, isPlain, !["posix/", "right/", "SystemV/"].contains(where: name.hasPrefix) else { return nil }
        self.init(identifier: name)
    }

    /// The tz database's names without a region. This list is complete, because new names have the form `Region/City`.
    private static let namesWithoutRegion: Set = [
        "CET", "CST6CDT", "Cuba", "EET", "EST", "EST5EDT", "Egypt", "Eire", "GB", "GB-Eire", "GMT", "GMT+0", "GMT-0", "GMT0", "Greenwich",
        "HST", "Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan", "Kwajalein", "Libya", "MET", "MST", "MST7MDT", "NZ", "NZ-CHAT",
        "Navajo", "PRC", "PST8PDT", "Poland", "Portugal", "ROC", "ROK", "Singapore", "Turkey", "UCT", "UTC", "Universal", "W-SU", "WET",
        "Zulu",
    ]

    /// How many milliseconds the zone's clocks are ahead of UTC at `instant`; negative if they are behind.
    public func offset(at instant: Instant) -> Int64 { Int64(secondsFromGMT(for: instant.date)) * 1_000 }

    /// The instants between `start` and `end`, both excluded, at which the offset changes, in order.
    public func changes(after start: Instant, before end: Instant) -> [Instant] {
        var changes: [Instant] = [], at = start.date
        while let next = nextDaylightSavingTimeTransition(after: at), next < end.date, next > at {
            // Some transitions change only the abbreviation or the legal basis but not the offset.
            if secondsFromGMT(for: next) != secondsFromGMT(for: next.addingTimeInterval(-0.001)) { changes.append(Instant(next)) }
            at = next
        }
        return changes
    }
}

extension TimeZone {
    /// The days that the zone's clocks show between the instants `first` and `last`. If clocks go back over midnight, they show the
    /// previous day again.
    public func days(from first: Instant, to last: Instant) -> ClosedRange<Day> {
        let edges = changes(after: first, before: last.adding(milliseconds: 1)).flatMap { [$0.adding(milliseconds: -1), $0] }
        let days = ([first, last] + edges).map { Day($0, in: self) }
        return days.min()!...days.max()!
    }
}

extension Day {
    /// The day that the clocks of `zone` show at `instant`.
    public init(_ instant: Instant, in zone: TimeZone) { self.init(instant.adding(milliseconds: zone.offset(at: instant))) }

    /// The instant at which the day begins on the clocks of `zone`. If clocks skip midnight, the first instant after the skipped time.
    public func start(in zone: TimeZone) -> Instant { instant(at: 0, in: zone) }

    /// The instant at which the clocks of `zone` show this day and `milliseconds` since midnight. If clocks go back and show that time
    /// twice, returns the first instant. If they skip that time, returns the instant of the jump.
    public func instant(at milliseconds: Int64, in zone: TimeZone) -> Instant {
        let shown = start.adding(milliseconds: milliseconds)
        // An offset is less than a day, and no zone changes its clocks twice within two days.
        let before = shown.adding(days: -1), after = shown.adding(days: 1)
        let candidates = [zone.offset(at: before), zone.offset(at: after)].compactMap { offset in
            let instant = shown.adding(milliseconds: -offset)
            return zone.offset(at: instant) == offset ? instant : nil
        }
        return candidates.min() ?? zone.changes(after: before, before: after).first ?? shown
    }
}
