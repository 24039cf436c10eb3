import Core
import Synchronization

/// The number given to an entry when it is collected. Its upper 22 bits are a counter, which keeps entries with the same millisecond in
/// order. Its lower 40 bits are random for each process, so two hosts practically never give the same number.
enum EntryNumber {
    private static let counter = Atomic<Int64>(0)
    private static let process = Int64.random(in: 0..<(1 << 40))

    static func next() -> Int64 {
        let count = counter.wrappingAdd(1, ordering: .relaxed).newValue & 0x3F_FFFF
        return count << 40 | process
    }

    /// Returns the entry's id: a version 7 UUID made of the time (48 bits) and the entry's number (62 bits). Ids are not stored.
    /// - Source: RFC 9562, 5.7. `rand_a` is 0.
    static func uuid(_ number: Int64, at instant: Instant) -> String {
        let time = UInt64(bitPattern: instant.milliseconds) & 0xFFFF_FFFF_FFFF
        let high = time << 16 | 0x7000, low = UInt64(bitPattern: number) & (1 << 62 - 1) | 1 << 63
        let digits = hex(high) + hex(low)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    private static func hex(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
