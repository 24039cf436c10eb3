import Common
import Foundation
import Testing

@Suite("Nullable")
struct NullableTests {
    private struct Answer: Encodable {
        let name: String
        @Nullable var count: Int?
        @Nullable var seenAt: Instant?
        let left: Int?

        private enum CodingKeys: String, CodingKey { case name, count, left, seenAt = "seen_at" }
    }

    private static func text(_ answer: Answer) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(answer), as: UTF8.self)
    }

    @Test("a nil value is encoded as null, any other as itself")
    func encodes() throws {
        #expect(try Self.text(Answer(name: "a", count: nil, seenAt: nil, left: nil)) == #"{"count":null,"name":"a","seen_at":null}"#)
        #expect(
            try Self.text(Answer(name: "a", count: 3, seenAt: Instant(milliseconds: 0), left: nil))
                == #"{"count":3,"name":"a","seen_at":"1970-01-01T00:00:00Z"}"#)
    }
}
