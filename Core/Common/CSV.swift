/// Parses and writes comma-separated values.
///
/// - Source: RFC 4180. Two extensions: lines may also end in a lone LF or CR, as spreadsheets write them, and a byte order mark is skipped.
///   A quote inside an unquoted field is an ordinary character (`5" pipe`).
public enum CSV {
    /// One row of the file.
    public struct Record: Sendable, Equatable {
        /// The line on which the record starts. Lines are numbered starting at 1.
        public let line: Int
        /// The fields in order, unquoted.
        public let fields: [String]

        public init(line: Int, fields: [String]) {
            self.line = line
            self.fields = fields
        }
    }

    /// Why a text is rejected, and on which line the error is.
    public struct ParseError: Error, Sendable, Equatable, CustomStringConvertible {
        /// The line with the error, numbered like `Record.line`.
        public let line: Int
        public let description: String
    }

    /// Returns all records in order. Empty lines are skipped, but a line with only `""` is a record with one empty field. Semicolons and
    /// tabs are also recognized as delimiters. Excel announces its delimiter in a first line such as `sep=;`, which is skipped.
    /// - Parameters:
    ///   - delimiter: nil to detect it from the text.
    ///   - maximumRecords: the most records that are accepted, including the header.
    ///   - maximumFields: the most fields that one record may have.
    /// - Throws: `ParseError` for an unclosed quote, text after a closing quote, or an exceeded limit. A limit is enforced before the
    ///   excess is stored.
    public static func parse(
        _ text: String, delimiter: UInt8? = UInt8(ascii: ","), maximumRecords: Int = .max, maximumFields: Int = .max
    ) throws(ParseError) -> [Record] {
        var bytes = Array(text.utf8)
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { bytes.removeFirst(3) }
        let declared = declaredDelimiter(bytes)
        var parser = Parser(
            bytes: bytes, delimiter: delimiter ?? declared?.byte ?? likelyDelimiter(bytes), maximumRecords: maximumRecords,
            maximumFields: maximumFields)
        if let declared {
            parser.position = declared.length
            parser.line = 2
        }
        return try parser.records()
    }

    /// The delimiter in Excel's `sep=;` line, and the length of that line in bytes, including its line ending.
    private static func declaredDelimiter(_ bytes: [UInt8]) -> (byte: UInt8, length: Int)? {
        let start = bytes.prefix(7)
        guard start.count > 5, start.starts(with: "sep=".utf8), [lf, cr].contains(start[5]) else { return nil }
        return (start[4], start[5] == cr && start.count > 6 && start[6] == lf ? 7 : 6)
    }

    /// Detects the delimiter: the comma, semicolon or tab that occurs equally often in each of the first lines, outside quotes. If several
    /// do or none does, the one that is most frequent in the first line wins. Ties go to tab, then semicolon, because commas also occur in
    /// numbers and sentences.
    private static func likelyDelimiter(_ bytes: [UInt8]) -> UInt8 {
        let candidates = [tab, UInt8(ascii: ";"), UInt8(ascii: ",")]
        var counts = [[Int](repeating: 0, count: 3)], isQuoted = false
        for byte in bytes.prefix(1 << 16) {
            if byte == quote { isQuoted.toggle() }
            if isQuoted { continue }
            if let index = candidates.firstIndex(of: byte) { counts[counts.count - 1][index] += 1 }
            if byte == lf {
                if counts.count == 20 { break }
                counts.append([0, 0, 0])
            }
        }
        // The last line may be incomplete or empty.
        if counts.count > 1 { counts.removeLast() }
        func rank(_ index: Int) -> (Int, Int, Int) {
            let inHeader = counts[0][index]
            return (inHeader > 0 && counts.allSatisfy { $0[index] == inHeader } ? 1 : 0, inHeader, -index)
        }
        return candidates[(0..<3).max { rank($0) < rank($1) }!]
    }

    /// The text with an apostrophe before each place where a spreadsheet would see a formula: at the start, and after another separator or a
    /// line break, where a program begins a cell that does not split at commas. Numbers stay as they are.
    public static func withoutFormulas(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: formulaStarts.contains) else { return text }
        // exact: compares single scalars
        var safe = String.UnicodeScalarView(), mayStart = Double(text) == nil
        for scalar in text.unicodeScalars {
            if mayStart, formulaStarts.contains(scalar) { safe.append("'") }
            // A quote after a separator may be the one around the cell.
            mayStart = separators.contains(scalar) || mayStart && scalar == "\"" && !safe.isEmpty
            safe.append(scalar)
        }
        return String(safe)
    }

    private static let formulaStarts: Set<Unicode.Scalar> = [
        "=", "+", "-", "@", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}", "\t", "\r",
    ]
    private static let separators: Set<Unicode.Scalar> = [";", "|", "\t", "\r", "\n"]

    /// Appends a record, with quotes around fields that need them, and CRLF.
    public static func append(_ fields: [String], to bytes: inout [UInt8]) {
        for (index, field) in fields.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            // A record with one empty field needs quotes, because an empty line is no record.
            guard field.utf8.contains(where: { [UInt8(ascii: ","), quote, lf, cr].contains($0) }) || fields == [""] else {
                bytes += field.utf8
                continue
            }
            bytes.append(quote)
            for byte in field.utf8 {
                if byte == quote { bytes.append(quote) }
                bytes.append(byte)
            }
            bytes.append(quote)
        }
        bytes += [cr, lf]
    }

    private static let quote = UInt8(ascii: "\""), lf = UInt8(ascii: "\n"), cr = UInt8(ascii: "\r"), tab = UInt8(ascii: "\t")

    private struct Parser {
        let bytes: [UInt8]
        let delimiter: UInt8
        let maximumRecords, maximumFields: Int
        var position = 0
        var line = 1

        private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

        mutating func records() throws(ParseError) -> [Record] {
            var records: [Record] = []
            while byte != nil {
                let first = line, isQuoted = byte == quote
                var fields = [try field()]
                while byte == delimiter {
                    guard fields.count < maximumFields else {
                        throw ParseError(line: first, description: "line \(first) has more than \(maximumFields) fields")
                    }
                    position += 1
                    fields.append(try field())
                }
                endLine()
                guard isQuoted || fields.count > 1 || !fields[0].isEmpty else { continue }
                guard records.count < maximumRecords else {
                    throw ParseError(line: first, description: "line \(first) exceeds the limit of \(maximumRecords) records")
                }
                records.append(Record(line: first, fields: fields))
            }
            return records
        }

        /// Reads up to the delimiter, the end of the line or the end of the text.
        private mutating func field() throws(ParseError) -> String {
            guard byte == quote else {
                let start = position
                while let byte, byte != delimiter, byte != lf, byte != cr { position += 1 }
                return String(decoding: bytes[start..<position], as: UTF8.self)
            }
            return try quoted()
        }

        private mutating func quoted() throws(ParseError) -> String {
            let first = line
            var content: [UInt8] = []
            position += 1
            while let byte {
                position += 1
                if byte == quote {
                    guard self.byte == quote else {
                        guard [nil, delimiter, lf, cr].contains(self.byte) else {
                            throw ParseError(line: line, description: "line \(line) has text after a closing quote")
                        }
                        return String(decoding: content, as: UTF8.self)
                    }
                    position += 1
                } else if byte == lf || byte == cr && self.byte != lf {
                    line += 1
                }
                content.append(byte)
            }
            throw ParseError(line: first, description: "the quote on line \(first) is not closed")
        }

        private mutating func endLine() {
            if byte == cr { position += 1 }
            if byte == lf { position += 1 }
            line += 1
        }
    }
}
