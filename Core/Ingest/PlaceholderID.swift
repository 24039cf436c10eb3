import Common

/// Words that programs send when they have no id: `undefined`, `null`, `[object Object]`. If these were used as ids, all visitors with the
/// same word would count as one person.
public enum PlaceholderID {
    /// The words in lower case, grouped by length.
    private static let names: [[[UInt8]]] = {
        let all = [
            "0", "id", "nan", "nil", "null", "none", "true", "false", "email", "guest", "<nil>", "<null>", "(null)", "userid", "unknown",
            "user_id",
            "undefined", "anonymous", "distinctid", "visitor_id", "distinct_id", "[object object]", "not_authenticated",
        ]
        return (0...longest).map { length in all.map { Array($0.utf8) }.filter { $0.count == length } }
    }()
    private static let longest = 17, uuidLength = 36

    /// A filter that has the bit of each word set. A quick test of the bits rules out nearly all real ids, which matters because every
    /// event's ids are checked.
    private static let bits = names.joined().reduce(UInt64(0)) { $0 | bit($1.count, $1[0], $1[$1.count - 1]) }

    /// The bit for a word or id with this length and these first and last bytes, ignoring case.
    private static func bit(_ count: Int, _ first: UInt8, _ last: UInt8) -> UInt64 {
        JSON.nameBit(count, first: first | 0x20, last: last | 0x20)
    }

    /// Whether `id` is a placeholder, ignoring case and surrounding white space. Blank ids and the UUID of all zeros are placeholders, too.
    public static func matches(_ id: String) -> Bool {
        var id = id
        return id.withUTF8 { matches($0) }
    }

    /// The 400 error for a placeholder in `field`.
    public static func refusal(_ field: String, _ id: String) -> ServiceError {
        .body(
            field: field,
            "must be a real id; got '\(id.excerpt(60))', a placeholder for a missing id. "
                + "Send the id once it is known.")
    }

    static func matches(_ json: JSON) -> Bool { json.withUTF8 { matches($0) } ?? false }

    private static func matches(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if bytes.count == uuidLength, bytes[0] == UInt8(ascii: "0") {
            return bytes.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "-") }
        }
        guard let first = bytes.firstIndex(where: { $0 > 0x20 }), let last = bytes.lastIndex(where: { $0 > 0x20 }) else { return true }
        guard last - first < longest, bits & bit(last - first + 1, bytes[first], bytes[last]) != 0 else { return false }
        return names[last - first + 1].contains { name in
            name.indices.allSatisfy { at in
                let byte = bytes[first + at]
                return name[at] == ((65...90).contains(byte) ? byte | 0x20 : byte)
            }
        }
    }
}
