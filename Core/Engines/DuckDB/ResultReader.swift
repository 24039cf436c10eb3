import CDuckDB
import Common
import Storage

/// Reads the chunks of a result into rows.
enum ResultReader {
    static func rows(_ result: inout duckdb_result, _ text: String) throws -> Rows {
        let (names, types) = try columns(&result, text)
        var values: [[Value]] = []
        while let chunk = duckdb_fetch_chunk(result) { take(chunk, types, to: &values) }
        return Rows(columns: names, values: values)
    }

    /// The names and types of a result's columns.
    static func columns(_ result: inout duckdb_result, _ text: String) throws -> (names: [String], types: [ResultType]) {
        let count = Int(duckdb_column_count(&result))
        var names: [String] = [], types: [ResultType] = []
        for index in 0..<count {
            let name = duckdb_column_name(&result, idx_t(index)).map { String(cString: $0) } ?? ""
            var type = duckdb_column_logical_type(&result, idx_t(index))
            defer { duckdb_destroy_logical_type(&type) }
            guard let type = ResultType(type) else {
                throw DuckDBError.misuse("column '\(name)' has an unsupported type; cast it to text", statement: text)
            }
            names.append(name)
            types.append(type)
        }
        return (names, types)
    }

    /// Appends the rows of a chunk, and destroys the chunk.
    static func take(_ chunk: duckdb_data_chunk, _ types: [ResultType], to values: inout [[Value]]) {
        var ended: duckdb_data_chunk? = chunk
        defer { duckdb_destroy_data_chunk(&ended) }
        append(chunk, types, to: &values)
    }

    /// Calls `body` with each row of a result of two BIGINT columns without nulls, without building `Rows`.
    static func pairs(_ result: inout duckdb_result, _ body: (Int64, Int64) -> Void) throws {
        while let chunk = duckdb_fetch_chunk(result) {
            var ended: duckdb_data_chunk? = chunk
            defer { duckdb_destroy_data_chunk(&ended) }
            let first = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0)).assumingMemoryBound(to: Int64.self)
            let second = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 1)).assumingMemoryBound(to: Int64.self)
            for row in 0..<Int(duckdb_data_chunk_get_size(chunk)) { body(first[row], second[row]) }
        }
    }

    private static func append(_ chunk: duckdb_data_chunk, _ types: [ResultType], to values: inout [[Value]]) {
        let size = Int(duckdb_data_chunk_get_size(chunk)), first = values.count
        for _ in 0..<size {
            values.append([])
            values[values.count - 1].reserveCapacity(types.count)
        }
        for (column, type) in types.enumerated() {
            let vector = ResultVector(duckdb_data_chunk_get_vector(chunk, idx_t(column)), type)
            for row in 0..<size { values[first + row].append(vector[row]) }
        }
    }
}

/// The type of a result column, reduced to what is needed to read its values.
indirect enum ResultType {
    case null, bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, int128, uint128, float, double, text
    case decimal(ResultType, scale: Int)
    case day
    /// An instant or a wall-clock time, with its units per second and the suffix of its text form.
    case time(perSecond: Int64, suffix: String)
    case list(ResultType)

    /// Returns nil for types that `Value` can't hold.
    init?(_ type: duckdb_logical_type?) {
        switch duckdb_get_type_id(type) {
        case DUCKDB_TYPE_DECIMAL:
            guard let whole = Self(duckdb_decimal_internal_type(type)) else { return nil }
            self = .decimal(whole, scale: Int(duckdb_decimal_scale(type)))
        case DUCKDB_TYPE_LIST:
            var child = duckdb_list_type_child_type(type)
            defer { duckdb_destroy_logical_type(&child) }
            guard let element = Self(child) else { return nil }
            self = .list(element)
        case let id:
            guard let plain = Self(id) else { return nil }
            self = plain
        }
    }

    private init?(_ id: duckdb_type) {
        switch id {
        case DUCKDB_TYPE_SQLNULL: self = .null
        case DUCKDB_TYPE_BOOLEAN: self = .bool
        case DUCKDB_TYPE_TINYINT: self = .int8
        case DUCKDB_TYPE_SMALLINT: self = .int16
        case DUCKDB_TYPE_INTEGER: self = .int32
        case DUCKDB_TYPE_BIGINT: self = .int64
        case DUCKDB_TYPE_UTINYINT: self = .uint8
        case DUCKDB_TYPE_USMALLINT: self = .uint16
        case DUCKDB_TYPE_UINTEGER: self = .uint32
        case DUCKDB_TYPE_UBIGINT: self = .uint64
        case DUCKDB_TYPE_HUGEINT: self = .int128
        case DUCKDB_TYPE_UHUGEINT: self = .uint128
        case DUCKDB_TYPE_FLOAT: self = .float
        case DUCKDB_TYPE_DOUBLE: self = .double
        case DUCKDB_TYPE_VARCHAR: self = .text
        case DUCKDB_TYPE_DATE: self = .day
        case DUCKDB_TYPE_TIMESTAMP_S: self = .time(perSecond: 1, suffix: "")
        case DUCKDB_TYPE_TIMESTAMP_MS: self = .time(perSecond: 1_000, suffix: "")
        case DUCKDB_TYPE_TIMESTAMP: self = .time(perSecond: 1_000_000, suffix: "")
        case DUCKDB_TYPE_TIMESTAMP_NS: self = .time(perSecond: 1_000_000_000, suffix: "")
        case DUCKDB_TYPE_TIMESTAMP_TZ: self = .time(perSecond: 1_000_000, suffix: "Z")
        default: return nil
        }
    }
}

/// A column of a chunk.
private struct ResultVector {
    private let type: ResultType
    private let data: UnsafeRawPointer?
    private let validity: UnsafePointer<UInt64>?
    private let vector: duckdb_vector?

    init(_ vector: duckdb_vector?, _ type: ResultType) {
        self.vector = vector
        self.type = type
        data = UnsafeRawPointer(duckdb_vector_get_data(vector))
        validity = duckdb_vector_get_validity(vector).map { UnsafePointer($0) }
    }

    subscript(row: Int) -> Value {
        if let validity, validity[row / 64] & (1 << UInt64(row % 64)) == 0 { return .null }
        return value(type, row)
    }

    private func value(_ type: ResultType, _ row: Int) -> Value {
        switch type {
        case .null: .null
        case .bool: .bool(load(row, UInt8.self) != 0)
        case .int8: .int(Int64(load(row, Int8.self)))
        case .int16: .int(Int64(load(row, Int16.self)))
        case .int32: .int(Int64(load(row, Int32.self)))
        case .int64: .int(load(row, Int64.self))
        case .uint8: .int(Int64(load(row, UInt8.self)))
        case .uint16: .int(Int64(load(row, UInt16.self)))
        case .uint32: .int(Int64(load(row, UInt32.self)))
        case .uint64: Self.whole(load(row, UInt64.self))
        case .int128: Self.whole(load(row, Int128.self))
        case .uint128: Self.whole(load(row, UInt128.self))
        case .float: .double(Double(load(row, Float.self)))
        case .double: .double(load(row, Double.self))
        case .decimal(let whole, let scale): Self.decimal(value(whole, row), scale)
        case .text: .text(text(row))
        case .day: .text(Self.day(Int64(load(row, Int32.self))))
        case .time(let perSecond, let suffix): .text(Self.time(load(row, Int64.self), perSecond, suffix))
        case .list(let element): .text(list(row, element))
        }
    }

    private func load<Stored: BitwiseCopyable>(_ row: Int, _ type: Stored.Type) -> Stored {
        data!.loadUnaligned(fromByteOffset: row * MemoryLayout<Stored>.stride, as: type)
    }

    /// An integer if it fits in 64 bits, otherwise a double. (DuckDB sums BIGINTs as HUGEINT.)
    private static func whole(_ value: some BinaryInteger) -> Value {
        Int64(exactly: value).map { .int($0) } ?? .double(Double(value))
    }

    private static func decimal(_ whole: Value, _ scale: Int) -> Value {
        if scale == 0 { return whole }
        let divisor = (0..<scale).reduce(1.0) { power, _ in power * 10 }
        return .double((whole.double ?? 0) / divisor)
    }

    private func text(_ row: Int) -> String {
        let place = data! + row * MemoryLayout<duckdb_string_t>.stride
        let length = Int(place.load(as: UInt32.self))
        let start = length <= 12 ? place + 4 : place.load(fromByteOffset: 8, as: UnsafeRawPointer.self)
        return String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
    }

    // MARK: Time as text

    private static func day(_ number: Int64) -> String {
        number == Int64(Int32.max) ? "infinity" : number == -Int64(Int32.max) ? "-infinity" : Day(number: number).description
    }

    /// Formats a time as `2026-03-01T10:00:00`. A fraction has 3 digits, or 6 or 9 if needed.
    private static func time(_ value: Int64, _ perSecond: Int64, _ suffix: String) -> String {
        if value == .max { return "infinity" }
        if value == -.max { return "-infinity" }
        var second = value / perSecond, rest = value % perSecond
        if rest < 0 {
            second -= 1
            rest += perSecond
        }
        let whole = Instant(seconds: second).iso8601.dropLast()
        if rest == 0 { return whole + suffix }
        let nanoseconds = rest * (1_000_000_000 / perSecond)
        let (unit, digits): (Int64, Int) = nanoseconds % 1_000_000 == 0 ? (1_000_000, 3) : nanoseconds % 1_000 == 0 ? (1_000, 6) : (1, 9)
        let fraction = String(nanoseconds / unit)
        return whole + "." + String(repeating: "0", count: digits - fraction.count) + fraction + suffix
    }

    // MARK: Lists as JSON

    private func list(_ row: Int, _ element: ResultType) -> String {
        let entry = load(row, duckdb_list_entry.self)
        let child = ResultVector(duckdb_list_vector_get_child(vector), element)
        var json = JSONText()
        json.append(raw: "[")
        for index in 0..<Int(entry.length) {
            if index > 0 { json.append(raw: ",") }
            child.append(Int(entry.offset) + index, to: &json)
        }
        json.append(raw: "]")
        return json.string
    }

    private func append(_ row: Int, to json: inout JSONText) {
        switch self[row] {
        case .null: json.append(raw: "null")
        case .int(let value): json.append(raw: String(value))
        // JSON has no infinity or NaN.
        case .double(let value): json.append(raw: value.isFinite ? "\(value)" : "null")
        case .bool(let value): json.append(raw: value ? "true" : "false")
        case .text(let value):
            if case .list = type { json.append(raw: value) } else { json.append(string: value) }
        }
    }
}
