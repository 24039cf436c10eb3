@_spi(Host) import Common
import Foundation
import Testing

@Suite("Shape")
struct ShapeTests {
    private enum Kind: String, CaseIterable { case first, second = "2nd" }

    private struct Part: Sendable {
        let low: Double, high: Double?

        static let shape = Shape<Part>([.required("low", \.low, .number(-1e9...1e9)), .optional("high", \.high, .percentage, "If known.")])
    }

    private struct Whole: Sendable {
        var text = "é \"\\ / \n\r\t \u{11} 🦉", zebra = Instant(milliseconds: 250), count: Int64 = -9_223_372_036_854_775_808
        var kind = Kind.second, note: String? = nil, missing: String? = nil, parts: [Part] = [], flag = true
        var counts: [ExactText: Int64] = [:], part = Part(low: 1, high: 2)

        static let shape = Shape<Whole>(
            [
                .required("zebra", \.zebra, .timestamp), .required("text", \.text, .text(100), "A text."),
                .required("a_count", \.count, .integer(.min ... .max)), .required("AKind", \.kind, .choice),
                .required("note", \.note, .nullable(.text(10))), .optional("missing", \.missing, .text(10)),
                .required("parts", \.parts, .list(Part.shape)), .required("flag", \.flag, .boolean),
                .required("counts", \.counts, .map(.count)),
            ] + Part.shape.fields(of: \.part))
    }

    @Test("writes members in byte order of their names, null or nothing for nil, and another object's members among its own")
    func writes() throws {
        #expect(
            try Whole.shape.text(Whole()).string
                == #"{"AKind":"2nd","a_count":-9223372036854775808,"counts":{},"flag":true,"high":2,"low":1,"note":null,"parts":[],"#
                + #""text":"é \"\\ / \n\r\t \u0011 🦉","zebra":"1970-01-01T00:00:00.250Z"}"#)
        let whole = Whole(
            note: "n", missing: "", parts: [Part(low: -0.5, high: nil), Part(low: 1e21, high: 0)], flag: false,
            counts: Dictionary(exactly: [("caf\u{E9}", 1), ("cafe\u{301}", 2)]))
        #expect(
            ExactText(try Whole.shape.text(whole).string.replacing(try Regex(#","text":.*"#), with: ""))
                == ExactText(
                    #"{"AKind":"2nd","a_count":-9223372036854775808,"counts":{"cafe\#u{301}":2,"caf\#u{E9}":1},"flag":false,"high":2,"#
                        + #""low":1,"missing":"","note":"n","parts":[{"low":-0.5},{"high":0,"low":1e+21}]"#))
    }

    @Test("documents the fields in order of declaration, each with its type, meaning, and whether it may be missing")
    func documents() throws {
        let fields = Whole.shape.fields.map(\.schema)
        #expect(
            fields.map(\.name) == ["zebra", "text", "a_count", "AKind", "note", "missing", "parts", "flag", "counts", "low", "high"])
        #expect(fields.filter { !$0.isRequired }.map(\.name) == ["missing", "high"])
        #expect(fields[1].summary == "A text." && fields[10].summary == "If known.")
        #expect(
            fields[3].schema.expectation == "one of 'first', '2nd'"
                && fields[4].schema.expectation == "a string of 1 to 10 characters or null")
    }

    @Test("what a shape writes passes its own schema")
    func agrees() throws { try Whole.shape.schema.check(try JSON(try Whole.shape.text(Whole(note: "n", parts: [Part(low: 0, high: 1)])))) }

    @Test(
        "numbers have the fewest digits that identify them, whole ones no decimals",
        arguments: [
            (0.0, "0"), (-0.0, "-0"), (3, "3"), (-17, "-17"), (0.1, "0.1"), (1e-5, "1e-05"), (9_007_199_254_740_991, "9007199254740991"),
            (1e15, "1000000000000000"), (1e16, "1e+16"), (1e17, "1e+17"), (.greatestFiniteMagnitude, "1.7976931348623157e+308"),
        ])
    func numbers(number: Double, text: String) throws {
        #expect(try Shape<Double>.number(-1e9...1e9).text(number).string == text)
        #expect(number.description == text || number.description == text + ".0")
    }

    @Test("rejects numbers that JSON can't represent", arguments: [Double.infinity, -.infinity, .nan])
    func infinite(number: Double) {
        #expect(throws: JSONText.NotANumber.self) { try Shape<Double>.percentage.text(number) }
    }

    @Test("a stored document gets its members in byte order; names that look alike stay apart; of equal names the last wins")
    func document() throws {
        let document = try JSON.parse("{\"caf\u{E9}\":1,\"cafe\u{301}\":[{\"z\":null,\"y\":18446744073709551615}],\"b\":3,\"b\":4.50}")
        #expect(
            ExactText(try Shape.document.text(document).string)
                == ExactText("{\"b\":4.5,\"cafe\u{301}\":[{\"y\":18446744073709551615,\"z\":null}],\"caf\u{E9}\":1}"))
    }

    @Test("times have the form of the API that the text is for, wherever they are in the value")
    func instants() throws {
        let whole = Shaped(["a": [Instant(milliseconds: 0)], "b": []], .map(.list(.timestamp)))
        let more = whole.adding(.required("c", { $0 }, .nullable(.timestamp)), Instant(milliseconds: 1_000))
        #expect(try more.text().string == #"{"a":["1970-01-01T00:00:00Z"],"b":[],"c":"1970-01-01T00:00:01Z"}"#)
        #expect(try more.text { "\($0.milliseconds)" }.string == #"{"a":["0"],"b":[],"c":"1000"}"#)
        #expect(try Shaped.emptyObject.adding(.required("d", { $0 }, .count), 1).text().string == #"{"d":1}"#)
    }

    @Test("the rows of a list, and of an object with one, are counted without writing them")
    func rows() {
        let report = Shape<Whole>([.required("data", \.parts, .list(Part.shape)), .required("flag", \.flag, .boolean)])
        let whole = Whole(parts: [Part(low: 1, high: nil), Part(low: 2, high: nil)])
        #expect(Shaped(whole, report).rows == 2 && Shaped(whole, Shape(report.fields(of: { $0 }))).rows == 2)
        #expect(Shaped([1, 2, 3], .data(.count)).rows == 3)
        #expect(Shaped(whole, Whole.shape).rows == nil)
    }
}
