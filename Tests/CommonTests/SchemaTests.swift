import Common
import Testing

@Suite("Schema")
struct SchemaTests {
    /// A schema, a value, and the expected message.
    struct Case: CustomTestStringConvertible {
        let schema: Schema
        let json: String
        /// The message after "Invalid request body: "; nil if the value is accepted.
        let sentence: String?

        init(_ schema: Schema, _ json: String, _ sentence: String? = nil) {
            self.schema = schema
            self.json = json
            self.sentence = sentence
        }

        var testDescription: String { String("\(json.prefix(60)) as \(schema.expectation)".prefix(140)) }

        func run() throws {
            let value = try JSON.parse(json)
            #expect(refusal { try schema.check(value) } == sentence.map { "Invalid request body: " + $0 })
        }
    }

    @Test(
        "scalars are accepted, or rejected with a message",
        arguments: [
            Case(.any, "null"), Case(.any, #"{"a":[1]}"#),
            Case(.boolean, "true"), Case(.boolean, "1", "the body must be true or false; got 1."),
            Case(.boolean, #""true""#, "the body must be true or false; got 'true'."),
            Case(.boolean, "null", "the body must be true or false; got null."),
            Case(.integer(1...10), "1"), Case(.integer(1...10), "10"), Case(.integer(1...10), "2.0"),
            Case(.integer(1...10), "0", "the body must be a whole number from 1 to 10; got 0."),
            Case(.integer(1...10), "11", "the body must be a whole number from 1 to 10; got 11."),
            Case(.integer(1...10), "1.5", "the body must be a whole number from 1 to 10; got 1.5."),
            Case(.integer(1...10), #""5""#, "the body must be a whole number from 1 to 10; got '5'."),
            Case(.integer(1...10), "[]", "the body must be a whole number from 1 to 10; got an array."),
            Case(.count, "0"), Case(.count, "-1", "the body must be a whole number of at least 0; got -1."),
            Case(.count, "18446744073709551615", "the body must be a whole number of at least 0; got 1.8446744073709552e+19."),
            Case(.integer(Int64.min...5), "6", "the body must be a whole number of at most 5; got 6."),
            Case(.integer(Int64.min...Int64.max), "{}", "the body must be a whole number; got an object."),
            Case(.number(0...1), "0.5"), Case(.number(0...1), "1"),
            Case(.number(0...1), "1.01", "the body must be a number from 0.0 to 1.0; got 1.01."),
            Case(.number(0...1), "2", "the body must be a number from 0.0 to 1.0; got 2."),
            Case(.number(0...1), "true", "the body must be a number from 0.0 to 1.0; got a boolean."),
            Case(.number(-.greatestFiniteMagnitude ... .greatestFiniteMagnitude), "null", "the body must be a number; got null."),
            Case(.number(0 ... .greatestFiniteMagnitude), "-1", "the body must be a number of at least 0.0; got -1."),
            Case(.choice(["a", "b"]), #""b""#), Case(.choice(["a", "b"]), #""c""#, "the body must be one of 'a', 'b'; got 'c'."),
            Case(.choice(["a", "b"]), "1", "the body must be one of 'a', 'b'; got 1."),
            Case(.choice(["a"]), #""A""#, "the body must be one of 'a'; got 'A'."),
            Case(.nullable(.boolean), "null"), Case(.nullable(.boolean), "true"),
            Case(.nullable(.boolean), "1", "the body must be true or false; got 1."),
        ])
    func scalars(example: Case) throws { try example.run() }

    @Test(
        "string lengths count Unicode scalars",
        arguments: [
            Case(.text(3), #""a""#), Case(.text(3), #""日本語""#), Case(.text(1), #""🦆""#), Case(.optionalText(3), #""""#),
            Case(.text(3), #""""#, "the body must be a string of 1 to 3 characters; got 0 characters."),
            Case(.text(3), #""abcd""#, "the body must be a string of 1 to 3 characters; got 4 characters."),
            Case(.text(3), #""日本語!""#, "the body must be a string of 1 to 3 characters; got 4 characters."),
            Case(.text(1), #""e\u0301""#, "the body must be a string of 1 to 1 characters; got 2 characters."),
            Case(.text(3), "7", "the body must be a string of 1 to 3 characters; got 7."),
            Case(.text(3), "false", "the body must be a string of 1 to 3 characters; got a boolean."),
            Case(.text(3), #""a\u0000""#, "field '' contains a NUL character, which can't be stored."),
        ])
    func strings(example: Case) throws { try example.run() }

    @Test(
        "formats are checked",
        arguments: [
            Case(.timestamp, #""2026-03-01""#), Case(.timestamp, #""2026-03-01T10:00:00.250+02:00""#),
            Case(.timestamp, #""yesterday, at noon""#, "the body must be an ISO 8601 date or timestamp; got 'yesterday, at noon'."),
            Case(.timestamp, #""2026-02-30""#, "the body must be an ISO 8601 date or timestamp; got '2026-02-30'."),
            Case(.timestamp, "1772452800000", "the body must be an ISO 8601 date or timestamp; got 1772452800000."),
            Case(.uuid, #""f1a2b3c4-5678-9abc-def0-1234567890ab""#), Case(.uuid, #""F1A2B3C4-5678-9ABC-DEF0-1234567890AB""#),
            Case(.uuid, #""f1a2b3c4-5678-9abc-def0-1234567890a""#, "the body must be a UUID; got 'f1a2b3c4-5678-9abc-def0-1234567890a'."),
            Case(.uuid, #""g1a2b3c4-5678-9abc-def0-1234567890ab""#, "the body must be a UUID; got 'g1a2b3c4-5678-9abc-def0-1234567890ab'."),
            Case(.uuid, #""f1a2b3c4x5678-9abc-def0-1234567890ab""#, "the body must be a UUID; got 'f1a2b3c4x5678-9abc-def0-1234567890ab'."),
            Case(.uuid, #""é1a2b3c4-5678-9abc-def0-1234567890ab""#, "the body must be a UUID; got 'é1a2b3c4-5678-9abc-def0-1234567890ab'."),
            Case(.string(1...30, format: .uri), #""https://example.com""#),
            Case(.string(1...30, format: .uri), #""example.com""#, "the body must be a URL; got 'example.com'."),
        ])
    func formats(example: Case) throws { try example.run() }

    private static let person = Schema.object([
        .required("name", .text(5)), .optional("age", .integer(0...150)), .optional("tags", .array(.text(3), count: 1...2)),
        .optional("home", .object([.required("city", .text(9))])),
    ])
    private static let strict = Schema.object([.required("a", .boolean), .optional("b", .nullable(.boolean))], unknown: .refused)

    @Test(
        "errors in objects name the field by its path",
        arguments: [
            Case(person, #"{"name":"ada"}"#), Case(person, #"{"name":"ada","age":null,"tags":null,"home":null}"#),
            Case(person, #"{"name":"ada","other":{"free":[]}}"#),
            Case(person, "[]", "the body must be an object; got an array."), Case(person, #""x""#, "the body must be an object; got 'x'."),
            Case(person, "{}", "missing required field 'name'."),
            Case(person, #"{"name":null}"#, "field 'name' must be a string of 1 to 5 characters; got null."),
            Case(person, #"{"name":"ada","age":151}"#, "field 'age' must be a whole number from 0 to 150; got 151."),
            Case(person, #"{"name":"ada","tags":[]}"#, "field 'tags' must be an array of 1 to 2 strings; got 0."),
            Case(person, #"{"name":"ada","tags":["a","b","c"]}"#, "field 'tags' must be an array of 1 to 2 strings; got 3."),
            Case(person, #"{"name":"ada","tags":"a"}"#, "field 'tags' must be an array of 1 to 2 strings; got 'a'."),
            Case(person, #"{"name":"ada","tags":["a",7]}"#, "field 'tags[1]' must be a string of 1 to 3 characters; got 7."),
            Case(person, #"{"name":"ada","tags":["a","b\u0000"]}"#, "field 'tags[1]' contains a NUL character, which can't be stored."),
            Case(person, #"{"name":"ada","home":{}}"#, "missing required field 'home.city'."),
            Case(person, #"{"name":"ada","home":{"city":1}}"#, "field 'home.city' must be a string of 1 to 9 characters; got 1."),
            // Errors are reported in the schema's field order, whatever the order in the body.
            Case(person, #"{"home":1,"age":-1}"#, "missing required field 'name'."),
            // The last member of a repeated name wins.
            Case(person, #"{"name":1,"name":"ada"}"#),
            Case(person, #"{"name":"ada","name":1}"#, "field 'name' must be a string of 1 to 5 characters; got 1."),
            Case(strict, #"{"a":true,"b":null}"#),
            Case(strict, #"{"a":true,"c":1}"#, "unknown field 'c'; accepted fields are 'a', 'b'."),
            Case(strict, #"{"a":1,"c":1}"#, "field 'a' must be true or false; got 1."),
            Case(
                .list(person), #"[{"name":"ada"},{"name":""}]"#, "field '[1].name' must be a string of 1 to 5 characters; got 0 characters."
            ),
            Case(.list(.list(.boolean)), "[[true],[true,0]]", "field '[1][1]' must be true or false; got 0."),
            Case(.list(.boolean), "{}", "the body must be an array of values; got an object."),
            Case(.array(.integer(0...1), count: 2...2), "[1]", "the body must be an array of 2 to 2 numbers; got 1."),
            Case(.array(.map(.any), count: 0...1), "[{},{}]", "the body must be an array of 0 to 1 objects; got 2."),
        ])
    func objects(example: Case) throws { try example.run() }

    private static func data(_ json: String) -> String { #"{"data":\#(json)}"# }
    private static let free = Schema.object([.required("data", .map(.any))])
    private static let small = Schema.object([.required("data", .map(.any, limits: .init(keys: 3, bytes: 24)))])

    @Test(
        "the limits of a free-form object cover all its levels",
        arguments: [
            Case(free, data("{}")), Case(free, data(#"{"a":{"b":[1,null,{"c":true}]}}"#)),
            Case(free, data("[]"), "field 'data' must be an object; got an array."),
            Case(free, data(#"{"a":["x\u0000"]}"#), "field 'data' contains a NUL character, which can't be stored."),
            Case(free, data(#"{"a\u0000":1}"#), "field 'data' contains a NUL character, which can't be stored."),
            Case(small, data(#"{"a":{"b":{"c":"d"}}}"#)),
            Case(small, data(#"{"a":{"b":{"c":{"d":{}}}}}"#), "field 'data' may hold at most 3 keys; got 4."),
            Case(small, data(#"{"a":1,"a":2,"a":3,"a":4}"#), "field 'data' may hold at most 3 keys; got 4."),
            // Counts the bytes as stored, with punctuation, escapes and digits.
            Case(small, data(#"{"ab":"012345678901234"}"#)),
            Case(small, data(#"{"ab":"0123456789012345"}"#), "field 'data' may hold at most 24 bytes; got 25."),
            Case(small, data(#"{"a":[[],[],[],[],[]]}"#)),
            Case(small, data(#"{"a":[[],[],[],[],[],[]]}"#), "field 'data' may hold at most 24 bytes; got 25."),
            Case(small, data(#"{"a":[{},{},{},{},{}]}"#)),
            Case(small, data(#"{"a":[{},{},{},{},{},{}]}"#), "field 'data' may hold at most 24 bytes; got 25."),
            Case(small, data(#"{"a":[1,2,3,4,5,6,7,8]}"#)),
            Case(small, data(#"{"a":[0.1234567890123456]}"#), "field 'data' may hold at most 24 bytes; got 26."),
            Case(small, data(#"{"a":[ true , true , 12 ]}"#)),
            Case(small, data(#"{"a":[true,true,true,10]}"#), "field 'data' may hold at most 24 bytes; got 25."),
            Case(small, data(#"{"a":"\n\n\n\n\n\n\n\n"}"#)),
            Case(small, data(#"{"a":"\u0001\u0001\u0001"}"#), "field 'data' may hold at most 24 bytes; got 26."),
            // Only the last of two members with the same name is stored.
            Case(small, data(#"{"a":"0123456789","a":"0123456789"}"#)),
            Case(.map(.count), #"{"a":1,"b":2}"#),
            Case(
                .object([.required("n", .map(.count))]), #"{"n":{"a":1,"b":-1}}"#,
                "field 'n.b' must be a whole number of at least 0; got -1."),
        ])
    func maps(example: Case) throws { try example.run() }

    @Test("by default a free-form object may hold 100 keys and 32 KB")
    func defaultBounds() throws {
        func refused(names: Int, each: Int) throws -> String? {
            let members = (0..<names).map { #""k\#($0)":"\#(String(repeating: "x", count: each))""# }
            let value = try JSON.parse(Self.data("{" + members.joined(separator: ",") + "}"))
            return refusal { try Self.free.check(value) }
        }
        #expect(try refused(names: 100, each: 1) == nil)
        #expect(try refused(names: 101, each: 1) == "Invalid request body: field 'data' may hold at most 100 keys; got 101.")
        #expect(try refused(names: 1, each: 32_759) == nil)
        #expect(try refused(names: 1, each: 32_760) == "Invalid request body: field 'data' may hold at most 32768 bytes; got 32769.")
    }

    @Test("a long value is truncated in the message")
    func excerpt() throws {
        let value = try JSON.parse("\"" + String(repeating: "x", count: 5_000) + "\"")
        #expect(
            refusal { try Schema.boolean.check(value) }
                == "Invalid request body: the body must be true or false; got '\(String(repeating: "x", count: 60))...'.")
    }

    @Test("an array of a million elements is described by its count")
    func million() throws {
        let value = try JSON.parse("[" + Array(repeating: "1", count: 1_000_000).joined(separator: ",") + "]")
        #expect(
            refusal { try Schema.array(.any, count: 0...9).check(value) }
                == "Invalid request body: the body must be an array of 0 to 9 values; got 1000000.")
    }
}
