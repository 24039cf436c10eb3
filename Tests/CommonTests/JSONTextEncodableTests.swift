import Common
import Foundation
import Testing

@Suite("Values as JSON")
struct JSONTextEncodableTests {
    private struct Everything: Encodable {
        let text = "é \"\\ / \n\r\t \u{11} 🦉", number = 7, small: Int8 = -8, large = UInt64.max, half = 0.5, whole = 3.0, huge = 1e22,
            tiny: Float = 0.1
        let yes = true, nothing: Int? = nil, list: [Int?] = [1, nil], lists: [[String]] = [[], ["a"]], byName = ["b": 1.5, "a": 2],
            byNumber = [10: "x", 9: "y"]
        let zebra = Instant(milliseconds: 0), aName = Empty(), AName = Nested(), a_name = 0

        struct Empty: Encodable {}

        struct Nested: Encodable {
            enum Keys: String, CodingKey { case one, two, three }
            func encode(to encoder: any Encoder) throws {
                var container = encoder.container(keyedBy: Keys.self)
                var two = container.nestedUnkeyedContainer(forKey: .two)
                try two.encode(1)
                var inner = two.nestedContainer(keyedBy: Keys.self)
                try inner.encode("x", forKey: .one)
                var three = container.nestedContainer(keyedBy: Keys.self, forKey: .three)
                try three.encodeNil(forKey: .one)
                var again = encoder.container(keyedBy: Keys.self)
                try again.encode(false, forKey: .one)
            }
        }
    }

    @Test("are encoded as Foundation encodes them")
    func foundation() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(try JSONText(encoding: Everything()).string == String(decoding: try encoder.encode(Everything()), as: UTF8.self))
    }

    @Test("names that look alike but differ in bytes stay separate; if names are equal, the last wins")
    func names() throws {
        let document = try JSON.parse("{\"caf\u{E9}\":1,\"cafe\u{301}\":2,\"b\":3,\"b\":4}")
        #expect(ExactText(try JSONText(encoding: document).string) == ExactText("{\"b\":4,\"cafe\u{301}\":2,\"caf\u{E9}\":1}"))
        let byText = Dictionary(exactly: [("caf\u{E9}", 1), ("cafe\u{301}", 2)])
        #expect(ExactText(try JSONText(encoding: byText).string) == ExactText("{\"cafe\u{301}\":2,\"caf\u{E9}\":1}"))
    }

    @Test("rejects numbers that JSON can't represent", arguments: [Double.infinity, -.infinity, .nan])
    func infinite(number: Double) {
        #expect(throws: EncodingError.self) { try JSONText(encoding: [number]) }
    }
}
