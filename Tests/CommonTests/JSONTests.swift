import Common
import Testing

@Suite("JSON")
struct JSONTests {
    /// The document as text, by walking it: kinds, names and values in order.
    private static func told(_ value: JSON) -> String {
        switch value.kind {
        case .object: "{" + value.members.map { "\($0.name)=\(told($0.value))" }.joined(separator: ",") + "}"
        case .array: "[" + value.elements.map(told).joined(separator: ",") + "]"
        case .string: "'\(value.string!)'"
        case .number: value.integer.map(String.init) ?? "\(value.number!)"
        case .boolean: "\(value.boolean!)"
        case .null: "null"
        }
    }

    @Test(
        "members and elements are returned in document order",
        arguments: [
            ("1", "1"), (" true ", "true"), ("false", "false"), ("null", "null"), (#""a""#, "'a'"), ("{}", "{}"), ("[]", "[]"),
            ("[[],{},[{}]]", "[[],{},[{}]]"),
            (#"{"a":[1,{"b":2}],"c":3}"#, "{a=[1,{b=2}],c=3}"),
            (#"{"z":1,"a":{"y":[2.5,-3],"x":null},"m":"end"}"#, "{z=1,a={y=[2.5,-3],x=null},m='end'}"),
            ("\t{ \"a\" :\n[ 1 , 2 ]\r}", "{a=[1,2]}"),
            (#"{"":{"":""}}"#, "{={=''}}"),
            (#"[18446744073709551615,9223372036854775808,1,-1]"#, "[1.8446744073709552e+19,9.223372036854776e+18,1,-1]"),
        ])
    func walked(text: String, told: String) throws {
        #expect(try Self.told(JSON.parse(text)) == told)
    }

    @Test(
        "a value that isn't an object has no members, and one that isn't an array has no elements",
        arguments: ["1", #""a""#, "null", "true", "[1]", #"{"a":1}"#])
    func none(text: String) throws {
        let value = try JSON.parse(text)
        if value.kind != .object {
            #expect(value.members.isEmpty)
            #expect(value["a"] == nil)
        }
        if value.kind != .array { #expect(value.elements.isEmpty) }
    }

    @Test(
        "each accessor returns only its own type",
        arguments: [
            ("1", "a number", "1", "1.0", nil, nil), ("1.0", "a number", "1", "1.0", nil, nil), ("-0.5", "a number", nil, "-0.5", nil, nil),
            (#""1""#, "a string", nil, nil, "1", nil), ("true", "a boolean", nil, nil, nil, "true"), ("null", "null", nil, nil, nil, nil),
            ("[1]", "an array", nil, nil, nil, nil), (#"{"a":1}"#, "an object", nil, nil, nil, nil),
        ] as [(String, String, String?, String?, String?, String?)])
    func accessors(text: String, described: String, integer: String?, number: String?, string: String?, boolean: String?) throws {
        let value = try JSON.parse(text)
        #expect(value.described == described)
        #expect(value.integer.map(String.init) == integer)
        #expect(value.number.map { "\($0)" } == number)
        #expect(value.string == string)
        #expect(value.boolean.map(String.init) == boolean)
        #expect(value.isNull == (text == "null"))
    }

    @Test("the last member of a repeated name wins")
    func duplicates() throws {
        let value = try JSON.parse(#"{"a":1,"b":2,"a":{"c":3},"b":null}"#)
        #expect(value["a"]?["c"]?.integer == 3)
        #expect(value["b"]?.isNull == true)
        #expect(value.members.map(\.name) == ["a", "b", "a", "b"])
    }

    @Test("names are compared byte by byte after unescaping")
    func names() throws {
        let value = try JSON.parse(#"{"\u0061b":1,"e\u0301":2,"a\"b":3,"a":4}"#)
        #expect(value["ab"]?.integer == 1)
        // Looks like é, but in JSON it is a different name from é as one scalar.
        #expect(value["e\u{301}"]?.integer == 2)
        #expect(value["\u{E9}"] == nil)
        #expect(value["a\"b"]?.integer == 3)
        #expect(value["a"]?.integer == 4)
        #expect(value[""] == nil)
    }

    @Test(
        "numbers keep their value as precisely as possible",
        arguments: [
            ("0", 0, 0), ("-0", 0, 0), ("9007199254740993", 9_007_199_254_740_993, 9_007_199_254_740_992),
            ("9223372036854775807", .max, 9.223372036854776e18), ("-9223372036854775808", .min, -9.223372036854776e18),
            ("9223372036854775808", nil, 9.223372036854776e18), ("18446744073709551615", nil, 1.8446744073709552e19),
            ("1e2", 100, 100), ("1.5e1", 15, 15), ("1e18", 1_000_000_000_000_000_000, 1e18), ("1e19", nil, 1e19), ("0.1", nil, 0.1),
            ("1e308", nil, 1e308), ("-1.7976931348623157e308", nil, -1.7976931348623157e308), ("5e-324", nil, .leastNonzeroMagnitude),
            ("1e-400", 0, 0),
        ] as [(String, Int64?, Double)])
    func numbers(text: String, integer: Int64?, number: Double) throws {
        let value = try JSON.parse(text)
        #expect(value.kind == .number)
        #expect(value.integer == integer)
        #expect(value.number == number)
    }

    @Test(
        "strings keep every character",
        arguments: [
            (#""""#, ""), (#""a\u0000b""#, "a\u{0}b"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\ud83e\udd86""#, "🦆"),
            (#""日本""#, "日本"),
            // An unpaired surrogate becomes U+FFFD.
            (#""\ud83e""#, "\u{FFFD}"), (#""\udd86\uD83E""#, "\u{FFFD}\u{FFFD}"), (#""a\ud83e\ud83e\udd86b\\ud83e""#, "a\u{FFFD}🦆b\\ud83e"),
            (#""\ud83e\n""#, "\u{FFFD}\n"),
            ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"),
        ])
    func strings(text: String, string: String) throws {
        let value = try JSON.parse(text)
        #expect(value.string == string)
        #expect(value.withUTF8 { Array($0) } == Array(string.utf8))
    }

    @Test(
        "rejects invalid JSON with a message",
        arguments: [
            ("", "it is empty; JSON is expected."), (" \n", "it is empty; JSON is expected."),
            ("{", "not valid JSON."), ("}", "not valid JSON."), ("[1", "not valid JSON."), ("[1,]", "not valid JSON."),
            ("[,1]", "not valid JSON."),
            (#"{"a"}"#, "not valid JSON."), (#"{"a":}"#, "not valid JSON."), (#"{"a":1,}"#, "not valid JSON."),
            (#"{a:1}"#, "not valid JSON."),
            (#"{'a':1}"#, "not valid JSON."), (#"{1:1}"#, "not valid JSON."), ("{} {}", "not valid JSON."), ("1 2", "not valid JSON."),
            ("tru", "not valid JSON."), ("True", "not valid JSON."), ("nul", "not valid JSON."), ("undefined", "not valid JSON."),
            (#""a"#, "not valid JSON."), ("\"a\nb\"", "not valid JSON."), ("\"a\u{0}b\"", "not valid JSON."),
            (#""\x41""#, "not valid JSON."),
            (#""\u12""#, "not valid JSON."), (#""\ud83e\u12""#, "not valid JSON."), ("// a\n1", "not valid JSON."),
            ("[1]\u{0}", "not valid JSON."),
        ])
    func malformed(text: String, sentence: String) {
        #expect(refusal { _ = try JSON.parse(text) } == "Invalid request body: \(sentence)")
    }

    @Test(
        "a number that is malformed or too large has its own message",
        arguments: [
            "1e309", "-1e400", "01", "-", "1.", "1e", "1e+", "-a", "0x10", "1.e2",
        ])
    func wrongNumbers(text: String) {
        #expect(refusal { _ = try JSON.parse("[\(text)]") } == "Invalid request body: a number is malformed or too large.")
    }

    @Test(
        "a whole number beyond 64 bits is rejected as too large",
        arguments: [
            "18446744073709551616", "-9223372036854775809", "123456789012345678901234567890",
        ])
    func bigNumbers(text: String) {
        #expect(refusal { _ = try JSON.parse("[\(text)]") } == "Invalid request body: a number is malformed or too large.")
    }

    @Test(
        "rejects invalid UTF-8 anywhere",
        arguments: [
            [0xFF], [0xC3], [0xC0, 0x80], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x80], [0xF0, 0x9F, 0xA6],
        ] as [[UInt8]])
    func invalidUTF8(bytes: [UInt8]) {
        for before in [0, 1, 63, 64, 200] {
            let text = Array("[\"".utf8) + Array(repeating: UInt8(ascii: "a"), count: before) + bytes + Array("\"]".utf8)
            #expect(refusal { _ = try text.withUnsafeBytes { try JSON.parse($0) } } == "Invalid request body: not valid UTF-8.")
        }
    }

    @Test("accepts nesting up to 64 levels, and rejects more", arguments: [("[", "]", ""), (#"{"a":"#, "}", "1")])
    func depth(open: String, close: String, inside: String) throws {
        func nested(_ levels: Int) -> String {
            String(repeating: open, count: levels) + inside + String(repeating: close, count: levels)
        }
        var value = try JSON.parse(nested(63))
        var levels = 1
        while let inner = value.elements.first ?? value.members.first?.value, inner.kind != .number {
            value = inner
            levels += 1
        }
        #expect(levels == 63)
        for levels in [65, 66, 1_000, 100_000] {
            #expect(refusal { _ = try JSON.parse(nested(levels)) } == "Invalid request body: nested deeper than 64 levels.")
        }
    }

    @Test("exactly 64 levels are accepted")
    func exactDepth() {
        let text = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
        #expect(refusal { _ = try JSON.parse(text) } == nil)
    }

    @Test("a document stays intact while others are parsed and freed")
    func pooled() throws {
        let first = try JSON.parse(#"{"kept":["for","later"]}"#)
        let inner = try JSON.parse(#"{"a":{"b":["deep"]}}"#)["a"]!["b"]!
        for round in 0..<300 { _ = try JSON.parse(#"{"other":[\#(round),"noise that is longer than what was there before"]}"#) }
        // A large document, whose parser isn't reused.
        let large = try JSON.parse("[" + Array(repeating: #""0123456789""#, count: 50_000).joined(separator: ",") + "]")
        #expect(large.elements.count == 50_000)
        #expect(first["kept"]?.elements.map(\.string) == ["for", "later"])
        #expect(inner.elements.map(\.string) == ["deep"])
        // A parser still works after an error.
        #expect(refusal { _ = try JSON.parse("{") } != nil)
        #expect(try JSON.parse("[1]").elements.first?.integer == 1)
    }

    @Test("documents can be parsed concurrently")
    func concurrent() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<16 {
                group.addTask {
                    for round in 0..<100 {
                        let value = try JSON.parse(
                            #"{"task":\#(task),"round":[\#(round)],"text":"\#(String(repeating: "x", count: round))"}"#)
                        #expect(value["task"]?.integer == Int64(task))
                        #expect(value["round"]?.elements.first?.integer == Int64(round))
                        #expect(value["text"]?.string?.count == round)
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test("random bytes never crash it")
    func anything() {
        var noise = Noise(seed: 11)
        for _ in 0..<3_000 {
            let bytes = noise.bytes(Int.random(in: 0...80, using: &noise))
            _ = try? bytes.withUnsafeBytes { try JSON.parse($0) }
            let pieces = ["{", "}", "[", "]", ",", ":", "\"", "a", "\\u00", "1", "-", "e", ".", "null", "true", " "]
            let text = (0..<Int.random(in: 0...30, using: &noise)).map { _ in pieces.randomElement(using: &noise)! }.joined()
            if let value = try? JSON.parse(text) { _ = Self.told(value) }
        }
    }
}
