import Access
import Common
import HTTPTypes
import Synchronization

/// Determines a request's id: the id that a proxy gave the request, or a new one.
enum RequestIdentity {
    static let header = HTTPField.Name("X-Request-ID")!
    private static let prefix = Identifiers.token(prefix: "", length: 8)
    private static let counter = Atomic<UInt64>(0)

    /// Returns the request's `X-Request-ID` if it is short and plain. Otherwise returns a new id.
    static func of(_ fields: HTTPFields) -> String {
        if let given = fields.value(header), (1...64).contains(given.utf8.count), given.utf8.allSatisfy(isPlain) { return given }
        return prefix + "-" + String(counter.wrappingAdd(1, ordering: .relaxed).newValue, radix: 36)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
