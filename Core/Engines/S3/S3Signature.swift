@_spi(Host) import Common
import Crypto
import Foundation

/// Signs a request to S3.
/// - Source: AWS, Signature Version 4 for the Authorization header.
struct S3Signature {
    let settings: S3Settings

    /// The header fields of a signed request.
    /// - Parameters:
    ///   - path: the path, already encoded.
    ///   - query: names and values, not encoded.
    ///   - sha256: the hash of the body, in lower-case hex.
    func fields(
        _ method: String, path: String, query: [(String, String)], sha256: String, more: [(String, String)] = [], at now: Instant
    ) -> [(String, String)] {
        let stamp = Self.stamp(now), day = String(stamp.prefix(8)), scope = "\(day)/\(settings.bucket.region)/s3/aws4_request"
        let signed = ([("host", settings.bucket.host), ("x-amz-content-sha256", sha256), ("x-amz-date", stamp)] + more).sorted {
            $0.0 < $1.0
        }
        let names = signed.map(\.0).joined(separator: ";")
        let canonical = [
            method, path, Self.queryText(query), signed.map { "\($0.0):\($0.1)\n" }.joined(), names, sha256,
        ].joined(separator: "\n")
        let text = ["AWS4-HMAC-SHA256", stamp, scope, Digest.sha256(canonical)].joined(separator: "\n")
        var key = SymmetricKey(data: Data("AWS4\(settings.secretAccessKey)".utf8))
        for part in [day, settings.bucket.region, "s3", "aws4_request"] {
            key = SymmetricKey(data: Data(HMAC<SHA256>.authenticationCode(for: Data(part.utf8), using: key)))
        }
        let signature = Digest.hex(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key))
        let authorization =
            "AWS4-HMAC-SHA256 Credential=\(settings.accessKeyID)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
        return signed.filter { $0.0 != "host" } + [("authorization", authorization)]
    }

    /// The query, encoded and in the order that the signature needs.
    static func queryText(_ query: [(String, String)]) -> String {
        query.map { (encoded($0.0), encoded($0.1)) }.sorted { $0 < $1 }.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    /// Percent-encodes everything but the unreserved characters of RFC 3986.
    static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                bytes.append(byte)
            case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): bytes.append(byte)
            default: bytes += Array("%".utf8) + Array(Digest.hex([byte]).uppercased().utf8)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// `20260302T120000Z`
    private static func stamp(_ now: Instant) -> String {
        Instant(seconds: now.milliseconds / 1_000).iso8601.filter { $0 != "-" && $0 != ":" }
    }
}
