import CSimdJSON
import Foundation
import Synchronization

/// A value in a parsed JSON document. It is only a position on simdjson's tape, so no data is copied until the value is read.
///
/// - Source: simdjson, doc/tape.md. A tape word holds its type in the top byte and 56 bits of payload.
///
/// `@unchecked Sendable`: a value is a position in a document, and keeps the document alive. Nothing writes to the document's buffers after
/// the parse that filled them. They return to the parser pool in the document's `deinit`, when no value is left.
public struct JSON: @unchecked Sendable {
    /// The six kinds of JSON values.
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

    /// The tape index just after this value.
    private var end: Int { Self.end(of: index, on: document.tape) }

    private static func end(of index: Int, on tape: UnsafePointer<UInt64>) -> Int {
        switch UInt8(truncatingIfNeeded: tape[index] >> 56) {
        case UInt8(ascii: "{"), UInt8(ascii: "["): Int(tape[index] & 0xFFFF_FFFF)
        case UInt8(ascii: "l"), UInt8(ascii: "u"), UInt8(ascii: "d"): index + 2
        default: index + 1
        }
    }

    /// Which kind of value this is.
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

    /// Whether the value is `null`.
    public var isNull: Bool { tag == UInt8(ascii: "n") }

    /// Passes the UTF-8 of a string to `body` without copying. The buffer is valid only inside `body`. Returns nil if the value is not a
    /// string.
    public func withUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows -> Result? {
        guard tag == UInt8(ascii: "\"") else { return nil }
        let start = document.strings + payload
        let count = Int(UnsafeRawPointer(start).loadUnaligned(as: UInt32.self))
        return try withExtendedLifetime(document) { try body(UnsafeBufferPointer(start: start + 4, count: count)) }
    }

    /// The string; nil for any other value.
    public var string: String? { withUTF8 { String(decoding: $0, as: UTF8.self) } }

    /// The whole number, which may be written as `1.0`; nil if it does not fit in `Int64`, and for any other value.
    public var integer: Int64? {
        switch tag {
        case UInt8(ascii: "l"): return Int64(bitPattern: document.tape[index + 1])
        case UInt8(ascii: "u"): return Int64(exactly: document.tape[index + 1])
        case UInt8(ascii: "d"): return number.flatMap(Int64.init(exactly:))
        default: return nil
        }
    }

    /// A whole number above `Int64.max` that fits in `UInt64`; nil for any other value.
    public var unsigned: UInt64? { tag == UInt8(ascii: "u") ? document.tape[index + 1] : nil }

    /// The whole number with all its digits, up to `UInt64.max`, because ids need every digit; nil for any other value.
    public var digits: String? { integer.map(String.init) ?? unsigned.map(String.init) }

    /// The number; nil for any other value.
    public var number: Double? {
        switch tag {
        case UInt8(ascii: "l"): Double(Int64(bitPattern: document.tape[index + 1]))
        case UInt8(ascii: "u"): Double(document.tape[index + 1])
        case UInt8(ascii: "d"): Double(bitPattern: document.tape[index + 1])
        default: nil
        }
    }

    /// True or false; nil for any other value.
    public var boolean: Bool? {
        tag == UInt8(ascii: "t") ? true : tag == UInt8(ascii: "f") ? false : nil
    }

    /// The member of an object with this name; nil if there is none, or if the value is not an object. If the name occurs twice, the last
    /// member wins, as in JavaScript.
    public subscript(_ name: String) -> JSON? {
        guard tag == UInt8(ascii: "{") else { return nil }
        var name = name
        // `wanted` has a base address unless it is empty, and then nothing is compared.
        // Works on the tape directly, because it runs about thirty times per event.
        let position = name.withUTF8 { wanted in
            let tape = document.tape, strings = UnsafeRawPointer(document.strings), last = end - 1
            var at = index + 1, position = 0
            while at < last {
                let key = strings + Int(tape[at] & JSON.payloadBits)
                if key.loadUnaligned(as: UInt32.self) == UInt32(wanted.count),
                    wanted.isEmpty || memcmp(key + 4, wanted.baseAddress!, wanted.count) == 0
                {
                    position = at + 1
                }
                at = JSON.end(of: at + 1, on: tape)
            }
            return position
        }
        return position > 0 ? JSON(document, position) : nil
    }

    /// A 64-bit filter of an object's member names; 0 for any other value. If a name's bit is not set, the object certainly lacks that
    /// name, which saves most of the lookups in a payload.
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

    /// The bit that stands for a name in `nameBits`. Several names may share a bit.
    public static func nameBit(_ name: String) -> UInt64 {
        // This runs for about thirty names per event. String views would take three times as long.
        var name = name
        return name.withUTF8 { $0.isEmpty ? 1 : nameBit($0.count, first: $0[0], last: $0[$0.count - 1]) }
    }

    /// The bit for a name of `count` bytes with this first and last byte.
    public static func nameBit(_ count: Int, first: UInt8, last: UInt8) -> UInt64 {
        1 << ((UInt64(truncatingIfNeeded: count) &* 11 ^ UInt64(first) &* 5 ^ UInt64(last) &* 3) & 63)
    }

    /// Calls `body` for each member of an object, in order, and passes the bytes of its name. Does nothing for any other value.
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

    /// The members of an object, in order; empty for any other value.
    public var members: [(name: String, value: JSON)] {
        var all: [(name: String, value: JSON)] = []
        forEachMember { all.append((String(decoding: $0, as: UTF8.self), $1)) }
        return all
    }

    /// Calls `body` for each element of an array, in order. It does not build a list, and does nothing for any other value.
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

    /// The elements of an array, in order; empty for any other value.
    public var elements: [JSON] {
        var all: [JSON] = []
        forEachElement { all.append($0) }
        return all
    }

    /// The kind of the value in words, for error messages: `a number`, `an object`, `null`.
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

/// The buffers filled by a parse. They return to the pool once no value refers to the document.
///
/// `@unchecked Sendable`: the pointers never change. The memory they point to was filled before the document was created, and is only read
/// while the document lives. The next parse gets the buffers from `deinit`, when no value refers to the document.
final class JSONDocument: @unchecked Sendable {
    fileprivate let parser: OpaquePointer
    fileprivate let tape: UnsafePointer<UInt64>
    fileprivate let strings: UnsafePointer<UInt8>

    private let isPooled: Bool

    fileprivate init(parser: OpaquePointer, _ parsed: pulse_json_document, isPooled: Bool = true) {
        self.parser = parser
        self.isPooled = isPooled
        tape = parsed.tape
        strings = parsed.strings
    }

    deinit { if isPooled { JSONParsers.giveBack(parser) } else { pulse_json_parser_free(parser) } }
}

/// A pool of idle simdjson parsers. Each keeps its buffers, so a parse allocates nothing.
private enum JSONParsers {
    static let maximumIdle = 64
    /// Parsers whose buffers have grown beyond this many bytes are freed instead of kept.
    static let maximumCapacity = 256 * 1_024

    private static let idle = Mutex<[Idle]>([])
    /// `@unchecked Sendable`: only the list, which its lock guards, refers to an idle parser, and the thread that takes a parser out of the
    /// list is its only user. Parsers come back from a document's `deinit` or a failed parse, so nothing reads their buffers any more.
    private struct Idle: @unchecked Sendable { let parser: OpaquePointer }

    static func take() -> OpaquePointer? {
        idle.withLock { $0.popLast() }?.parser ?? pulse_json_parser_new(JSON.maximumDepth)
    }

    static func giveBack(_ parser: OpaquePointer) {
        let small = pulse_json_parser_capacity(parser) <= maximumCapacity
        let idleParser = Idle(parser: parser)
        let isKept =
            small
            && idle.withLock { list in
                guard list.count < maximumIdle else { return false }
                list.append(idleParser)
                return true
            }
        if !isKept { pulse_json_parser_free(parser) }
    }
}

extension JSON {
    /// The deepest nesting of containers that is accepted.
    static let maximumDepth = 64

    /// Parses all of `bytes` as one document. Skips a byte order mark, and replaces unpaired surrogates with U+FFFD.
    /// - Throws: `ServiceError` 400 if the text is malformed, nested deeper than 64 levels or not UTF-8, or if a number is out of range;
    ///   503 if no memory is left.
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
            throw ServiceError.body(message(for: status))
        }
        return JSON(JSONDocument(parser: parser, parsed), 1)
    }

    /// Reads what was just written.
    public init(_ text: JSONText) throws { self = try text.bytes.withUnsafeBytes { try JSON.parse($0) } }

    /// Like `parse` of bytes, but parses a string.
    public static func parse(_ text: String) throws -> JSON {
        var text = text
        return try text.withUTF8 { try parse(UnsafeRawBufferPointer($0)) }
    }

    /// Parses an array of values that are kept for long. Its buffers are only as large as this text needs; those of the pool may be large,
    /// because a large text came before. Each element may be nested as deep as a whole document.
    public static func parse(kept text: String) throws -> JSON {
        guard let parser = pulse_json_parser_new(maximumDepth + 1) else {
            throw ServiceError.unavailable("out_of_memory", "Not enough memory to read the definitions.")
        }
        var parsed = pulse_json_document(), text = text
        let status = text.withUTF8 { pulse_json_parse(parser, $0.baseAddress, $0.count, &parsed) }
        guard status == PULSE_JSON_OK else {
            pulse_json_parser_free(parser)
            throw ServiceError.body(message(for: status))
        }
        return JSON(JSONDocument(parser: parser, parsed, isPooled: false), 1)
    }

    private static func message(for status: pulse_json_status) -> String {
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
