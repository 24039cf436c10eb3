import Common
import Testing

/// What `parseRepairing` makes of a document, and which adjustments it reports.
@Suite("Repaired JSON")
struct JSONMendingTests {
    private static func mended(_ bytes: [UInt8]) throws -> JSON.Mended { try bytes.withUnsafeBytes { try JSON.parseRepairing($0) } }

    private static func text(_ mended: JSON.Mended) -> String {
        var out = JSONText()
        out.append(mended.json)
        return out.string
    }

    @Test(
        "keeps as much as possible of odd input",
        arguments: [
            (#"["\ud83d"]"#, "[\"\u{FFFD}\"]", Adjustments.characters), (#"["a\udc00b\uD83D\uDE00"]"#, "[\"a\u{FFFD}b😀\"]", .characters),
            (#"{"\ud83d":"\\ud83d"}"#, "{\"\u{FFFD}\":\"\\\\ud83d\"}", .characters),
            ("[18446744073709551616]", #"["18446744073709551616"]"#, .number),
            ("[-9223372036854775809,1]", #"["-9223372036854775809",1]"#, .number),
            ("[1e400]", #"["1e400"]"#, .number), (#"{"a":-1.5E+999 ,"b":2}"#, #"{"a":"-1.5E+999","b":2}"#, .number),
            ("[\(String(repeating: "9", count: 401))]", "[\"\(String(repeating: "9", count: 401))\"]", .number),
            (#"["18446744073709551616",100000000000000000000]"#, #"["18446744073709551616","100000000000000000000"]"#, .number),
            ("[\"\\ud83d\",1e400]", "[\"\u{FFFD}\",\"1e400\"]", [.characters, .number]),
            ("\u{FEFF}[1]", "[1]", []), ("\u{FEFF}[\"\\ud83d\"]", "[\"\u{FFFD}\"]", .characters),
            ("[18446744073709551615,1e21]", "[18446744073709551615,1e21]", []),
        ] as [(String, String, Adjustments)])
    func kept(sent: String, kept: String, adjustments: Adjustments) throws {
        let mended = try Self.mended(Array(sent.utf8))
        #expect(Self.text(mended) == kept)
        #expect(mended.adjustments == adjustments)
    }

    @Test(
        "each invalid UTF-8 byte becomes U+FFFD",
        arguments: [[0xFF], [0xE4], [0xED, 0xA0, 0xBD], [0xC3], [0xF0, 0x9F, 0x98]] as [[UInt8]])
    func bytes(odd: [UInt8]) throws {
        let mended = try Self.mended(Array("[\"é".utf8) + odd + Array("😀\"]".utf8))
        #expect(mended.json.elements[0].string == "é" + String(repeating: "\u{FFFD}", count: odd.count) + "😀")
        #expect(mended.adjustments == .characters)
    }

    @Test("values nested deeper than 64 levels become null", arguments: [65, 66, 1_000, 100_000])
    func depth(levels: Int) throws {
        let deep = String(repeating: #"{"]":["#, count: levels / 2) + #""]}""# + String(repeating: "]}", count: levels / 2)
        let mended = try Self.mended(Array(#"[{"a":1},\#(deep),{"b":2}]"#.utf8))
        #expect(mended.adjustments == .tooDeep)
        #expect(mended.json.elements.count == 3 && mended.json.elements[2]["b"]?.integer == 2)
    }

    @Test("reports which elements were repaired")
    func places() throws {
        let list = try Self.mended(Array(#"[{"a":[1,2,3]},{"b":"\ud83d,","c":[1e400,1]},"x",{"d":{"e":1e400}},"\ud83d"]"#.utf8))
        #expect(
            (0..<5).map { list.adjustments(ofElement: $0, inMember: false).names } == [
                [], ["characters", "number"], [], ["number"], ["characters"],
            ])
        let member = try Self.mended(Array(#"{"other":{"a":1,"b":2},"events":[{"a":1},{"b":"\ud83d"},{"c":[0,0,1e400]}],"last":0}"#.utf8))
        #expect((0..<4).map { member.adjustments(ofElement: $0, inMember: true).names } == [[], ["characters"], ["number"], []])
    }

    /// With quadratic time this would take minutes.
    @Test("reports a very large number of repaired elements quickly", .timeLimit(.minutes(1)))
    func manyPlaces() throws {
        let list = try Self.mended(Array("[\(Array(repeating: "\"\\ud83d\"", count: 200_000).joined(separator: ","))]".utf8))
        #expect((0..<200_000).allSatisfy { list.adjustments(ofElement: $0, inMember: false) == .characters })
    }

    @Test(
        "input that can't be repaired is an error",
        arguments: [
            ("", "it is empty; JSON is expected."), ("{", "not valid JSON."), (#"["\ud83d""#, "not valid JSON."),
            (#"["\ud83d",]"#, "not valid JSON."),
            ("[01]", "a number is malformed or too large."), ("[1.e400]", "a number is malformed or too large."),
            ("[1e400,01]", "a number is malformed or too large."),
            (#"["\ud8"]"#, "not valid JSON."), ("[\"\\", "not valid JSON."), (String(repeating: "[", count: 100_000), "not valid JSON."),
        ])
    func refused(sent: String, sentence: String) {
        #expect(throws: ServiceError.body(sentence)) { try Self.mended(Array(sent.utf8)) }
    }

    @Test("documents the strict parser accepts are left unchanged, and corrupted ones never crash it")
    func noise() throws {
        var noise = Noise(seed: 7)
        for _ in 0..<2_000 {
            let bytes = Array(#"[{"a":"\ud83d\ude00é","b":[1e300,-12.5e-3,10000000000000000000]},{"c":"\ud83d"}]"#.utf8)
            var odd = bytes
            for _ in 0..<3 { odd[Int(noise.next() % UInt64(odd.count))] = UInt8(truncatingIfNeeded: noise.next()) }
            guard let strict = try? odd.withUnsafeBytes({ try JSON.parse($0) }) else {
                // Any result will do, as long as it returns.
                _ = try? Self.mended(odd)
                continue
            }
            var out = JSONText()
            out.append(strict)
            #expect(try Self.text(Self.mended(odd)) == out.string)
        }
    }
}
