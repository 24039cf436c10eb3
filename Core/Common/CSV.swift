/// Comma-separated values.
///
/// - Source: RFC 4180. Lines may also end in LF or CR alone, as spreadsheets write them; a byte order mark is passed over.
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

    /// Every record in order; empty lines are none. Some programs write semicolons or tabs in place of commas.
    /// - Parameters:
    ///   - maximumRecords: the first among them.
    ///   - maximumFields: of one record.
    /// - Throws: `Mistake` for a quote that is not closed, or that stands where none may, and for more than is accepted: before that takes memory.
    public static func parse(
        _ text: String, delimiter: UInt8 = UInt8(ascii: ","), maximumRecords: Int = .max, maximumFields: Int = .max
    ) throws(Mistake) -> [Record] {
        let bytes = Array(text.utf8)
        var parser = Parser(
            bytes: bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes, delimiter: delimiter,
            maximumRecords: maximumRecords, maximumFields: maximumFields)
        return try parser.records()
    }

    private struct Parser {
        let bytes: [UInt8]
        let delimiter: UInt8
        let maximumRecords, maximumFields: Int
        var position = 0
        var line = 1

        private static let quote = UInt8(ascii: "\""), lf = UInt8(ascii: "\n"), cr = UInt8(ascii: "\r")

        private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

        mutating func records() throws(Mistake) -> [Record] {
            var records: [Record] = []
            while byte != nil {
                let first = line
                var fields = [try field()]
                while byte == delimiter {
                    guard fields.count < maximumFields else {
                        throw Mistake(line: first, description: "line \(first) has more than \(maximumFields) fields")
                    }
                    position += 1
                    fields.append(try field())
                }
                endLine()
                guard fields != [""] else { continue }
                guard records.count < maximumRecords else {
                    throw Mistake(line: first, description: "line \(first) is one more than the \(maximumRecords) that are accepted")
                }
                records.append(Record(line: first, fields: fields))
            }
            return records
        }

        /// Up to the comma, the end of the line or the end of the text.
        private mutating func field() throws(Mistake) -> String {
            guard byte == Self.quote else {
                let start = position
                while let byte, byte != delimiter, byte != Self.lf, byte != Self.cr {
                    guard byte != Self.quote else {
                        throw Mistake(line: line, description: "line \(line) has a quote inside a field that does not begin with one")
                    }
                    position += 1
                }
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
                if byte == Self.quote {
                    guard self.byte == Self.quote else {
                        guard [nil, delimiter, Self.lf, Self.cr].contains(self.byte) else {
                            throw Mistake(line: line, description: "line \(line) has text behind a closing quote")
                        }
                        return String(decoding: content, as: UTF8.self)
                    }
                    position += 1
                } else if byte == Self.lf || byte == Self.cr && self.byte != Self.lf {
                    line += 1
                }
                content.append(byte)
            }
            throw Mistake(line: first, description: "the quote of line \(first) is not closed")
        }

        private mutating func endLine() {
            if byte == Self.cr { position += 1 }
            if byte == Self.lf { position += 1 }
            line += 1
        }
    }
}
