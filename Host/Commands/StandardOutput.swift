import Common
import Foundation

/// Prints the output of commands: results to standard output, errors and notes to standard error.
enum StandardOutput {
    /// Prints `value` as indented JSON with sorted member names. Commands print values of their own, for people and scripts, so Foundation
    /// encodes them: `JSONText` has no indented form.
    static func json(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    /// Prints `value` as indented JSON with sorted member names.
    static func json<Value>(_ value: Value, _ shape: Shape<Value>) throws {
        // Foundation indents it, in the same form as the values above. This runs once per command.
        let object = try JSONSerialization.jsonObject(with: Data(try shape.text(value).bytes))
        let data = try JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        print(String(decoding: data, as: UTF8.self))
    }

    /// Prints a line to standard error.
    static func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }

    /// Whether standard error is a terminal, which means that a person is watching.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Rows of text with aligned columns.
struct Columns {
    private var rows: [[String]]

    /// - Parameter header: the first row, which is printed in capitals.
    init(_ header: String...) { rows = [header.map { $0.uppercased() }] }

    mutating func add(_ cells: String...) { rows.append(cells) }

    var isEmpty: Bool { rows.count == 1 }

    /// The rows as lines of text. Every column but the last is padded to its longest value; trailing spaces are removed.
    var text: String {
        let count = rows.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ").trimmingTrailingSpaces
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String { String(reversed().drop { $0 == " " }.reversed()) }
}

/// Formats sizes for display: `1.4 MB`.
enum Bytes {
    static func text(_ bytes: Int64) -> String {
        var value = Double(bytes), units = ["bytes", "KB", "MB", "GB", "TB"][...]
        while value >= 1_000, units.count > 1 {
            value /= 1_000
            units = units.dropFirst()
        }
        return units.first == "bytes" ? "\(bytes) bytes" : String(format: value < 10 ? "%.1f " : "%.0f ", value) + units.first!
    }
}
