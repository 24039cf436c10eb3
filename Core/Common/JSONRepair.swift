extension JSON {
    /// A parsed document, and the repairs that each of its elements needed, if any.
    public struct Mended: Sendable {
        /// The document after repair.
        public let json: JSON
        /// The repairs made anywhere in the document, combined.
        public private(set) var adjustments: Adjustments = []
        /// The repairs by element of the outermost container (`outer`), and by element of a container inside it (`inner`). These are
        /// dictionaries because callers look up every element, and every element may have been repaired.
        private var outer: [Int: Adjustments] = [:], inner: [Int: Adjustments] = [:]

        fileprivate init(json: JSON, repairs: [JSONRepair.Place: Adjustments] = [:]) {
            self.json = json
            for (place, adjustment) in repairs {
                adjustments.formUnion(adjustment)
                outer[place.outer, default: []].formUnion(adjustment)
                inner[place.inner, default: []].formUnion(adjustment)
            }
        }

        /// The repairs in one element of the outermost array or, with `inMember`, in one element of an array that is a member of the
        /// outermost object.
        public func adjustments(ofElement index: Int, inMember: Bool) -> Adjustments {
            adjustments.isEmpty ? [] : (inMember ? inner : outer)[index] ?? []
        }
    }

    /// Parses all of `bytes` as one document. Repairs details for which the document would be rejected otherwise: unpaired surrogates and
    /// invalid UTF-8 become U+FFFD; whole numbers beyond 64 bits and numbers beyond the range of `Double` become strings with all their
    /// digits; and containers nested deeper than 64 levels become null.
    /// - Throws: `ServiceError` 400 if the document is invalid JSON even after repair.
    public static func parseRepairing(_ bytes: UnsafeRawBufferPointer) throws -> Mended {
        do { return Mended(json: try parseStrictly(bytes)) } catch let error as ServiceError {
            guard error.status == 400, !bytes.isEmpty else { throw error }
            var mending = JSONRepair(withoutBOM(bytes), everything: true)
            mending.run()
            guard !mending.repairs.isEmpty else { throw error }
            return Mended(json: try mending.result.withUnsafeBytes { try parseStrictly($0) }, repairs: mending.repairs)
        }
    }

    /// Returns `bytes` with each unpaired surrogate replaced; nil if there is none. JSON's grammar allows unpaired surrogates, but the
    /// parser rejects them.
    static func withoutHalfPairs(_ bytes: UnsafeRawBufferPointer) -> [UInt8]? {
        var mending = JSONRepair(bytes, everything: false)
        mending.run()
        return mending.repairs.isEmpty ? nil : mending.result
    }

    static func withoutBOM(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF else { return bytes }
        return UnsafeRawBufferPointer(rebasing: bytes[3...])
    }
}

/// Repairs a rejected document in one pass, by rewriting the parts that can be repaired. Anything that is not JSON is copied unchanged.
struct JSONRepair {
    /// A place in the document: the index in the outermost container, and the index in the container inside it, which is -1 outside any
    /// inner container.
    struct Place: Hashable { var outer = 0, inner = -1 }

    private(set) var result: [UInt8] = []
    private(set) var repairs: [Place: Adjustments] = [:]

    private let bytes: UnsafeRawBufferPointer
    /// False to repair only unpaired surrogates.
    private let everything: Bool
    private var at = 0
    private var depth = 0
    private var place = Place()

    init(_ bytes: UnsafeRawBufferPointer, everything: Bool) {
        self.bytes = bytes
        self.everything = everything
        result.reserveCapacity(bytes.count + 16)
    }

    mutating func run() {
        while at < bytes.count {
            let byte = bytes[at]
            switch byte {
            case UInt8(ascii: "\""): string()
            case UInt8(ascii: "["), UInt8(ascii: "{"): open()
            case UInt8(ascii: "]"), UInt8(ascii: "}"): close()
            case UInt8(ascii: ","):
                if depth == 1 { place.outer += 1 } else if depth == 2 { place.inner += 1 }
                copy(1)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): if everything { number() } else { copy(1) }
            default: copy(1)
            }
        }
    }

    private mutating func copy(_ count: Int) {
        result.append(contentsOf: bytes[at..<at + count])
        at += count
    }

    private mutating func note(_ adjustment: Adjustments) { repairs[place, default: []].insert(adjustment) }

    // MARK: Containers

    private mutating func open() {
        // At the parser's depth limit only an empty container is accepted, so the repaired document may have one level less.
        guard depth < JSON.maximumDepth - 1 || !everything else { return leaveOut() }
        depth += 1
        if depth == 2 { place.inner = 0 }
        copy(1)
    }

    private mutating func close() {
        if depth == 2 { place.inner = -1 }
        depth = max(0, depth - 1)
        copy(1)
    }

    /// Writes null in place of the container that begins here.
    private mutating func leaveOut() {
        var open = 0
        let kept = result.count
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "\""): string()
            case UInt8(ascii: "["), UInt8(ascii: "{"): open += 1; at += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"): open -= 1; at += 1
            default: at += 1
            }
            if open == 0 { break }
        }
        result.removeSubrange(kept...)
        result.append(contentsOf: "null".utf8)
        note(.tooDeep)
    }

    // MARK: Strings

    private static let replacement = Array("\\ufffd".utf8)

    private mutating func string() {
        copy(1)
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "\""): return copy(1)
            case UInt8(ascii: "\\"): escape()
            case 0x80...: nonASCII()
            default: copy(1)
            }
        }
    }

    private mutating func escape() {
        guard let unit = unit(at: at) else { return copy(min(2, bytes.count - at)) }
        let isPair = unit & 0xFC00 == 0xD800 && self.unit(at: at + 6).map { $0 & 0xFC00 == 0xDC00 } == true
        if isPair { return copy(12) }
        guard unit & 0xF800 == 0xD800 else { return copy(6) }
        result += Self.replacement
        at += 6
        note(.characters)
    }

    /// The UTF-16 unit that an escape `\uXXXX` at `start` stands for; nil if there is no escape.
    private func unit(at start: Int) -> UInt16? {
        guard start + 6 <= bytes.count, bytes[start] == UInt8(ascii: "\\"), bytes[start + 1] == UInt8(ascii: "u") else { return nil }
        var unit: UInt16 = 0
        for index in start + 2..<start + 6 {
            guard let digit = Hexadecimal.value(bytes[index]) else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }

    /// Copies a non-ASCII character. Replaces the byte if it is not part of a valid character.
    private mutating func nonASCII() {
        if let length = UTF8Text.length(at: at, of: bytes) { return copy(length) }
        guard everything else { return copy(1) }
        result += Self.replacement
        at += 1
        note(.characters)
    }

    // MARK: Numbers

    private mutating func number() {
        var end = at
        while end < bytes.count, Self.isNumberByte(bytes[end]) { end += 1 }
        let text = String(decoding: bytes[at..<end], as: UTF8.self), count = end - at
        guard let isWhole = Self.isWhole(text.utf8[...]) else { return copy(count) }
        if isWhole ? Int64(text) != nil || UInt64(text) != nil : Double(text)?.isFinite == true { return copy(count) }
        // Kept as a string, however long the number is, because null would mean that no value was sent.
        result.append(UInt8(ascii: "\""))
        copy(count)
        result.append(UInt8(ascii: "\""))
        note(.number)
    }

    private static func isNumberByte(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".")
            || byte | 0x20 == UInt8(ascii: "e")
    }

    /// Whether a number has neither fraction nor exponent; nil if the text is not a JSON number.
    private static func isWhole(_ text: Substring.UTF8View) -> Bool? {
        var rest = text
        func digits() -> Int {
            let count = rest.prefix { (48...57).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let startsWithZero = rest.first == UInt8(ascii: "0"), whole = digits()
        guard whole > 0, !startsWithZero || whole == 1 else { return nil }
        if rest.isEmpty { return true }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return nil }
        }
        if let sign = rest.first, sign | 0x20 == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard digits() > 0 else { return nil }
        }
        return rest.isEmpty ? false : nil
    }
}
