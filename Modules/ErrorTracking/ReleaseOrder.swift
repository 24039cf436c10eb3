import Core

/// Which of two releases is the earlier one.
struct ReleaseOrder: Sendable {
    /// When releases were first deployed, as far as they are registered.
    private let deployedAt: [String: Int64]

    init(deployedAt: [String: Int64]) { self.deployedAt = deployedAt }

    init(_ call: ProjectRequest) async throws {
        let rows = try await call.control.read(
            """
            /* error_tracking.release_order */ SELECT version, min(deployed_at) AS deployed_at FROM error_tracking_releases
            WHERE project_id = \(call.project.id) AND deployed_at IS NOT NULL GROUP BY version
            """)
        deployedAt = Dictionary(uniqueKeysWithValues: rows.map { ($0.text("version"), $0.int("deployed_at")) })
    }

    /// By the time of deployment where both have one, else by their names.
    func isEarlier(_ left: String, than right: String) -> Bool {
        if let first = deployedAt[left], let second = deployedAt[right], first != second { return first < second }
        return Self.compare(left, right) == .earlier
    }

    enum Comparison { case earlier, same, later }

    /// Numbers in the names are compared as numbers: 1.9 is earlier than 1.10, 2026.05.09 than 2026.05.10. What a hyphen
    /// adds is an earlier one, as in Semantic Versioning: 2.0.0-rc.1 comes before 2.0.0.
    static func compare(_ left: String, _ right: String) -> Comparison {
        let a = parts(left), b = parts(right)
        for (x, y) in zip(a, b) where x != y {
            if x.hasPrefix("-") != y.hasPrefix("-") { return x.hasPrefix("-") ? .earlier : .later }
            if let x = Number(x), let y = Number(y) {
                if x == y { continue }  // 01 and 1
                return x < y ? .earlier : .later
            }
            return x < y ? .earlier : .later
        }
        if a.count == b.count { return .same }
        let (longer, isLeft) = a.count > b.count ? (a[b.count], true) : (b[a.count], false)
        return longer.hasPrefix("-") == isLeft ? .earlier : .later
    }

    /// Runs of digits, and what stands between them.
    private static func parts(_ text: String) -> [String] {
        var parts: [String] = []
        var wasDigit: Bool?
        for character in text {
            let isDigit = character.isASCII && character.isNumber
            // A hyphen begins a part, so that it is seen.
            if isDigit == wasDigit, character != "-" { parts[parts.count - 1].append(character) } else { parts.append(String(character)) }
            wasDigit = isDigit
        }
        return parts
    }

    /// Digits of any length.
    private struct Number: Comparable {
        let digits: Substring

        init?(_ text: String) {
            guard text.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
            digits = text.drop { $0 == "0" }
        }

        static func < (left: Number, right: Number) -> Bool {
            (left.digits.count, String(left.digits)) < (right.digits.count, String(right.digits))
        }
    }
}
