/// A set of labels in Prometheus' format. The text also identifies the set: `code="200",route="/healthz"`.
struct MetricLabels {
    /// The labels in order of name; "" if there are none.
    let text: String

    /// If a name occurs twice, its last value is used.
    init(_ dimensions: [(String, String)]) {
        guard !dimensions.isEmpty else {
            text = ""
            return
        }
        let values = Dictionary(dimensions.map { (Self.labelName($0.0), $0.1) }, uniquingKeysWith: { _, last in last })
        text = values.sorted { $0.key < $1.key }.map { "\($0.key)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
    }

    /// Converts a name to Prometheus' form: `http.requests` becomes `http_requests`.
    static func metricName(_ label: String) -> String { name(label) { $0 == UInt8(ascii: ":") } }

    private static func labelName(_ label: String) -> String {
        let name = name(label) { _ in false }
        // Histograms use this label name for their buckets.
        return name == "le" ? "le_" : name
    }

    private static func name(_ text: String, also isAllowed: (UInt8) -> Bool) -> String {
        var bytes = text.utf8.map { byte -> UInt8 in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): byte
            default: isAllowed(byte) ? byte : UInt8(ascii: "_")
            }
        }
        if bytes.first.map({ (48...57).contains($0) }) ?? true { bytes.insert(UInt8(ascii: "_"), at: 0) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "\"") || $0 == 0x0A }) else { return value }
        return value.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
