import Core
import NIOCore

/// `GET /api/script.js`: what a site loads. Made small by `config/setup/script.sh`; kept in the binary.
struct TrackingScript: Sendable {
    private let plain: ByteBuffer
    private let compressed: ByteBuffer
    /// Of the content, so that a browser that has it gets 304.
    private let tag: String

    init() throws {
        let bytes = PackageResources.pulse_min_js
        plain = ByteBuffer(bytes: bytes)
        compressed = ByteBuffer(bytes: Compression.gzip(bytes))
        tag = "\"" + Digest.sha256(String(decoding: bytes, as: UTF8.self)).prefix(16) + "\""
    }

    var route: Route {
        Route(
            anonymous: .get, "/api/script.js", "The tracking script, configured by data-* attributes of its tag.",
            success: .other("application/javascript"), use: serve)
    }

    @Sendable private func serve(_ call: AnonymousRequest) async throws -> Answer {
        var headers: HTTPFields = [
            .contentType: "application/javascript; charset=utf-8", .eTag: tag, .vary: "Accept-Encoding",
            // Short enough that a fix reaches every site within an hour.
            .cacheControl: "public, max-age=3600, stale-while-revalidate=86400",
        ]
        if call.request.headers[values: .ifNoneMatch].contains(where: { $0 == "*" || $0.contains(tag) }) {
            return Answer(status: 304, headers: headers)
        }
        guard Self.acceptsGzip(call.request.headers[.acceptEncoding] ?? "") else {
            return Answer(status: 200, headers: headers, body: .bytes(plain))
        }
        headers[.contentEncoding] = "gzip"
        return Answer(status: 200, headers: headers, body: .bytes(compressed))
    }

    /// Whether `gzip` is accepted: named, and not with a weight of zero. RFC 9110, 12.5.3.
    static func acceptsGzip(_ header: String) -> Bool {
        header.lowercased().split(separator: ",").contains { entry in
            let parts = entry.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
            guard parts.first == "gzip" || parts.first == "*" else { return false }
            return !parts.dropFirst().contains { $0 == "q=0" || $0.hasPrefix("q=0.0") && $0.dropFirst(4).allSatisfy { $0 == "0" } }
        }
    }
}
