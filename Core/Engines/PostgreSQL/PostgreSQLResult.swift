import CLibPQ
import Foundation
import Storage

/// A result from libpq, freed together with this object.
final class PostgreSQLResult {
    let pointer: OpaquePointer

    init(_ pointer: OpaquePointer) { self.pointer = pointer }
    deinit { PQclear(pointer) }

    var status: ExecStatusType { PQresultStatus(pointer) }
    /// The command's tag, such as `COMMIT` or `INSERT 0 3`.
    var command: String { String(cString: PQcmdStatus(pointer)) }
    var rowCount: Int { Int(PQntuples(pointer)) }
    /// The number of rows that an INSERT, UPDATE or DELETE changed.
    var changedCount: Int { Int(String(cString: PQcmdTuples(pointer))) ?? 0 }

    /// The rows, with values converted by column type.
    var rows: Rows { rows(keepingDigits: false) }

    /// Returns the rows, with values converted by column type.
    /// - Parameter keepingDigits: whether a `numeric` that a double can't represent exactly is returned as text.
    func rows(keepingDigits: Bool) -> Rows {
        let columns = columns
        guard !columns.names.isEmpty else { return Rows() }
        return Rows(columns: columns.names, values: values(columns, keepingDigits))
    }

    /// The types of the columns, by number.
    var columnTypes: [Oid] { (0..<PQnfields(pointer)).map { PQftype(pointer, $0) } }

    /// The names of the columns, and how their values are read.
    struct Columns {
        fileprivate(set) var names: [String] = []
        fileprivate var kinds: [ColumnKind] = []
    }

    var columns: Columns {
        let all = 0..<PQnfields(pointer)
        return Columns(
            names: all.map { String(cString: PQfname(pointer, $0)) }, kinds: all.map { ColumnKind(type: PQftype(pointer, $0)) })
    }

    /// The values of all rows. `columns` are those of this result, or of another one of the same statement.
    func values(_ columns: Columns, _ keepingDigits: Bool = false) -> [[Value]] {
        (0..<PQntuples(pointer)).map { row in
            columns.kinds.indices.map { column in value(row, Int32(column), columns.kinds[column], keepingDigits) }
        }
    }

    /// The size of the first row's values, in bytes.
    var bytesOfRow: Int { (0..<PQnfields(pointer)).reduce(0) { $0 + Int(PQgetlength(pointer, 0, $1)) } }

    /// Reads a `bigint` from a binary result.
    func binaryInt64(_ row: Int, _ column: Int) -> Int64 {
        let bytes = UnsafeRawPointer(PQgetvalue(pointer, Int32(row), Int32(column))!)
        return Int64(bigEndian: bytes.loadUnaligned(as: Int64.self))
    }

    private func value(_ row: Int32, _ column: Int32, _ kind: ColumnKind, _ keepingDigits: Bool) -> Value {
        guard PQgetisnull(pointer, row, column) == 0, let text = PQgetvalue(pointer, row, column) else { return .null }
        switch kind {
        case .bool: return .bool(text[0] == CChar(UInt8(ascii: "t")))
        case .int: return .int(strtoll(text, nil, 10))
        case .double: return .double(strtod(text, nil))
        case .numeric: return Self.numeric(text, keepingDigits)
        case .text: return .text(String(decoding: Self.bytes(text, PQgetlength(pointer, row, column)), as: UTF8.self))
        case .timestamp: return .text(Self.iso(String(cString: text)))
        case .void: return .null
        }
    }

    private static func bytes(_ text: UnsafeMutablePointer<CChar>, _ count: Int32) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: text, count: Int(count))
    }

    /// Returns an integer if the text is an integer that fits in 64 bits, such as a sum of bigints. Otherwise returns the nearest
    /// double, or the text if `keepingDigits` requires it.
    private static func numeric(_ text: UnsafeMutablePointer<CChar>, _ keepingDigits: Bool) -> Value {
        let digits = String(cString: text)
        if let whole = Int64(digits) { return .int(whole) }
        // A double preserves every decimal number of up to 15 digits (DBL_DIG). NaN and Infinity aren't valid JSON numbers.
        let significant = digits.utf8.filter { (48...57).contains($0) }.drop { $0 == 48 }.count
        if keepingDigits, significant > 15 || strtod(text, nil).isFinite == false { return .text(digits) }
        return .double(strtod(text, nil))
    }

    /// Converts `2026-03-01 10:00:00.25+00` to `2026-03-01T10:00:00.25Z`.
    private static func iso(_ text: String) -> String {
        let text = text.replacing(" ", with: "T", maxReplacements: 1)
        return text.hasSuffix("+00") ? text.dropLast(3) + "Z" : text
    }
}

/// How a column's text is read.
private enum ColumnKind {
    case bool, int, double, numeric, text, timestamp, void

    /// - Source: `pg_type.dat` of PostgreSQL; these numbers never change.
    init(type: Oid) {
        switch type {
        case 16: self = .bool
        case 20, 21, 23, 26: self = .int
        case 700, 701: self = .double
        case 1700: self = .numeric
        case 1114, 1184: self = .timestamp
        case 2278: self = .void
        default: self = .text
        }
    }
}
