/// Comma-separated values.
///
/// - Source: RFC 4180. Lines may also end in LF or CR alone, as spreadsheets write them; a byte order mark is passed over. A quote inside a
///   field that does not begin with one is a character like others (`5" pipe`).
public enum CSV {
    public struct Record: Sendable, Equatable {
        /// Of its first character; the first is 1.
        public let line: Int
        public let fields: [String]

        public init(line: Int, fields: [String]) {
            self.line = line
            self.fields = fields
        }
    }

    public struct Mistake: Error, Sendable, Equatable, CustomStringConvertible {
        public let line: Int
        public let description: String
    }

    /// Every record in order; empty lines are none, but `""` is a record with an empty field. Some programs write semicolons or tabs in
    /// place of commas, and Excel says so in a first line such as `sep=;`.
    /// - Parameters:
    ///   - delimiter: nil for the one that the text uses by all appearances.
    ///   - maximumRecords: the first among them.
    ///   - maximumFields: of one record.
    /// - Throws: `Mistake` for a quote that is not closed, for text behind one that is, and for more than is accepted: before that takes memory.
    public static func parse(
        _ text: String, delimiter: UInt8? = UInt8(ascii: ","), maximumRecords: Int = .max, maximumFields: Int = .max
    ) throws(Mistake) -> [Record] {
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

    /// Excel's line `sep=;`, and how many bytes it has with its end.
    private static func declaredDelimiter(_ bytes: [UInt8]) -> (byte: UInt8, length: Int)? {
        let start = bytes.prefix(7)
        guard start.count > 5, start.starts(with: "sep=".utf8), [lf, cr].contains(start[5]) else { return nil }
        return (start[4], start[5] == cr && start.count > 6 && start[6] == lf ? 7 : 6)
    }

    /// Of comma, semicolon and tab the one that is as often, outside quotes, in each of the first lines as in the line of names. Where several
    /// are, the one that is there most often, and rather a semicolon than a comma, which numbers and sentences have as well.
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
        // The last line may be cut, or empty.
        if counts.count > 1 { counts.removeLast() }
        func rank(_ index: Int) -> (Int, Int, Int) {
            let names = counts[0][index]
            return (names > 0 && counts.allSatisfy { $0[index] == names } ? 1 : 0, names, -index)
        }
        return candidates[(0..<3).max { rank($0) < rank($1) }!]
    }

    private static let quote = UInt8(ascii: "\""), lf = UInt8(ascii: "\n"), cr = UInt8(ascii: "\r"), tab = UInt8(ascii: "\t")

    private struct Parser {
        let bytes: [UInt8]
        let delimiter: UInt8
        let maximumRecords, maximumFields: Int
        var position = 0
        var line = 1

        private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

        mutating func records() throws(Mistake) -> [Record] {
            var records: [Record] = []
            while byte != nil {
                let first = line, isQuoted = byte == quote
                var fields = [try field()]
                while byte == delimiter {
                    guard fields.count < maximumFields else {
                        throw Mistake(line: first, description: "line \(first) has more than \(maximumFields) fields")
                    }
                    position += 1
                    fields.append(try field())
                }
                endLine()
                guard isQuoted || fields.count > 1 || !fields[0].isEmpty else { continue }
                guard records.count < maximumRecords else {
                    throw Mistake(line: first, description: "line \(first) is one more than the \(maximumRecords) that are accepted")
                }
                records.append(Record(line: first, fields: fields))
            }
            return records
        }

        /// Up to the comma, the end of the line or the end of the text.
        private mutating func field() throws(Mistake) -> String {
            guard byte == quote else {
                let start = position
                while let byte, byte != delimiter, byte != lf, byte != cr { position += 1 }
                return String(decoding: bytes[start..<position], as: UTF8.self)
            }
            return try quoted()
        }

        private mutating func quoted() throws(Mistake) -> String {
            let first = line
            var content: [UInt8] = []
            position += 1
            while let byte {
                position += 1
                if byte == quote {
                    guard self.byte == quote else {
                        guard [nil, delimiter, lf, cr].contains(self.byte) else {
                            throw Mistake(line: line, description: "line \(line) has text behind a closing quote")
                        }
                        return String(decoding: content, as: UTF8.self)
                    }
                    position += 1
                } else if byte == lf || byte == cr && self.byte != lf {
                    line += 1
                }
                content.append(byte)
            }
            throw Mistake(line: first, description: "the quote of line \(first) is not closed")
        }

        private mutating func endLine() {
            if byte == cr { position += 1 }
            if byte == lf { position += 1 }
            line += 1
        }
    }
}
