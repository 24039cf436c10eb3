import CLibPQ
import Storage

/// A statement's values in the form libpq takes: one buffer, and pointers into it.
struct ParameterList {
    private var bytes: [CChar] = []
    /// The offset of each value in `bytes`; nil for null.
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    /// The type of each value as an OID; 0 if a cast in the statement determines the type.
    private(set) var types: [Oid] = []

    init() {}

    /// Stores the values as text. The statement casts them to their types.
    /// - Throws: `PostgreSQLError` for a text with a NUL character, because PostgreSQL would cut the text off there.
    init(_ values: [Value], statement: String) throws {
        for value in values {
            switch value {
            case .null: appendNull()
            case .int(let value): append(text: String(value))
            case .double(let value): append(text: String(value))
            case .bool(let value): append(text: value ? "t" : "f")
            case .text(let value):
                guard !value.utf8.contains(0) else {
                    throw PostgreSQLError.misuse("text with a NUL character can't be stored", statement: statement)
                }
                append(text: value)
            }
        }
    }

    mutating func append(text: String) {
        offsets.append(bytes.count)
        lengths.append(0)  // libpq reads up to the NUL
        formats.append(0)
        types.append(0)
        bytes.append(contentsOf: text.utf8.lazy.map(CChar.init(bitPattern:)))
        bytes.append(0)
    }

    mutating func append(binary: [UInt8]) {
        offsets.append(bytes.count)
        lengths.append(Int32(binary.count))
        formats.append(1)
        types.append(0)
        bytes.append(contentsOf: binary.lazy.map(CChar.init(bitPattern:)))
    }

    /// Appends a null of type text. The type doesn't matter; see `NullPlaceholders`.
    mutating func appendNull() {
        offsets.append(nil)
        lengths.append(0)
        formats.append(0)
        types.append(25)
    }

    /// Calls `body` with the count, values, lengths and formats, in libpq's argument order.
    func withPointers<Result>(
        _ body: (Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?) -> Result
    ) -> Result {
        bytes.withUnsafeBufferPointer { buffer in
            let pointers = offsets.map { offset in offset.map { buffer.baseAddress! + $0 } }
            return body(Int32(offsets.count), pointers, lengths, formats)
        }
    }
}

extension ParameterList {
    /// Appends an array of `bigint` in PostgreSQL's binary format: the number of dimensions, a flag for nulls, the element type,
    /// the length, the first index, and then each element preceded by its length.
    mutating func append(array values: some Collection<Int64>) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(20 + values.count * 12)
        func add(_ value: Int32) { withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) } }
        for word in [values.isEmpty ? 0 : 1, 0, 20] as [Int32] { add(word) }
        if !values.isEmpty {
            add(Int32(values.count))
            add(1)
        }
        for value in values {
            add(8)
            withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
        }
        append(binary: bytes)
    }
}
