/// Writes compact JSON into a byte buffer: the only writer of JSON in Pulse. A `Shape` writes answers with it; documents that are stored,
/// logged or streamed are written directly.
///
/// ```swift
/// var text = JSONText()
/// text.object {
///     $0.name("id").append(string: id)
///     $0.name("tags").array { tags in for tag in all { tags.element().append(string: tag) } }
/// }
/// ```
public struct JSONText: Sendable {
    /// The JSON written so far, as UTF-8.
    public private(set) var bytes: [UInt8] = []
    /// How instants are written; nil for ISO 8601.
    private let instants: InstantText?

    /// - Parameter instants: how the API that the text is for writes instants; nil for ISO 8601.
    public init(instants: InstantText? = nil) { self.instants = instants }

    /// JSON text that Pulse has written and stored.
    public init(stored text: String) {
        self.init()
        bytes = Array(text.utf8)
    }

    /// The JSON written so far.
    public var string: String { String(decoding: bytes, as: UTF8.self) }

    /// Appends a value. If several members have the same name, only the last is written.
    public mutating func append(_ value: JSON) {
        switch value.kind {
        case .object:
            bytes.append(UInt8(ascii: "{"))
            let overridden = Self.overridden(in: value)
            var first = true, place = 0, next = 0
            value.forEachMember { name, member in
                defer { place += 1 }
                if next < overridden.count, overridden[next] == place {
                    next += 1
                    return
                }
                if !first { bytes.append(UInt8(ascii: ",")) }
                first = false
                append(utf8: name)
                bytes.append(UInt8(ascii: ":"))
                append(member)
            }
            bytes.append(UInt8(ascii: "}"))
        case .array:
            bytes.append(UInt8(ascii: "["))
            for (index, element) in value.elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(element)
            }
            bytes.append(UInt8(ascii: "]"))
        case .string: value.withUTF8 { append(utf8: $0) }
        case .number:
            append(raw: value.digits ?? Self.digits(of: value.number ?? 0))
        case .boolean: append(raw: value.boolean == true ? "true" : "false")
        case .null: append(raw: "null")
        }
    }

    /// Indexes of members whose name occurs again later, in ascending order. The last member with a name wins, as in JavaScript. Without
    /// this, the result would depend on the database engine, because engines disagree about which member they find.
    private static func overridden(in value: JSON) -> [Int] {
        var count = 0
        value.forEachMember { _, _ in count += 1 }
        // As many bits as names means that no two names are equal.
        guard count > 1, value.nameBits.nonzeroBitCount < count else { return [] }
        var names: [UnsafeBufferPointer<UInt8>] = []
        // The pointers stay valid as long as `value` is alive.
        value.forEachMember { name, _ in names.append(name) }
        return withExtendedLifetime(value) {
            // For a few names, comparing all pairs is faster than building a set. For many names, it would take quadratic time.
            guard count > 32 else {
                return names.indices.filter { place in names[(place + 1)...].contains { $0.elementsEqual(names[place]) } }
            }
            var later: Set<Name> = []
            later.reserveCapacity(count)
            return names.indices.reversed().filter { !later.insert(Name(bytes: names[$0])).inserted }.reversed()
        }
    }

    /// The bytes of a name. They are valid as long as the document is alive.
    private struct Name: Hashable {
        let bytes: UnsafeBufferPointer<UInt8>

        static func == (left: Name, right: Name) -> Bool { left.bytes.elementsEqual(right.bytes) }
        func hash(into hasher: inout Hasher) { hasher.combine(bytes: UnsafeRawBufferPointer(bytes)) }
    }

    /// The number as it is stored and returned: the fewest digits that identify it, without an exponent from 1e-6 up to 21 integer digits.
    /// JavaScript writes numbers the same way, except that its large exponents have a plus. DuckDB reformats numbers in documents to this
    /// form; PostgreSQL returns numbers as they were stored.
    public static func digits(of number: Double) -> String {
        let plain = "\(number)"
        guard let e = plain.utf8.firstIndex(of: UInt8(ascii: "e")) else { return plain.hasSuffix(".0") ? String(plain.dropLast(2)) : plain }
        let mantissa = plain[..<e], sign = number < 0 ? "-" : "", exponent = Int(plain[plain.utf8.index(after: e)...]) ?? 0
        var digits = mantissa.filter { $0.isNumber }
        if mantissa.hasSuffix(".0") { digits.removeLast() }
        // The position of the decimal point within the digits.
        let point = exponent + 1
        switch point {
        case digits.count...21: return sign + digits + String(repeating: "0", count: point - digits.count)
        case -5...0: return sign + "0." + String(repeating: "0", count: -point) + digits
        default: return sign + digits.prefix(1) + (digits.count > 1 ? "." + digits.dropFirst() : "") + "e\(exponent)"
        }
    }

    /// Appends text unchanged. It must be JSON or a part of a JSON document.
    public mutating func append(raw text: String) { bytes.append(contentsOf: text.utf8) }

    /// Appends JSON that was written elsewhere.
    public mutating func append(_ text: JSONText) { bytes.append(contentsOf: text.bytes) }

    /// Appends a JSON string, quoted and escaped.
    public mutating func append(string text: String) {
        var text = text
        text.withUTF8 { append(utf8: $0) }
    }

    private mutating func append(utf8: UnsafeBufferPointer<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        // Most strings need no escapes. No early exit from the loop, so the compiler can vectorize it.
        var escapes = 0
        for byte in utf8 { escapes &+= byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") ? 1 : 0 }
        if escapes == 0 { bytes.append(contentsOf: utf8) } else { append(escaping: utf8) }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func append(escaping utf8: UnsafeBufferPointer<UInt8>) {
        func hex(_ digit: UInt8) -> UInt8 { digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "A") + digit - 10 }
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "\""): append(raw: "\\\"")
            case UInt8(ascii: "\\"): append(raw: "\\\\")
            case 0x0A: append(raw: "\\n")
            case 0x0D: append(raw: "\\r")
            case 0x09: append(raw: "\\t")
            case 0x08: append(raw: "\\b")
            case 0x0C: append(raw: "\\f")
            case 0..<0x20:
                append(raw: "\\u00")
                bytes.append(hex(byte >> 4))
                bytes.append(hex(byte & 15))
            default: bytes.append(byte)
            }
        }
    }
}

extension JSONText {
    /// Appends a whole number.
    public mutating func append(_ integer: Int64) {
        if integer < 0 { bytes.append(UInt8(ascii: "-")) }
        var rest = integer.magnitude
        let start = bytes.count
        repeat {
            bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
            rest /= 10
        } while rest > 0
        bytes[start...].reverse()
    }

    /// Appends a number; a whole one without `.0`, like an integer.
    /// - Throws: `NotANumber` for infinity or NaN, which JSON can't represent.
    public mutating func append(_ number: Double) throws {
        guard number.isFinite else { throw NotANumber(value: number) }
        // Negative zero is `-0`.
        if let whole = Int64(exactly: number), whole.magnitude < 1 << 53, whole != 0 || number.sign == .plus { return append(whole) }
        let text = number.description
        append(raw: text.hasSuffix(".0") ? String(text.dropLast(2)) : text)
    }

    /// A number that JSON can't represent was to be written. That is a bug in the report that computed it.
    public struct NotANumber: Error, CustomStringConvertible {
        let value: Double
        public var description: String { "JSON has no number \(value)" }
    }

    public mutating func append(_ boolean: Bool) { append(raw: boolean ? "true" : "false") }

    /// Appends a time as a string, in the form of the API that the text is for.
    public mutating func append(_ instant: Instant) { append(string: instants?(instant) ?? instant.iso8601) }

    /// Appends null.
    public mutating func appendNull() { append(raw: "null") }

    /// Appends an object.
    /// - Parameter members: writes the members, each beginning with `name`.
    public mutating func object(_ members: (inout JSONText) throws -> Void) rethrows {
        bytes.append(UInt8(ascii: "{"))
        try members(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    /// Continues the object that ends the text.
    mutating func reopened(_ members: (inout JSONText) throws -> Void) rethrows {
        let end = bytes.removeLast()
        precondition(end == UInt8(ascii: "}"), "only an object can get further members")
        try members(&self)
        bytes.append(end)
    }

    /// Appends an array.
    /// - Parameter elements: writes the elements, each beginning with `element`.
    public mutating func array(_ elements: (inout JSONText) throws -> Void) rethrows {
        bytes.append(UInt8(ascii: "["))
        try elements(&self)
        bytes.append(UInt8(ascii: "]"))
    }

    /// Begins a member of the object: writes its name, after a comma unless it is the first. Its value must follow.
    public mutating func name(_ name: String) {
        separate()
        append(string: name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Writes a member with a value; null for nil.
    public mutating func member(_ name: String, _ value: JSON?) {
        self.name(name)
        if let value { append(value) } else { appendNull() }
    }

    /// Writes a member with a whole number.
    public mutating func member(_ name: String, _ integer: Int64) {
        self.name(name)
        append(integer)
    }

    /// Writes a member with true or false.
    public mutating func member(_ name: String, _ boolean: Bool) {
        self.name(name)
        append(boolean)
    }

    /// Writes a member with a string.
    public mutating func member(_ name: String, _ text: String) {
        self.name(name)
        append(string: text)
    }

    /// Begins a member whose `,"name":` was written before; see `JSONText.prepared(_:)`.
    mutating func name(prepared: [UInt8]) {
        bytes.append(contentsOf: bytes.last == UInt8(ascii: "{") ? prepared.dropFirst() : prepared[...])
    }

    /// The bytes of a member's name with comma, quotes and colon, to be written many times.
    static func prepared(_ name: String) -> [UInt8] {
        var text = JSONText()
        text.append(raw: ",")
        text.append(string: name)
        text.append(raw: ":")
        return text.bytes
    }

    /// Begins an element of the array: writes a comma unless it is the first. Its value must follow.
    public mutating func element() { separate() }

    /// A string ends with a quote, so an opening bracket at the end is always that of the object or array being written.
    private mutating func separate() {
        if let last = bytes.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "[") { bytes.append(UInt8(ascii: ",")) }
    }
}

extension JSON {
    /// The object with the member `name` set to the value that `write` appends.
    public func setting(_ name: String, to write: (inout JSONText) throws -> Void) throws -> JSON {
        var text = JSONText()
        try text.object { text in
            for (member, old) in members where !member.isExactly(name) { text.member(member, old) }
            text.name(name)
            try write(&text)
        }
        return try JSON(text)
    }

    /// The value as JSON text.
    public var text: String {
        var text = JSONText()
        text.append(self)
        return text.string
    }
}
