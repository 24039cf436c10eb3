import Storage

/// Replaces placeholders for nulls with the literal `NULL`.
///
/// Placeholders for other values carry a cast (`$1::bigint`). A null has no type of its own, and PostgreSQL rejects a placeholder
/// if its context gives it no type either, as in `$1 IS NULL`. The literal `NULL` is accepted everywhere.
enum NullPlaceholders {
    /// Returns `text` with each `$n` whose value is null replaced by `NULL`. The other placeholders keep their numbers.
    static func written(into text: String, _ values: [Value]) -> String {
        guard values.contains(.null) else { return text }
        let bytes = Array(text.utf8), dollar = UInt8(ascii: "$"), quote = UInt8(ascii: "'")
        var result: [UInt8] = [], at = 0, isQuoted = false
        result.reserveCapacity(bytes.count)
        while at < bytes.count {
            let byte = bytes[at]
            at += 1
            if byte == quote { isQuoted.toggle() }
            guard byte == dollar, !isQuoted else {
                result.append(byte)
                continue
            }
            let digits = bytes[at...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            at += digits.count
            if let number = Int(String(decoding: digits, as: UTF8.self)), values.indices.contains(number - 1), values[number - 1].isNull {
                result += "NULL".utf8
            } else {
                result.append(byte)
                result += digits
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
