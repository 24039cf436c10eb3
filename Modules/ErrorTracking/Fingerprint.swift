import Core

/// Identifies an error by what all its occurrences have in common: a 128-bit hash of the message and the innermost calls, without
/// anything that differs between builds, visitors or occurrences.
struct Fingerprint: Sendable, Hashable {
    let high: Int64
    let low: Int64

    init(high: Int64, low: Int64) {
        self.high = high
        self.low = low
    }

    /// Reads 32 hexadecimal digits. Nil for any other text.
    init?(_ hex: String) {
        guard hex.utf8.count == 32, hex.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0 | 0x20) }),
            let high = UInt64(hex.prefix(16), radix: 16), let low = UInt64(hex.suffix(16), radix: 16)
        else { return nil }
        self.init(high: Int64(bitPattern: high), low: Int64(bitPattern: low))
    }

    /// 32 hexadecimal digits, in lower case.
    var hex: String { Self.hex(high) + Self.hex(low) }

    private static func hex(_ half: Int64) -> String {
        let digits = String(UInt64(bitPattern: half), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Maximum calls that go into the fingerprint, starting with the innermost.
    private static let frameCount = 5

    /// - Parameter filename: the script, used if the stack names none.
    init(message: String, stack: StackTrace, filename: String) {
        // The first line is the version of this algorithm, in case the algorithm ever changes.
        var lines = ["1", Self.normalized(message: message)]
        var calls: [String] = []
        for frame in stack.frames where frame.file != nil {
            let call = "\(Self.normalized(function: frame.function ?? ""))@\(Self.normalized(file: frame.file ?? ""))"
            // Consecutive equal calls count once, because the depth of a recursion and the number of anonymous functions vary.
            if calls.last != call { calls.append(call) }
            if calls.count == Self.frameCount { break }
        }
        if calls.isEmpty, !filename.isEmpty { calls = ["@" + Self.normalized(file: filename)] }
        lines += calls
        self = Fingerprint(String(Digest.sha256(lines.joined(separator: "\n")).prefix(32)))!  // SHA-256 has 64 digits
    }

    // MARK: Normalizing

    /// Returns the message without numbers, ids and hashes (including those in file names), and without scheme, host, query and fragment of
    /// URLs.
    static func normalized(message: String) -> String {
        var result: [UInt8] = [], rest = Bytes(message)
        while let scheme = rest.firstRange(of: "://") {
            let before = rest[..<scheme.lowerBound]
            let start = before.lastIndex { !Word.isPart($0) && !$0.isOne(of: "+.-") }.map { $0 + 1 } ?? before.startIndex
            append(words: before[..<start], to: &result)
            let address = rest[scheme.upperBound...]
            let end = address.firstIndex { $0.isSpace || $0.isOne(of: "\"'<>()`,;") } ?? address.endIndex
            result.append(contentsOf: "<url>".utf8)
            append(words: address[..<end].drop { !$0.isOne(of: "/?#") }.prefix { !$0.isOne(of: "?#") }, to: &result)
            rest = address[end...]
        }
        append(words: rest, to: &result)
        return Bytes(result.split(whereSeparator: \.isSpace).joined(separator: [0x20])).text
    }

    /// Returns the last part of a function's name; "" for names of one or two characters, because minifiers choose different short names in
    /// each build.
    static func normalized(function: String) -> String {
        var name = Bytes(function)
        // Firefox: `outer/inner<`
        while let last = name.last, last.isOne(of: "/<") { name = name.dropLast() }
        if let joint = name.lastIndex(where: { $0.isOne(of: "/.") }) { name = name[(joint + 1)...] }
        if name.text.unicodeScalars.count < 3 { return "" }
        var result: [UInt8] = []
        append(words: name, to: &result)
        return result[...].text
    }

    /// Returns the name of a script without folders, query, and the hash that a bundler added.
    static func normalized(file: String) -> String {
        let path = Bytes(file).prefix { !$0.isOne(of: "?#") }
        let name = path.split(separator: UInt8(ascii: "/")).last ?? path
        let hash = FileName.hash(in: name) ?? name.startIndex..<name.startIndex
        let segments = (name[..<hash.lowerBound] + name[hash.upperBound...]).split(omittingEmptySubsequences: false) {
            $0.isOne(of: ".-_~")
        }
        // Drops parts such as `3f2a9c`, `142` and `a81kd02x`.
        let kept = segments.dropLast().filter { text in !text.isEmpty && !Word(text).isNumber && !Word(text).isID }
        return (kept + segments.suffix(1)).map(\.text).joined(separator: ".")
    }

    /// Appends text with `<n>` for numbers and `<id>` for anything that looks like an id or a hash. Bytes beyond ASCII count as letters.
    private static func append(words bytes: Bytes, to result: inout [UInt8]) {
        var at = bytes.startIndex, scannedTo = at
        while at < bytes.endIndex {
            guard Word.isPart(bytes[at]) else {
                result.append(bytes[at])
                at += 1
                continue
            }
            if at >= scannedTo {
                let run = run(bytes[at...])
                scannedTo = run.endIndex
                if FileName.isOne(run) {
                    append(file: run, to: &result)
                    at = run.endIndex
                    continue
                }
            }
            var end = at
            // An id may contain - and _, so words joined by these characters are first judged as a whole.
            while end < bytes.endIndex,
                Word.isPart(bytes[end]) || (Word.isJoint(bytes[end]) && end + 1 < bytes.endIndex && Word.isPart(bytes[end + 1]))
            { end += 1 }
            append(joined: bytes[at..<end], to: &result)
            at = end
            // 1,234.5 counts as one number.
            while result[...].hasSuffix("<n>"), at + 1 < bytes.endIndex, bytes[at].isOne(of: ".,"), bytes[at + 1].isDigit {
                at += 1
                while at < bytes.endIndex, bytes[at].isDigit { at += 1 }
            }
        }
    }

    /// Returns the longest prefix that may be a file name: letters and digits, with `.`, `-`, `_`, `~` between them.
    private static func run(_ bytes: Bytes) -> Bytes {
        var run = bytes.prefix { Word.isPart($0) || $0.isOne(of: ".-_~") }
        while let last = run.last, !Word.isPart(last) { run = run.dropLast() }
        return run
    }

    /// Like `append(words:to:)`, but for a file name. The parts between dots are judged separately: `123.99fe01aa.chunk.js` has a number
    /// and a hash.
    private static func append(file name: Bytes, to result: inout [UInt8]) {
        let hash = FileName.hash(in: name) ?? name.endIndex..<name.endIndex
        append(parts: name[..<hash.lowerBound], to: &result)
        if !hash.isEmpty { result.append(contentsOf: "<id>".utf8) }
        append(parts: name[hash.upperBound...], to: &result)
    }

    private static func append(parts bytes: Bytes, to result: inout [UInt8]) {
        for (index, part) in bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).enumerated() {
            // A hash may consist of digits only, but is longer than chunk numbers and versions. `3.6.0` becomes one `<n>`.
            let isNumber = Word(part).isNumber && part.count < 6
            if isNumber, index > 0, result[...].hasSuffix("<n>") { continue }
            if index > 0 { result.append(UInt8(ascii: ".")) }
            if Word(part).isNumber, !isNumber { result.append(contentsOf: "<id>".utf8) } else { append(joined: part, to: &result) }
        }
    }

    private static func append(joined bytes: Bytes, to result: inout [UInt8]) {
        let whole = Word(bytes)
        if Word.isUUID(bytes) || (whole.count >= 16 && whole.digits >= 2 && whole.upper >= 1 && whole.lower >= 1) {
            result.append(contentsOf: "<id>".utf8)
            return
        }
        var rest = bytes
        while true {
            append(word: rest.prefix { !Word.isJoint($0) }, to: &result)
            guard let joint = rest.firstIndex(where: Word.isJoint) else { return }
            result.append(rest[joint])
            rest = rest[(joint + 1)...]
        }
    }

    private static func append(word: Bytes, to result: inout [UInt8]) {
        guard !Word(word).isID else { return result.append(contentsOf: "<id>".utf8) }
        // One `<n>` for each run of digits.
        for index in word.indices {
            if !word[index].isDigit {
                result.append(word[index])
            } else if index == word.startIndex || !word[index - 1].isDigit {
                result.append(contentsOf: "<n>".utf8)
            }
        }
    }

    /// Counts the kinds of characters in a run of letters and digits.
    private struct Word {
        var digits = 0, upper = 0, lower = 0, beyondHex = 0, count = 0

        init(_ bytes: Bytes) {
            for byte in bytes {
                count += 1
                switch byte {
                case 48...57: digits += 1
                case 65...70: upper += 1
                case 71...90: (upper, beyondHex) = (upper + 1, beyondHex + 1)
                case 97...102: lower += 1
                default: (lower, beyondHex) = (lower + 1, beyondHex + 1)
                }
            }
        }

        var isNumber: Bool { count > 0 && digits == count }
        /// Whether the word mixes letters and digits and is long enough for an id: at least six hexadecimal digits, or at least eight of
        /// any letters and digits, of which two or more are digits.
        var isID: Bool {
            guard digits > 0, digits < count else { return false }
            return (beyondHex == 0 && count >= 6) || (count >= 8 && digits >= 2)
        }

        static func isJoint(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") }
        static func isPart(_ byte: UInt8) -> Bool { byte.isDigit || (65...90).contains(byte) || (97...122).contains(byte) || byte >= 0x80 }

        /// 8-4-4-4-12 hexadecimal digits.
        static func isUUID(_ bytes: Bytes) -> Bool {
            guard bytes.count == 36 else { return false }
            let parts = bytes.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
            return parts.map(\.count) == [8, 4, 4, 4, 12] && parts.allSatisfy { Word($0).beyondHex == 0 }
        }
    }
}
