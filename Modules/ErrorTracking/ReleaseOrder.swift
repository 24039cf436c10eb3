import Core

/// Decides which of two releases is earlier.
struct ReleaseOrder: Sendable {
    /// When each release was first deployed, by version, in epoch milliseconds. Contains only releases that were registered with a
    /// deployment time.
    private let deployedAt: [ExactText: Int64]

    init(deployedAt: [ExactText: Int64]) { self.deployedAt = deployedAt }

    init(_ call: ProjectRequest) async throws {
        let rows = try await call.store.read(
            """
            /* error_tracking.release_order */ SELECT version, min(deployed_at) AS deployed_at FROM error_tracking_releases
            WHERE project_id = \(call.project.id) AND deployed_at IS NOT NULL GROUP BY version
            """)
        deployedAt = Dictionary(exactly: rows.map { ($0.text("version"), $0.int("deployed_at")) })
    }

    /// Compares by deployment time if both releases have one and the times differ, else by name.
    func isEarlier(_ left: String, than right: String) -> Bool {
        if let first = deployedAt[text: left], let second = deployedAt[text: right], first != second { return first < second }
        return Self.compare(left, right) == .earlier
    }

    enum Comparison { case earlier, same, later }

    /// Compares two names. Numbers in them are compared as numbers: 1.9 is earlier than 1.10, 2026.05.09 than 2026.05.10. A suffix with a
    /// hyphen is earlier than no suffix, as in Semantic Versioning: 2.0.0-rc.1 comes before 2.0.0.
    static func compare(_ left: String, _ right: String) -> Comparison {
        let a = parts(left), b = parts(right)
        for (x, y) in zip(a, b) where x != y {
            if beginsWithHyphen(x) != beginsWithHyphen(y) { return beginsWithHyphen(x) ? .earlier : .later }
            if let x = Number(x), let y = Number(y) {
                if x == y { continue }  // 01 and 1
                return x < y ? .earlier : .later
            }
            return x.lexicographicallyPrecedes(y) ? .earlier : .later
        }
        if a.count == b.count { return .same }
        let (longer, isLeft) = a.count > b.count ? (a[b.count], true) : (b[a.count], false)
        return beginsWithHyphen(longer) == isLeft ? .earlier : .later
    }

    private static func beginsWithHyphen(_ part: [UInt8]) -> Bool { part.first == UInt8(ascii: "-") }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    /// The runs of digits in a name and the text between them, as bytes.
    private static func parts(_ text: String) -> [[UInt8]] {
        var parts: [[UInt8]] = []
        var wasDigit: Bool?
        for byte in text.utf8 {
            // A hyphen always begins a part, so `beginsWithHyphen` finds it.
            if isDigit(byte) == wasDigit, byte != UInt8(ascii: "-") { parts[parts.count - 1].append(byte) } else { parts.append([byte]) }
            wasDigit = isDigit(byte)
        }
        return parts
    }

    /// A whole number with any number of digits.
    private struct Number: Comparable {
        let digits: [UInt8]

        init?(_ part: [UInt8]) {
            guard part.allSatisfy(isDigit) else { return nil }
            digits = Array(part.drop { $0 == UInt8(ascii: "0") })
        }

        static func < (left: Number, right: Number) -> Bool {
            left.digits.count == right.digits.count
                ? left.digits.lexicographicallyPrecedes(right.digits) : left.digits.count < right.digits.count
        }
    }
}
