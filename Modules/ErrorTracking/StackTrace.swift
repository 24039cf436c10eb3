/// The calls that led to an error, as a browser wrote them down.
///
/// There is no standard for it. V8 (Chrome, Edge, Node) writes `at name (url:line:column)`; Firefox and Safari
/// write `name@url:line:column`.
struct StackTrace: Sendable, Equatable {
    struct Frame: Sendable, Equatable {
        /// Nil for code outside of functions and functions without a name.
        var function: String?
        /// URL of the script; nil for code of the browser itself.
        var file: String?
        /// From 1.
        var line: Int?
        /// From 1.
        var column: Int?
    }

    /// The innermost first.
    let frames: [Frame]

    /// Frames that are read; what lies further out says little.
    static let maximumFrames = 50
    /// Bytes that are kept of a stack.
    static let maximumBytes = 16_384

    init(_ text: String) {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmed }
        // The message stands before the frames in V8's stacks and may have any number of lines of any kind.
        let isV8 = lines.contains { $0.hasPrefix("at ") }
        frames = Array(lines.lazy.compactMap { isV8 ? Self.v8($0) : Self.gecko($0) }.prefix(Self.maximumFrames))
    }

    /// A stack that is longer than `maximumBytes` loses its last lines.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumBytes else { return text }
        let head = text.utf8.prefix(maximumBytes + 1)
        if let newline = head.lastIndex(of: UInt8(ascii: "\n")) { return String(decoding: head[..<newline], as: UTF8.self) }
        // One endless line: whole characters of it.
        var scalars = String.UnicodeScalarView(), bytes = 0
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            if bytes > maximumBytes { break }
            scalars.append(scalar)
        }
        return String(scalars)
    }

    // MARK: V8

    /// `at name (location)`, `at location`, with `async` and `new` before the name and `[as other]` after it.
    /// - Source: https://v8.dev/docs/stack-trace-api
    private static func v8(_ line: Substring) -> Frame? {
        guard line.hasPrefix("at ") else { return nil }
        var rest = line.dropFirst(3).trimmed
        if rest.hasPrefix("async ") { rest = rest.dropFirst(6) }
        guard rest.hasSuffix(")"), let open = rest.firstRange(of: " (") else { return frame(nil, rest) }
        var name = rest[..<open.lowerBound]
        if let alias = name.firstRange(of: " [as ") { name = name[..<alias.lowerBound] }
        if name.hasPrefix("new ") { name = name.dropFirst(4) }
        return frame(String(name), innermost(rest[open.upperBound...].dropLast()))
    }

    /// Of `eval at f (url:1:2), <anonymous>:1:1` the place in a file that there is: `url:1:2`.
    private static func innermost(_ location: Substring) -> Substring {
        guard location.hasPrefix("eval at "), let open = location.lastIndex(of: "(") else { return location }
        let inner = location[location.index(after: open)...]
        return inner.firstIndex(of: ")").map { inner[..<$0] } ?? inner
    }

    // MARK: Firefox and Safari

    private static func gecko(_ line: Substring) -> Frame? {
        var name: Substring = "", location = line
        // An @ inside of a URL is none that ends a name: https://cdn.example/@scope/app.js
        if let sign = line.firstIndex(of: "@"), !line[..<sign].contains("://") {
            name = line[..<sign]
            location = line[line.index(after: sign)...]
        }
        // Firefox, for evaluated code: `url line 12 > eval:1:1`.
        if let evaluated = location.firstRange(of: " > "), let place = location[..<evaluated.lowerBound].firstRange(of: " line ") {
            return Frame(
                function: functionName(name), file: String(location[..<place.lowerBound]),
                line: Int(location[place.upperBound..<evaluated.lowerBound].prefix(while: \.isNumber)), column: nil)
        }
        if location == "[native code]" { return Frame(function: functionName(name), file: nil, line: nil, column: nil) }
        let found = frame(functionName(name), location)
        // Anything else is part of a message.
        return found.line == nil ? nil : found
    }

    /// Without what stands for "no function": `global code`, `module code`, `eval code`.
    private static func functionName(_ name: Substring) -> String? {
        var name = name
        while let star = name.firstIndex(of: "*") { name = name[name.index(after: star)...] }  // async*
        return name.isEmpty || name.hasSuffix(" code") ? nil : String(name)
    }

    // MARK: Places

    private static func frame(_ name: String?, _ location: Substring) -> Frame {
        var file = location, numbers: [Int] = []
        while numbers.count < 2, let colon = file.lastIndex(of: ":"), let number = number(file[file.index(after: colon)...]) {
            numbers.insert(number, at: 0)
            file = file[..<colon]
        }
        let name = name.flatMap { $0.isEmpty || $0 == "<anonymous>" ? nil : $0 }
        // `<anonymous>`, `native`, `index 0`
        guard let line = numbers.first, !file.isEmpty, file != "<anonymous>", file != "native" else {
            return Frame(function: name, file: nil, line: nil, column: nil)
        }
        return Frame(function: name, file: String(file), line: line, column: numbers.count > 1 ? numbers[1] : nil)
    }

    private static func number(_ text: Substring) -> Int? {
        !text.isEmpty && text.utf8.count < 10 && text.utf8.allSatisfy { (48...57).contains($0) } ? Int(text) : nil
    }
}

extension Substring {
    /// Without white space at both ends.
    var trimmed: Substring {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return start[...last]
    }
}
