/// Writes JSON text, compact, into a byte buffer: for what is stored and streamed. Answers of routes are `Encodable`.
public struct JSONText: Sendable {
    public private(set) var bytes: [UInt8] = []

    public init() {}

    public var string: String { String(decoding: bytes, as: UTF8.self) }

    public mutating func append(_ value: JSON) {
        switch value.kind {
        case .object:
            bytes.append(UInt8(ascii: "{"))
            var first = true
            value.forEachMember { name, member in
                if !first { bytes.append(UInt8(ascii: ",")) }
                first = false
                append(utf8: name)
                bytes.append(UInt8(ascii: ":"))
                append(member)
            }
            bytes.append(UInt8(ascii: "}"))
        case .array:
            bytes.append(UInt8(ascii: "["))
            for (index, element) in value.elements.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                append(element)
            }
            bytes.append(UInt8(ascii: "]"))
        case .string: value.withUTF8 { append(utf8: $0) }
        case .number:
            append(raw: value.digits ?? "\(value.number ?? 0)")
        case .boolean: append(raw: value.boolean == true ? "true" : "false")
        case .null: append(raw: "null")
        }
    }

    public mutating func append(raw text: String) { bytes.append(contentsOf: text.utf8) }

    public mutating func append(string text: String) {
        var text = text
        text.withUTF8 { append(utf8: $0) }
    }

    private mutating func append(utf8: UnsafeBufferPointer<UInt8>) {
        let hex = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "\""): append(raw: "\\\"")
            case UInt8(ascii: "\\"): append(raw: "\\\\")
            case 0x0A: append(raw: "\\n")
            case 0x0D: append(raw: "\\r")
            case 0x09: append(raw: "\\t")
            case 0..<0x20:
                append(raw: "\\u00")
                bytes.append(hex[Int(byte >> 4)])
                bytes.append(hex[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}

extension JSON {
    /// The object as JSON text with the member `name` set to `value`, which is JSON text itself.
    public func text(setting name: String, to value: String) -> String {
        var text = JSONText()
        text.append(raw: "{")
        for (member, old) in members where member != name {
            text.append(string: member)
            text.append(raw: ":")
            text.append(old)
            text.append(raw: ",")
        }
        text.append(string: name)
        text.append(raw: ":\(value)}")
        return text.string
    }
}
