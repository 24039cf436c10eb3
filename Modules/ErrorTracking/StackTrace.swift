/// The calls that led to an error, parsed from a browser's stack text.
///
/// No standard defines the format. V8 (Chrome, Edge, Node) writes `at name (url:line:column)`; Firefox and Safari write
/// `name@url:line:column`. Hermes (React Native) uses the format of V8, but release builds write `address at file:1:offset`, with offsets
/// that start at 0. WebAssembly has byte offsets instead of lines. Byte offsets are read as columns of line 1, as in source maps for
/// WebAssembly.
struct StackTrace: Sendable, Equatable {
    struct Frame: Sendable, Equatable {
        /// The function's name; nil for code outside functions, and for functions without a name.
        var function: String?
        /// URL of the script; nil for the browser's own code.
        var file: String?
        /// Counted from 1.
        var line: Int?
        /// Counted from 1.
        var column: Int?
    }

    /// The calls, innermost first.
    let frames: [Frame]

    /// Maximum frames that are read. Frames further out say little.
    static let maximumFrames = 50
    /// Maximum bytes kept of a stack.
    static let maximumBytes = 16_384

    init(_ text: String) {
        let lines = Bytes(text).split(whereSeparator: \.isLineEnd).map(\.trimmed)
        // In V8 stacks the message precedes the frames and may have any number of lines of any form.
        let isV8 = lines.contains { $0.hasPrefix("at ") }
        frames = Array(lines.lazy.compactMap { isV8 ? Self.v8($0) : Self.gecko($0) }.prefix(Self.maximumFrames))
    }

    /// Returns the stack without its last lines if it is longer than `maximumBytes`.
    static func cut(_ text: String) -> String {
        guard text.utf8.count > maximumBytes else { return text }
        let head = text.utf8.prefix(maximumBytes + 1)
        if let newline = head.lastIndex(of: UInt8(ascii: "\n")) { return String(decoding: head[..<newline], as: UTF8.self) }
        // A single long line is cut after a whole character.
        var scalars = String.UnicodeScalarView(), bytes = 0
        for scalar in text.unicodeScalars {
            bytes += UTF8.width(scalar)
            if bytes > maximumBytes { break }
            scalars.append(scalar)
        }
        return String(scalars)
    }

    // MARK: V8

    /// Parses `at name (location)` and `at location`. The name may follow `async` or `new`, and may be followed by `[as other]`.
    /// - Source: https://v8.dev/docs/stack-trace-api
    private static func v8(_ line: Bytes) -> Frame? {
        guard line.hasPrefix("at ") else { return nil }
        var rest = line.dropFirst(3).trimmed
        if rest.hasPrefix("async ") { rest = rest.dropFirst(6) }
        guard rest.hasSuffix(")"), let open = rest.firstRange(of: " (") else { return frame(nil, rest) }
        var name = rest[..<open.lowerBound]
        if let alias = name.firstRange(of: " [as ") { name = name[..<alias.lowerBound] }
        if name.hasPrefix("new ") { name = name.dropFirst(4) }
        return frame(name, innermost(rest[open.upperBound...].dropLast()))
    }

    /// For evaluated code, returns the position of the `eval` call: `url:1:2` for `eval at f (url:1:2), <anonymous>:1:1`. Returns any other
    /// location unchanged.
    private static func innermost(_ location: Bytes) -> Bytes {
        guard location.hasPrefix("eval at "), let open = location.lastIndex(of: UInt8(ascii: "(")) else { return location }
        return location[(open + 1)...].prefix { $0 != UInt8(ascii: ")") }
    }

    // MARK: Firefox and Safari

    private static func gecko(_ line: Bytes) -> Frame? {
        var name: Bytes = [], location = line
        // An @ inside a URL doesn't end a name: https://cdn.example/@scope/app.js
        if let sign = line.firstIndex(of: UInt8(ascii: "@")), line[..<sign].firstRange(of: "://") == nil {
            name = line[..<sign]
            location = line[(sign + 1)...]
        }
        // Firefox, for evaluated code: `url line 12 > eval:1:1`.
        if let evaluated = location.firstRange(of: " > "), let place = location[..<evaluated.lowerBound].firstRange(of: " line ") {
            return Frame(
                function: functionName(name)?.text, file: location[..<place.lowerBound].text,
                line: number(location[place.upperBound..<evaluated.lowerBound].prefix(while: \.isDigit)), column: nil)
        }
        // Safari: `<?>.wasm-function[parse_json]@[wasm code]`.
        if location.isText("[wasm code]") {
            let function = name.firstRange(of: "wasm-function[").map { name[$0.upperBound...].prefix { $0 != UInt8(ascii: "]") } } ?? name
            return Frame(function: function.isEmpty ? nil : function.text, file: location.text, line: nil, column: nil)
        }
        if location.isText("[native code]") { return Frame(function: functionName(name)?.text, file: nil, line: nil, column: nil) }
        let frame = frame(functionName(name), location)
        // Any other line is part of a message.
        return frame.line == nil ? nil : frame
    }

    /// The function's name; nil for markers of code outside functions: `global code`, `module code`, `eval code`.
    private static func functionName(_ name: Bytes) -> Bytes? {
        // Firefox marks asynchronous calls with `async*`.
        let name = name.lastIndex(of: UInt8(ascii: "*")).map { name[($0 + 1)...] } ?? name
        return name.isEmpty || name.hasSuffix(" code") ? nil : name
    }

    // MARK: Locations

    private static func frame(_ name: Bytes?, _ location: Bytes) -> Frame {
        if let function = location.firstRange(of: ":wasm-function[") { return wasm(name, location, function) }
        if location.hasPrefix(hermes) {
            var frame = frame(name, location.dropFirst(hermes.utf8CodeUnitCount))
            frame.column = frame.column.map { $0 + 1 }
            return frame
        }
        var file = location, numbers: [Int] = []
        while numbers.count < 2, let colon = file.lastIndex(of: UInt8(ascii: ":")), let number = number(file[(colon + 1)...]) {
            numbers.insert(number, at: 0)
            file = file[..<colon]
        }
        let name = name.flatMap { $0.isEmpty || $0.isText("<anonymous>") ? nil : $0.text }
        // Locations such as `<anonymous>`, `native` and `index 0` are not in a file.
        guard let line = numbers.first, !file.isEmpty, !file.isText("<anonymous>"), !file.isText("native") else {
            return Frame(function: name, file: nil, line: nil, column: nil)
        }
        return Frame(function: name, file: file.text, line: line, column: numbers.count > 1 ? numbers[1] : nil)
    }

    private static let hermes: StaticString = "address at "

    /// Parses `url:wasm-function[12]:0x1f2`. A function without a name gets its index as the name.
    private static func wasm(_ name: Bytes?, _ location: Bytes, _ function: Range<Int>) -> Frame {
        let rest = location[(function.lowerBound + 1)...], offset = rest.firstRange(of: "]:0x")
        let hex = offset.map { rest[$0.upperBound...].text } ?? ""
        let index = rest.prefix(while: { $0 != UInt8(ascii: "]") }).text + "]"
        let ownName = name.flatMap { $0.isEmpty || $0.isText("<anonymous>") || $0.hasPrefix("wasm-function[") ? nil : $0.text }
        return Frame(
            function: ownName ?? index, file: location[..<function.lowerBound].text, line: 1,
            column: hex.utf8.count < 9 ? Int(hex, radix: 16).map { $0 + 1 } : nil)
    }

    private static func number(_ digits: Bytes) -> Int? {
        guard (1..<10).contains(digits.count), digits.allSatisfy(\.isDigit) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }
}
