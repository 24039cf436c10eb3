import Blobs
import Common
import HTTPTypes
import NIOCore
import Questions
import Storage
import Synchronization

extension Answer {
    /// A file of comma-separated values (RFC 4180) with a header line. Its rows are read while it is sent.
    /// - Parameters:
    ///   - columns: the names in the header. By default, they are also the columns of the rows.
    ///   - fileName: the name that browsers give to the file.
    ///   - values: the fields of a row, in the order of `columns`. Null becomes an empty field.
    public static func csv(
        _ rows: RowStream, columns: [String], fileName: String, _ values: (@Sendable (Row) -> [Value])? = nil
    ) -> Answer {
        let isFirst = Atomic(true), names = columns
        let stream = ByteStream {
            let batch = try await rows.next()
            var bytes: [UInt8] = []
            if isFirst.exchange(false, ordering: .relaxed) { CSV.append(names, to: &bytes) }
            for row in batch ?? Rows() {
                CSV.append((values?(row) ?? names.map { row[$0] }).map(\.csvField), to: &bytes)
            }
            return bytes.isEmpty ? nil : ByteBuffer(bytes: bytes)
        }
        return csv(stream, fileName: fileName)
    }

    /// A file of comma-separated values that a stream makes.
    @_spi(Host) public static func csv(_ stream: ByteStream, fileName: String) -> Answer {
        Answer(
            status: 200,
            headers: [
                .contentType: "text/csv; charset=utf-8", .contentDisposition: "attachment; filename=\"\(plain(fileName))\"",
                .cacheControl: "no-store",
            ], body: .stream(stream))
    }

    /// The name without characters that end a quoted string in a header field, or a file's name.
    private static func plain(_ name: String) -> String {
        String(decoding: name.utf8.map { $0 < 0x20 || $0 >= 0x7F || #""\/"#.utf8.contains($0) ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
    }
}

extension Value {
    /// The value as a field of CSV; numbers as in JSON.
    fileprivate var csvField: String {
        switch self {
        case .null: ""
        case .int(let value): String(value)
        case .double(let value): value.isFinite ? JSONText.digits(of: value) : ""
        case .bool(let value): String(value)
        case .text(let text): CSV.withoutFormulas(text)
        }
    }
}
