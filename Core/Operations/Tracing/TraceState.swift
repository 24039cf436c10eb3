/// Data that other tracing systems attach to a trace. Pulse does not interpret it, and passes it on unchanged.
public struct TraceState: Sendable, Hashable {
    /// The value of the header, without blanks around its members; "" if there are none.
    public let text: String

    /// An empty state.
    public init() { text = "" }

    /// Parses the header. Returns nil if it is not a list of at most 32 members. Drops empty members. If several members have the same key,
    /// keeps the first, which is the most recent one.
    public init?(_ header: String) {
        var members: [Substring] = [], keys: Set<Substring> = []
        for part in header.split(separator: ",", omittingEmptySubsequences: false) {
            let member = Substring(part.utf8.withoutOuterBlanks)
            if member.isEmpty { continue }
            guard let equals = member.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
            let key = member[..<equals]
            guard Self.isKey(key.utf8), Self.isValue(member[member.utf8.index(after: equals)...].utf8) else { return nil }
            if keys.insert(key).inserted { members.append(member) }
        }
        guard members.count <= 32 else { return nil }
        text = members.joined(separator: ",")
    }

    private static func isKey(_ key: Substring.UTF8View) -> Bool {
        guard let first = key.first, isLetterOrDigit(first), key.count <= 256 else { return false }
        return key.allSatisfy { isLetterOrDigit($0) || "_-*/@".utf8.contains($0) }
    }

    /// Values are printable ASCII except comma and equals sign. They can't end in a space, because members are trimmed.
    private static func isValue(_ value: Substring.UTF8View) -> Bool {
        (1...256).contains(value.count)
            && value.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=") }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
