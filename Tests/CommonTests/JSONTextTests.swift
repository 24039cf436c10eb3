import Common
import Foundation
import Testing

@Suite("JSON text")
struct JSONTextTests {
    private static func written(_ text: String) throws -> String {
        var out = JSONText()
        out.append(try JSON.parse(text))
        return out.string
    }

    @Test(
        "is compact and keeps the document's order",
        arguments: [
            ("{}", "{}"), ("[ ]", "[]"), (" null ", "null"), ("true", "true"), ("false", "false"),
            (#"{ "b" : [ 1 , 2.50 , -0.0 , 1e2 ], "a" : { "x" : null } }"#, #"{"b":[1,2.5,0,100],"a":{"x":null}}"#),
            (#""\u0061\/\u00e9\ud83e\udd86""#, #""a/é🦆""#),
            (#""\"\\\b\f\n\r\t\u0000\u001f\u007f""#, "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001F\u{7F}\""),
            ("1.7976931348623157e308", "1.7976931348623157e308"), ("5e-324", "5e-324"), ("0.1", "0.1"), ("1e21", "1e21"),
            ("1e20", "100000000000000000000"),
            ("1e-6", "0.000001"), ("-1.25e-6", "-0.00000125"), ("1e-7", "1e-7"), ("1.5e-7", "1.5e-7"),
            ("-9.5e20", "-950000000000000000000"), ("1.25e21", "1.25e21"),
            ("0.00001", "0.00001"), ("123456789012345678.5", "123456789012345680"),
            ("-9223372036854775808", "-9223372036854775808"), ("9223372036854775807", "9223372036854775807"),
        ])
    func compact(text: String, written: String) throws {
        #expect(try Self.written(text) == written)
    }

    @Test(
        "a whole number above Int64 keeps its digits, because it may be an id",
        arguments: ["9223372036854775808", "18446744073709551614", "18446744073709551615"])
    func unsigned(text: String) throws {
        #expect(try Self.written(text) == text)
        #expect(try Shape.list(.any).text([try JSON.parse(text)]).string == "[\(text)]")
    }

    @Test("escapes what JSON requires in appended strings")
    func escaped() throws {
        var noise = Noise(seed: 12)
        for _ in 0..<500 {
            let text = noise.text(upTo: 40)
            var out = JSONText()
            out.append(string: text)
            #expect(try JSON.parse(out.string).string == text)
            #expect(out.bytes.allSatisfy { $0 >= 0x20 })
        }
    }

    @Test("only the last of several members with the same name is written")
    func repeated() throws {
        #expect(try Self.written(#"{"a":1,"b":2,"a":{"x":1,"x":[2]},"b":3,"c":4}"#) == #"{"a":{"x":[2]},"b":3,"c":4}"#)
        let many = (0..<200).map { "\"n\($0 % 150)\":\($0)" }.joined(separator: ",")
        let once = (50..<200).map { "\"n\($0 % 150)\":\($0)" }.joined(separator: ",")
        #expect(try Self.written("{\(many)}") == "{\(once)}")
        #expect(ExactText(try Self.written("{\"\u{E9}\":1,\"e\u{301}\":2}")) == ExactText("{\"\u{E9}\":1,\"e\u{301}\":2}"))
    }

    /// With quadratic time this would take minutes.
    @Test("duplicate names are resolved quickly in very large objects", .timeLimit(.minutes(1)))
    func repeatedOften() throws {
        let names = (0..<300_000).map { "\"n\($0)\":1" }.joined(separator: ",")
        #expect(try Self.written("{\(names)}") == "{\(names)}")
        let same = String(repeating: #""a":1,"#, count: 300_000)
        #expect(try Self.written("{\(same)\"a\":2}") == #"{"a":2}"#)
    }

    @Test("writing a parsed document preserves it, and writing again changes nothing")
    func roundTrip() throws {
        var noise = Noise(seed: 13)
        for _ in 0..<500 {
            let model = Model.random(depth: 5, &noise)
            let once = try Self.written(model.text)
            #expect(try Model(JSON.parse(once)) == model.settled)
            #expect(try Self.written(once) == once)
            // Foundation's parser accepts it too.
            _ = try JSONSerialization.jsonObject(with: Data(once.utf8), options: .fragmentsAllowed)
        }
    }

    /// An independent model of JSON to compare with.
    private indirect enum Model: Equatable {
        case object([Member])
        case array([Model])
        case string(String)
        case integer(Int64)
        case double(Double)
        case boolean(Bool)
        case null

        struct Member: Equatable {
            let name: String
            let value: Model
        }

        init(_ json: JSON) throws {
            switch json.kind {
            case .object: self = .object(try json.members.map { Member(name: $0.name, value: try Model($0.value)) })
            case .array: self = .array(try json.elements.map(Model.init))
            case .string: self = .string(try #require(json.string))
            case .number: self = try json.integer.map(Model.integer) ?? .double(try #require(json.number))
            case .boolean: self = .boolean(try #require(json.boolean as Bool?))
            case .null: self = .null
            }
        }

        /// Names may repeat. Doubles are never whole numbers, so the model is unambiguous.
        static func random(depth: Int, _ noise: inout Noise) -> Model {
            switch Int.random(in: depth == 0 ? 2...6 : 0...6, using: &noise) {
            case 0:
                return .object(
                    (0..<Int.random(in: 0...4, using: &noise)).map { _ in
                        Member(name: noise.text(upTo: 4), value: random(depth: depth - 1, &noise))
                    })
            case 1: return .array((0..<Int.random(in: 0...4, using: &noise)).map { _ in random(depth: depth - 1, &noise) })
            case 2: return .string(noise.text(upTo: 12))
            case 3: return .integer(Int64(bitPattern: noise.next() >> UInt64.random(in: 0...63, using: &noise)))
            case 4:
                let double = Double(bitPattern: noise.next())
                return double.isFinite && Int64(exactly: double) == nil ? .double(double) : .null
            case 5: return .boolean(Bool.random(using: &noise))
            default: return .null
            }
        }

        /// The model with only the last member of each name.
        var settled: Model {
            switch self {
            case .object(let members):
                .object(
                    members.indices.filter { place in !members[(place + 1)...].contains { $0.name.isExactly(members[place].name) } }
                        .map { Member(name: members[$0].name, value: members[$0].value.settled) })
            case .array(let elements): .array(elements.map(\.settled))
            default: self
            }
        }

        /// The model as JSON, with extra spaces and every character of strings escaped.
        var text: String {
            switch self {
            case .object(let members): "{ " + members.map { "\(Self.escaped($0.name)) : \($0.value.text)" }.joined(separator: " , ") + " }"
            case .array(let elements): "[ " + elements.map(\.text).joined(separator: " , ") + " ]"
            case .string(let string): Self.escaped(string)
            case .integer(let integer): "\(integer)"
            case .double(let double): "\(double)"
            case .boolean(let boolean): "\(boolean)"
            case .null: "null"
            }
        }

        private static func escaped(_ text: String) -> String {
            "\""
                + text.utf16.map { unit in
                    let hex = String(unit, radix: 16)
                    return "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
                }.joined() + "\""
        }
    }
}
