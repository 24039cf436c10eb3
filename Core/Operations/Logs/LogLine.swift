import Common
import Logging

/// One log message that is ready to write.
struct LogLine {
    let time: Instant
    let level: Logger.Level
    let label: String
    let message: String
    let fields: LogFields

    /// The line as JSON: `{"timestamp":"2026-03-01T10:00:00.250Z","level":"info","label":"pulse","message":"ready","request.id":"r1"}`
    var json: String {
        var text = JSONText()
        text.object { text in
            text.member("timestamp", timestamp)
            text.member("level", level.rawValue)
            text.member("label", label)
            text.member("message", message)
            for (name, value) in fields.sorted {
                // Metadata must not replace the four members above.
                text.name(["timestamp", "level", "label", "message"].contains(name) ? "metadata.\(name)" : name)
                value.write(into: &text)
            }
        }
        text.append(raw: "\n")
        return text.string
    }

    /// The line for people: `2026-03-01T10:00:00.250Z info pulse: ready request.id=r1`
    var text: String {
        var line = "\(timestamp) \(level.rawValue) \(Self.escaped(label)): \(Self.escaped(message))"
        for (name, value) in fields.sorted { line += " \(Self.escaped(name))=\(Self.shown(value))" }
        return line + "\n"
    }

    /// The time, always with milliseconds, so lines sort as text.
    private var timestamp: String {
        let text = time.iso8601
        return text.utf8.count == 20 ? "\(text.dropLast()).000Z" : text
    }

    /// The value without quotation marks if that is unambiguous, otherwise with them.
    private static func shown(_ value: JSONTree) -> String {
        guard case .string(let text) = value else { return escaped(value.text) }
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "=") }
        return isPlain ? escaped(text) : "\"\(escaped(text, quoted: true))\""
    }

    /// Escapes line breaks and all characters that a terminal would interpret.
    private static func escaped(_ text: String, quoted: Bool = false) -> String {
        func isSpecial(_ scalar: Unicode.Scalar) -> Bool {
            switch scalar.value {
            case 0..<0x20, 0x7F..<0xA0, 0x2028, 0x2029: true
            default: quoted && (scalar == "\"" || scalar == "\\")
            }
        }
        guard text.unicodeScalars.contains(where: isSpecial) else { return text }
        return text.unicodeScalars.reduce(into: "") { escaped, scalar in
            guard isSpecial(scalar) else { return escaped.unicodeScalars.append(scalar) }
            switch scalar {
            case "\n": escaped += "\\n"
            case "\r": escaped += "\\r"
            case "\t": escaped += "\\t"
            case "\"", "\\": escaped += "\\\(scalar)"
            default: escaped += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
    }
}
