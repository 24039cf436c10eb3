import Core
import NIOCore

/// A form with files, as browsers and curl send it.
/// - Source: RFC 7578, and RFC 2046, 5.1.1 for the boundary.
struct MultipartForm: Sendable {
    struct Part: Sendable {
        let name: String
        /// The name of the file; nil for a part that is not a file.
        let filename: String?
        let bytes: ByteBuffer
    }

    let parts: [Part]

    private static let maximumParts = 50

    /// Whether the content type is `multipart/form-data`.
    static func isForm(_ contentType: String) -> Bool {
        contentType.prefix { $0 != ";" }.trimmed.lowercased() == "multipart/form-data"
    }

    /// - Throws: 400 that says what is wrong with the form.
    init(_ body: ByteBuffer, contentType: String) throws {
        guard let boundary = Self.parameters(contentType)["boundary"], (1...70).contains(boundary.utf8.count) else {
            throw ServiceError.body("the form's content type has no valid boundary; got '\(contentType.excerpt(100))'.")
        }
        let bytes = body.readableBytesView, line = Array("--\(boundary)".utf8)
        var parts: [Part] = []
        guard var at = Self.find(line, in: bytes, from: bytes.startIndex).map({ $0 + line.count }) else { throw Self.cutOff }
        let delimiter = Array("\r\n".utf8) + line
        while true {
            // After a boundary, "--" ends the form and a line break begins a part.
            if bytes[at...].starts(with: "--".utf8) { break }
            while at < bytes.endIndex, bytes[at] == UInt8(ascii: " ") || bytes[at] == UInt8(ascii: "\t") { at += 1 }
            guard bytes[at...].starts(with: "\r\n".utf8), let end = Self.find(delimiter, in: bytes, from: at) else { throw Self.cutOff }
            guard parts.count < Self.maximumParts else { throw ServiceError.body("a form may hold at most \(Self.maximumParts) parts.") }
            parts.append(try Self.part(body, at + 2, end))
            at = end + delimiter.count
        }
        self.parts = parts
    }

    private static let cutOff = ServiceError.body(
        "the form is cut off, or its parts are not separated by the boundary of its content type.")

    private static func part(_ body: ByteBuffer, _ start: Int, _ end: Int) throws -> Part {
        let bytes = body.readableBytesView
        let blank = Array("\r\n\r\n".utf8)
        guard start <= end, let head = find(blank, in: bytes[..<end], from: start) else {
            throw ServiceError.body("a part of the form has no header.")
        }
        var name: String?, filename: String?
        for header in String(decoding: bytes[start..<head], as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard header.lowercased().hasPrefix("content-disposition:") else { continue }
            let parameters = parameters(String(header.drop { $0 != ":" }))
            name = parameters["name"]
            filename = parameters["filename"]
        }
        guard let name, !name.isEmpty else { throw ServiceError.body("a part of the form has no name.") }
        let first = head + blank.count
        guard let slice = body.getSlice(at: first, length: max(0, end - first)) else { throw cutOff }
        return Part(name: name, filename: filename, bytes: slice)
    }

    /// The index of the first `needle` at or after `start`; nil if there is none.
    private static func find(_ needle: [UInt8], in bytes: ByteBufferView, from start: Int) -> Int? {
        guard start <= bytes.endIndex else { return nil }
        return bytes[start...].withUnsafeBytes { haystack -> Int? in
            guard haystack.count >= needle.count else { return nil }
            var at = 0
            while at <= haystack.count - needle.count {
                if haystack[at] == needle[0] {
                    var matched = 1
                    while matched < needle.count, haystack[at + matched] == needle[matched] { matched += 1 }
                    if matched == needle.count { return start + at }
                }
                at += 1
            }
            return nil
        }
    }

    /// Parses parameters such as `; name="a"; filename=b`. Returns the values by lower-case name.
    private static func parameters(_ header: String) -> [String: String] {
        var values: [String: String] = [:]
        var rest = header[...]
        while let semicolon = rest.firstIndex(of: ";") {
            rest = rest[rest.index(after: semicolon)...]
            guard let equals = rest.firstIndex(where: { $0 == "=" || $0 == ";" }), rest[equals] == "=" else { continue }
            let name = rest[..<equals].trimmed.lowercased()
            rest = rest[rest.index(after: equals)...]
            if rest.first == "\"" {
                let inner = rest.dropFirst()
                let end = inner.firstIndex(of: "\"") ?? inner.endIndex
                values[name] = String(inner[..<end])
                rest = inner[end...]
            } else {
                values[name] = String(rest.prefix { $0 != ";" }.trimmed)
            }
        }
        return values
    }
}

extension Substring {
    /// The text without white space at either end.
    fileprivate var trimmed: Substring {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return start[...last]
    }
}
