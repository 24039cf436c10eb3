import NIOHTTP1

/// The header fields that describe a request's body and connection. They are read in one pass, because this runs for every request.
struct FramingFields {
    private(set) var hosts = 0
    private(set) var hasUpgrade = false
    /// Whether the body's length is uncertain: the body is chunked, or the client waits for 100 (Continue) and may never send it.
    private(set) var isLengthUncertain = false
    private(set) var length: Int?

    init(_ headers: HTTPHeaders) {
        for (name, value) in headers {
            switch name.utf8.count {
            case 4 where Self.isSame(name, "host"): hosts += 1
            case 6 where Self.isSame(name, "expect"): isLengthUncertain = true
            case 7 where Self.isSame(name, "upgrade"): hasUpgrade = true
            case 14 where Self.isSame(name, "content-length"):
                length = length ?? Int(value)
                if length == nil { isLengthUncertain = true }  // longer than any body
            case 17 where Self.isSame(name, "transfer-encoding"): isLengthUncertain = true
            default: break
            }
        }
    }

    /// Compares two names, ignoring case.
    /// - Parameter other: a lower-case name of the same length.
    private static func isSame(_ name: String, _ other: StaticString) -> Bool {
        var name = name
        return name.withUTF8 { bytes in bytes.indices.allSatisfy { bytes[$0] | 0x20 == other.utf8Start[$0] } }
    }
}
