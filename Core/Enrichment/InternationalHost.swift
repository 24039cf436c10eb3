import Foundation

/// Converts internationalized host names to the form that DNS and browsers use: `xn--mnchen-3ya.de` for `münchen.de`.
enum InternationalHost {
    /// Returns the URL with its host in ASCII; nil if the host needs no conversion or is not a valid host name.
    static func ascii(url: String) -> String? {
        guard let scheme = url.range(of: "://") else { return nil }
        let rest = url[scheme.upperBound...]
        let authority = rest.prefix { !["/", "\\", "?", "#"].contains($0) }
        // Everything up to the last `@` is user name and password.
        let user = authority.lastIndex(of: "@").map { authority[...$0] } ?? ""
        let hostAndPort = authority.dropFirst(user.count)
        let host = hostAndPort.prefix { $0 != ":" }
        guard let ascii = ascii(host: String(host)) else { return nil }
        return url[..<scheme.upperBound] + user + ascii + hostAndPort.dropFirst(host.count) + rest[authority.endIndex...]
    }

    /// Returns the host name in ASCII; nil if it needs no conversion or is not a valid host name.
    ///
    /// - Source: RFC 5891; UTS #46 for how compatibility forms, capitals and the full stops of other scripts are mapped.
    static func ascii(host: String) -> String? {
        guard host.utf8.contains(where: { $0 > 0x7F }) else { return nil }
        let mapped = host.lowercased().precomposedStringWithCompatibilityMapping.replacing("\u{3002}", with: ".")
        let labels = mapped.unicodeScalars.split(separator: ".", omittingEmptySubsequences: false).map { label -> String? in
            guard label.allSatisfy({ $0.value > 0x7F ? !$0.properties.isWhitespace : UInt8($0.value).isWord || $0 == "-" || $0 == "_" })
            else { return nil }
            return label.allSatisfy(\.isASCII) ? String(Substring(label)) : punycode(Array(label)).map { "xn--" + $0 }
        }
        guard !labels.contains(nil) else { return nil }
        return labels.compactMap(\.self).joined(separator: ".")
    }

    private static let base = 36, skew = 38, damp = 700, thresholds = 1...26

    /// Encodes a label in Punycode, without the prefix `xn--`; nil if the result is too long.
    /// - Source: RFC 3492, section 6.3.
    private static func punycode(_ label: [Unicode.Scalar]) -> String? {
        guard label.count <= 63 else { return nil }
        var output = label.filter(\.isASCII).map { UInt8($0.value) }
        let basic = output.count
        if basic > 0 { output.append(UInt8(ascii: "-")) }
        var next: UInt32 = 128, delta = 0, bias = 72, handled = basic
        while handled < label.count {
            guard let lowest = label.lazy.map(\.value).filter({ $0 >= next }).min() else { return nil }
            delta += Int(lowest - next) * (handled + 1)
            next = lowest
            for scalar in label {
                if scalar.value < next { delta += 1 }
                guard scalar.value == next else { continue }
                append(delta, bias: bias, to: &output)
                bias = adapted(delta, count: handled + 1, isFirst: handled == basic)
                delta = 0
                handled += 1
            }
            delta += 1
            next += 1
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// Appends a number as a generalized variable-length integer.
    private static func append(_ number: Int, bias: Int, to output: inout [UInt8]) {
        var rest = number, position = base
        while true {
            let threshold = min(max(position - bias, thresholds.lowerBound), thresholds.upperBound)
            guard rest >= threshold else { break }
            output.append(digit(threshold + (rest - threshold) % (base - threshold)))
            rest = (rest - threshold) / (base - threshold)
            position += base
        }
        output.append(digit(rest))
    }

    private static func digit(_ value: Int) -> UInt8 { UInt8(value < 26 ? value + 97 : value - 26 + 48) }

    private static func adapted(_ delta: Int, count: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / damp : delta / 2, steps = 0
        delta += delta / count
        while delta > (base - thresholds.lowerBound) * thresholds.upperBound / 2 {
            delta /= base - thresholds.lowerBound
            steps += base
        }
        return steps + (base - thresholds.lowerBound + 1) * delta / (delta + skew)
    }
}
