import Core
import NIOCore

/// The browser script: `GET /api/script.js`, which every page loads, and `GET /api/script/{file}`, the features that it
/// fetches when an attribute of its tag is on. Made small by `config/setup/script.sh`; kept in the binary.
struct TrackingScript: Sendable {
    /// A file as it is served.
    struct File: Sendable {
        let plain: ByteBuffer
        let compressed: ByteBuffer
        /// Of the content, so that a browser that has it gets 304.
        let tag: String

        init(_ bytes: [UInt8]) {
            plain = ByteBuffer(bytes: bytes)
            compressed = ByteBuffer(bytes: Compression.gzip(bytes))
            tag = "\"" + Digest.sha256(String(decoding: bytes, as: UTF8.self)).prefix(16) + "\""
        }
    }

    private let core = File(PackageResources.pulse_min_js)
    private let features = [
        "clicks.js": File(PackageResources.clicks_min_js), "errors.js": File(PackageResources.errors_min_js),
        "more.js": File(PackageResources.more_min_js), "outlinks.js": File(PackageResources.outlinks_min_js),
        "replay.js": File(PackageResources.replay_min_js), "scroll.js": File(PackageResources.scroll_min_js),
        "search.js": File(PackageResources.search_min_js), "vitals.js": File(PackageResources.vitals_min_js),
    ]
    /// The query with which the core asks for the features that were built together with it.
    let version = Self.version(in: String(decoding: PackageResources.pulse_min_js, as: UTF8.self))

    var routes: [Route] {
        [
            Route(
                anonymous: .get, "/api/script.js", "The tracking script, configured by data-* attributes of its tag.",
                success: .other("application/javascript")
            ) { call in
                // Short enough that a fix reaches every site within an hour.
                Self.answer(call, core, caching: "public, max-age=3600, stale-while-revalidate=86400")
            },
            Route(
                anonymous: .get, "/api/script/{file}", "A feature of the tracking script, which fetches it where its attribute is on.",
                success: .other("application/javascript")
            ) { call in
                let name = call.path("file")
                guard let file = features[name] else { throw ServiceError.notFound("Script", name) }
                // A core that is an hour old asks for features of its own time, and gets those of today: not to be kept.
                let isSame = call.request.query.text == version
                return Self.answer(call, file, caching: isSame ? "public, max-age=31536000, immutable" : "public, max-age=300")
            },
        ]
    }

    /// What follows `more.js?` in the core.
    static func version(in core: String) -> String {
        guard let name = core.firstRange(of: "more.js?") else { return "" }
        return String(core[name.upperBound...].prefix { $0.isHexDigit })
    }

    private static func answer(_ call: AnonymousRequest, _ file: File, caching: String) -> Answer {
        var headers: HTTPFields = [
            .contentType: "application/javascript; charset=utf-8", .eTag: file.tag, .vary: "Accept-Encoding", .cacheControl: caching,
        ]
        if call.request.headers[values: .ifNoneMatch].contains(where: { $0 == "*" || $0.contains(file.tag) }) {
            return Answer(status: 304, headers: headers)
        }
        guard acceptsGzip(call.request.headers[.acceptEncoding] ?? "") else {
            return Answer(status: 200, headers: headers, body: .bytes(file.plain))
        }
        headers[.contentEncoding] = "gzip"
        return Answer(status: 200, headers: headers, body: .bytes(file.compressed))
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
