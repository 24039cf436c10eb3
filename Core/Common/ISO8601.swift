/// Parses the dates and times in requests. The format is a bare date or the ISO 8601 profile of RFC 3339, except that seconds and offset
/// are optional.
public enum ISO8601 {
    /// The result of parsing: which form the text had.
    public enum Parsed: Sendable, Equatable {
        case day(Day)
        case instant(Instant)
        /// A date and time without an offset. The caller decides which time zone it is in.
        case local(Day, milliseconds: Int64)

        /// The instant. A text without an offset is in UTC, and a bare date means the start of the day.
        public var utc: Instant {
            switch self {
            case .day(let day): day.start
            case .instant(let instant): instant
            case .local(let day, let milliseconds): day.start.adding(milliseconds: milliseconds)
            }
        }
    }

    /// Parses `2026-03-01`, or `2026-03-01T10:00`, `...:30` or `...:30.250` followed by `Z`, `+02:00`, `+0200` or nothing.
    /// Returns nil for any other form, and for a day that does not exist.
    public static func parse(_ text: String) -> Parsed? {
        var bytes = Array(text.utf8)[...]
        guard let year = digits(&bytes, 4), take(&bytes, "-"), let month = digits(&bytes, 2), take(&bytes, "-"),
            let dayOfMonth = digits(&bytes, 2), let day = Day(year: year, month: month, day: dayOfMonth)
        else { return nil }
        if bytes.isEmpty { return .day(day) }
        guard take(&bytes, "T") || take(&bytes, "t") || take(&bytes, " "), let hour = digits(&bytes, 2), hour < 24,
            take(&bytes, ":"), let minute = digits(&bytes, 2), minute < 60
        else { return nil }
        var second = 0, fraction: Int64 = 0
        if take(&bytes, ":") {
            // A leap second counts as the first instant of the next minute, as in POSIX time.
            guard let value = digits(&bytes, 2), value <= 60 else { return nil }
            second = value
            if take(&bytes, ".") || take(&bytes, ",") {
                guard let value = milliseconds(&bytes) else { return nil }
                fraction = value
            }
        }
        let ofDay = Int64(hour * 3_600 + minute * 60 + second) * 1_000 + fraction
        if bytes.isEmpty { return .local(day, milliseconds: ofDay) }
        guard let offset = offsetMinutes(&bytes), bytes.isEmpty else { return nil }
        return .instant(day.start.adding(milliseconds: ofDay - Int64(offset) * 60_000))
    }

    /// Like `parse`, but for query parameters, in which an offset's plus sign arrives as a space if the client did not encode it.
    public static func parse(parameter text: String) -> Parsed? {
        if let parsed = parse(text) { return parsed }
        var bytes = Array(text.utf8)
        guard let last = bytes.lastIndex(of: UInt8(ascii: " ")) else { return nil }
        bytes[last] = UInt8(ascii: "+")
        return parse(String(decoding: bytes, as: UTF8.self))
    }

    private static func digits(_ bytes: inout ArraySlice<UInt8>, _ count: Int) -> Int? {
        guard bytes.count >= count else { return nil }
        var value = 0
        for byte in bytes.prefix(count) {
            guard byte >= 48, byte <= 57 else { return nil }
            value = value * 10 + Int(byte - 48)
        }
        bytes = bytes.dropFirst(count)
        return value
    }

    private static func take(_ bytes: inout ArraySlice<UInt8>, _ character: Unicode.Scalar) -> Bool {
        guard bytes.first == UInt8(ascii: character) else { return false }
        bytes = bytes.dropFirst()
        return true
    }

    /// Reads a fraction of one to nine digits and truncates it to milliseconds.
    private static func milliseconds(_ bytes: inout ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0, read = 0
        while let byte = bytes.first, byte >= 48, byte <= 57, read < 9 {
            if read < 3 { value = value * 10 + Int64(byte - 48) }
            read += 1
            bytes = bytes.dropFirst()
        }
        guard read > 0 else { return nil }
        for _ in read..<max(read, 3) { value *= 10 }
        return value
    }

    private static func offsetMinutes(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        if take(&bytes, "Z") || take(&bytes, "z") { return 0 }
        let sign = take(&bytes, "+") ? 1 : take(&bytes, "-") ? -1 : 0
        guard sign != 0, let hours = digits(&bytes, 2), hours < 24 else { return nil }
        let hasColon = take(&bytes, ":")
        guard let minutes = bytes.isEmpty && !hasColon ? 0 : digits(&bytes, 2), minutes < 60 else { return nil }
        return sign * (hours * 60 + minutes)
    }
}
