import CSimdJSON
import Foundation
import Synchronization

/// A value of a parsed JSON document: a place on simdjson's tape, so that nothing is copied until it is asked for.
///
/// - Source: simdjson, doc/tape.md. A word of the tape has its type in the top byte and 56 bits of payload.
///
/// `@unchecked Sendable`: a value is a place in a document. It keeps the document alive, whose buffers nobody writes after the parse
/// that filled them: they go back to the pool of parsers in the document's `deinit`, when no value is left.
public struct JSON: @unchecked Sendable {
    public enum Kind: String, Sendable {
        case object, array, string, number, boolean, null
    }

    private let document: JSONDocument
    private let index: Int

    fileprivate init(_ document: JSONDocument, _ index: Int) {
        self.document = document
        self.index = index
    }

    private var word: UInt64 { document.tape[index] }
    private var tag: UInt8 { UInt8(truncatingIfNeeded: word >> 56) }
    private var payload: Int { Int(word & Self.payloadBits) }
    private static let payloadBits: UInt64 = 0x00FF_FFFF_FFFF_FFFF

    /// The index after this value.
    private var end: Int { Self.end(of: index, on: document.tape) }

    private static func end(of index: Int, on tape: UnsafePointer<UInt64>) -> Int {
        switch UInt8(truncatingIfNeeded: tape[index] >> 56) {
        case UInt8(ascii: "{"), UInt8(ascii: "["): Int(tape[index] & 0xFFFF_FFFF)
        case UInt8(ascii: "l"), UInt8(ascii: "u"), UInt8(ascii: "d"): index + 2
        default: index + 1
        }
    }

    public var kind: Kind {
        switch tag {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .array
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "l"), UInt8(ascii: "u"), UInt8(ascii: "d"): .number
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        default: .null
        }
    }

    public var isNull: Bool { tag == UInt8(ascii: "n") }

    /// The text of a string, without a copy; valid inside `body`.
    public func withUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result? {
        guard tag == UInt8(ascii: "\"") else { return nil }
        let start = document.strings + payload
        let count = Int(UnsafeRawPointer(start).loadUnaligned(as: UInt32.self))
        return try withExtendedLifetime(document) { try body(UnsafeBufferPointer(start: start + 4, count: count)) }
    }

    /// Nil unless the value is a string.
    public var string: String? { withUTF8 { String(decoding: $0, as: UTF8.self) } }

    /// Nil unless the value is a number without a fraction that fits.
    public var integer: Int64? {
        switch tag {
        case UInt8(ascii: "l"): return Int64(bitPattern: document.tape[index + 1])
        case UInt8(ascii: "u"): return Int64(exactly: document.tape[index + 1])
        case UInt8(ascii: "d"): return number.flatMap(Int64.init(exactly:))
        default: return nil
        }
    }

    /// A whole number that only fits without a sign; nil for any other value.
    public var unsigned: UInt64? { tag == UInt8(ascii: "u") ? document.tape[index + 1] : nil }

    /// All digits of a whole number, also of one beyond `integer`: what an id has to keep. Nil for any other value.
    public var digits: String? { integer.map(String.init) ?? unsigned.map(String.init) }

    /// Nil unless the value is a number.
    public var number: Double? {
        switch tag {
        case UInt8(ascii: "l"): Double(Int64(bitPattern: document.tape[index + 1]))
        case UInt8(ascii: "u"): Double(document.tape[index + 1])
        case UInt8(ascii: "d"): Double(bitPattern: document.tape[index + 1])
        default: nil
        }
    }

    /// Nil unless the value is true or false.
    public var boolean: Bool? {
        tag == UInt8(ascii: "t") ? true : tag == UInt8(ascii: "f") ? false : nil
    }

    /// The member of an object; where a name occurs twice the last one counts, as in JavaScript. Nil when there is
    /// none, and when the value is no object.
    public subscript(_ name: String) -> JSON? {
        guard tag == UInt8(ascii: "{") else { return nil }
        var name = name
        // `wanted` has an address unless it is empty, when nothing is compared.
        // On the tape itself: this is asked some thirty times of every event.
        let found = name.withUTF8 { wanted in
            let tape = document.tape, strings = UnsafeRawPointer(document.strings), last = end - 1
            var at = index + 1, found = 0
            while at < last {
                let key = strings + Int(tape[at] & JSON.payloadBits)
                if key.loadUnaligned(as: UInt32.self) == UInt32(wanted.count),
                    wanted.isEmpty || memcmp(key + 4, wanted.baseAddress!, wanted.count) == 0 { found = at + 1 }
                at = JSON.end(of: at + 1, on: tape)
            }
            return found
        }
        return found > 0 ? JSON(document, found) : nil
    }

    /// The bits of its members' names; 0 for what is no object. A name whose bit is not among them is not there, which most
    /// of the names that a payload is asked for are not.
    public var nameBits: UInt64 {
        guard tag == UInt8(ascii: "{") else { return 0 }
        let tape = document.tape, strings = document.strings, last = end - 1
        var at = index + 1, bits: UInt64 = 0
        while at < last {
            let name = strings + Int(tape[at] & JSON.payloadBits)
            let count = Int(UnsafeRawPointer(name).loadUnaligned(as: UInt32.self))
            bits |= count > 0 ? JSON.nameBit(count, first: name[4], last: name[3 + count]) : 1
            at = JSON.end(of: at + 1, on: tape)
        }
        return bits
    }

    /// The bit of a name in `nameBits`; other names may have the same.
    public static func nameBit(_ name: String) -> UInt64 {
        // Asked for some thirty names of every event: views of the string would take three times as long.
        var name = name
        return name.withUTF8 { $0.isEmpty ? 1 : nameBit($0.count, first: $0[0], last: $0[$0.count - 1]) }
    }

    /// The bit of a name of so many bytes, which begins and ends with these.
    public static func nameBit(_ count: Int, first: UInt8, last: UInt8) -> UInt64 {
        1 << ((UInt64(truncatingIfNeeded: count) &* 11 ^ UInt64(first) &* 5 ^ UInt64(last) &* 3) & 63)
    }

    /// Calls `body` for each member of an object, in order, with the name's bytes.
    public func forEachMember(_ body: (UnsafeBufferPointer<UInt8>, JSON) throws -> Void) rethrows {
        guard tag == UInt8(ascii: "{") else { return }
        let last = end - 1
        var at = index + 1
        while at < last {
            let value = JSON(document, at + 1)
            try JSON(document, at).withUTF8 { try body($0, value) }
            at = value.end
        }
    }

    /// The members of an object, in order; empty for anything else.
    public var members: [(name: String, value: JSON)] {
        var all: [(name: String, value: JSON)] = []
        forEachMember { all.append((String(decoding: $0, as: UTF8.self), $1)) }
        return all
    }

    /// Calls `body` for each element of an array, in order, without a list of them.
    public func forEachElement(_ body: (JSON) throws -> Void) rethrows {
        guard tag == UInt8(ascii: "[") else { return }
        let last = end - 1
        var at = index + 1
        while at < last {
            let value = JSON(document, at)
            try body(value)
            at = value.end
        }
    }

    /// The elements of an array, in order; empty for anything else.
    public var elements: [JSON] {
        var all: [JSON] = []
        forEachElement { all.append($0) }
        return all
    }

    /// What kind of value came, for an error's sentence: `a number`, `an object`, `null`.
    public var described: String {
        switch kind {
        case .object: "an object"
        case .array: "an array"
        case .string: "a string"
        case .number: "a number"
        case .boolean: "a boolean"
        case .null: "null"
        }
    }
}

/// The buffers that a parse filled. Goes back to the pool when the last value that looks into it is gone.
///
/// `@unchecked Sendable`: its pointers never change; what they point at was filled before the document was made, and is only read while
/// it lives: the next parse gets the buffers from `deinit`, when no value holds the document.
final class JSONDocument: @unchecked Sendable {
    fileprivate let parser: OpaquePointer
    fileprivate let tape: UnsafePointer<UInt64>
    fileprivate let strings: UnsafePointer<UInt8>

    fileprivate init(parser: OpaquePointer, _ parsed: pulse_json_document) {
        self.parser = parser
        tape = parsed.tape
        strings = parsed.strings
    }

    deinit { JSONParsers.giveBack(parser) }
}

/// simdjson parsers waiting for work: each keeps its buffers, so that a parse allocates nothing.
private enum JSONParsers {
    static let keptParsers = 64
    /// A parser that has seen a large body is let go rather than kept.
    static let keptCapacity = 256 * 1_024

    private static let idle = Mutex<[Idle]>([])
    /// `@unchecked Sendable`: nobody but the list, which has a lock, knows the parser of an entry, and who takes it out is its only user. It is put in
    /// by a document's `deinit` or a parse that failed, so nobody reads its buffers any more.
    private struct Idle: @unchecked Sendable { let parser: OpaquePointer }

    static func take() -> OpaquePointer? {
        idle.withLock { $0.popLast() }?.parser ?? pulse_json_parser_new(JSON.maximumDepth)
    }

    static func giveBack(_ parser: OpaquePointer) {
        let small = pulse_json_parser_capacity(parser) <= keptCapacity
        let idleParser = Idle(parser: parser)
        let kept = small && idle.withLock { list in
            guard list.count < keptParsers else { return false }
            list.append(idleParser)
            return true
        }
        if !kept { pulse_json_parser_free(parser) }
    }
}

extension JSON {
    /// Containers inside containers; deeper is refused.
    static let maximumDepth = 64

    /// Parses `bytes` whole. A byte order mark before it is passed over, half of a surrogate pair in it becomes U+FFFD.
    /// - Throws: `ServiceError` 400 with a sentence: malformed, nested deeper than 64, not UTF-8, a number out of range.
    public static func parse(_ bytes: UnsafeRawBufferPointer) throws -> JSON {
        do { return try parseStrictly(bytes) } catch {
            guard let mended = withoutHalfPairs(withoutBOM(bytes)) else { throw error }
            return try mended.withUnsafeBytes { try parseStrictly($0) }
        }
    }

    static func parseStrictly(_ bytes: UnsafeRawBufferPointer) throws -> JSON {
        let bytes = withoutBOM(bytes)
        guard let parser = JSONParsers.take() else {
            throw ServiceError.unavailable("out_of_memory", "Not enough memory to read the request body.")
        }
        var parsed = pulse_json_document()
        let status = pulse_json_parse(parser, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count, &parsed)
        guard status == PULSE_JSON_OK else {
            JSONParsers.giveBack(parser)
            throw ServiceError.body(sentence(status))
        }
        return JSON(JSONDocument(parser: parser, parsed), 1)
    }

    public static func parse(_ text: String) throws -> JSON {
        var text = text
        return try text.withUTF8 { try parse(UnsafeRawBufferPointer($0)) }
    }

    private static func sentence(_ status: pulse_json_status) -> String {
        switch status {
        case PULSE_JSON_EMPTY: "it is empty; JSON is expected."
        case PULSE_JSON_TOO_DEEP: "nested deeper than \(JSON.maximumDepth) levels."
        case PULSE_JSON_BAD_UTF8: "not valid UTF-8."
        case PULSE_JSON_BAD_NUMBER: "a number is malformed or too large."
        case PULSE_JSON_NO_MEMORY: "too large."
        default: "not valid JSON."
        }
    }
}
