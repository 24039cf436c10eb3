import Common
import HTTPTypes
import NIOCore

/// A file that is served unchanged. It is compressed once, on the first request that accepts gzip, and not sent again to browsers that
/// have it in their cache.
public struct StaticFile: Sendable {
    /// The uncompressed content.
    public let bytes: [UInt8]
    private let mediaType: String
    private let plain: ByteBuffer
    private let compressed: Once<ByteBuffer>
    /// The file's ETag, made from a hash of its content. A browser that sends it in `If-None-Match` has the file and gets a 304.
    public let tag: String

    public init(_ bytes: [UInt8], _ mediaType: String) {
        self.bytes = bytes
        self.mediaType = mediaType
        plain = ByteBuffer(bytes: bytes)
        compressed = Once { ByteBuffer(bytes: Compression.gzip(bytes)) }
        tag = "\"" + Digest.sha256(String(decoding: bytes, as: UTF8.self)).prefix(16) + "\""
    }

    /// The response to `call`: a 304 if the browser has the file, otherwise the file, with gzip if the browser accepts it.
    /// - Parameter caching: the value of `Cache-Control`.
    public func answer(_ call: AnonymousRequest, caching: String) -> Answer {
        var headers: HTTPFields = [
            .contentType: "\(mediaType); charset=utf-8", .eTag: tag, .vary: "Accept-Encoding", .cacheControl: caching,
        ]
        if call.request.headers[values: .ifNoneMatch].contains(where: { $0 == "*" || $0.contains(tag) }) {
            return Answer(status: 304, headers: headers)
        }
        guard Self.acceptsGzip(call.request.headers[.acceptEncoding] ?? "") else {
            return Answer(status: 200, headers: headers, body: .bytes(plain))
        }
        headers[.contentEncoding] = "gzip"
        return Answer(status: 200, headers: headers, body: .bytes(compressed.value))
    }

    /// Whether an `Accept-Encoding` header accepts `gzip`: it names `gzip` or `*` with a weight above zero.
    /// - Source: RFC 9110, 12.5.3.
    static func acceptsGzip(_ header: String) -> Bool {
        header.lowercased().split(separator: ",").contains { entry in
            let parts = entry.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard parts.first == "gzip" || parts.first == "*" else { return false }
            return !parts.dropFirst().contains { $0 == "q=0" || $0.hasPrefix("q=0.0") && $0.dropFirst(4).allSatisfy { $0 == "0" } }
        }
    }
}
