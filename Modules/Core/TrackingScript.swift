import Core

/// The browser script: `GET /api/script.js`, which every page loads, and `GET /api/script/{file}`, the features that it
/// fetches when an attribute of its tag is on. Made small by `config/setup/script.sh`; kept in the binary.
struct TrackingScript: Sendable {
    private let core = Self.file(PackageResources.pulse_min_js)
    private let features = [
        "clicks.js": Self.file(PackageResources.clicks_min_js), "errors.js": Self.file(PackageResources.errors_min_js),
        "more.js": Self.file(PackageResources.more_min_js), "outlinks.js": Self.file(PackageResources.outlinks_min_js),
        "replay.js": Self.file(PackageResources.replay_min_js), "scroll.js": Self.file(PackageResources.scroll_min_js),
        "search.js": Self.file(PackageResources.search_min_js), "vitals.js": Self.file(PackageResources.vitals_min_js),
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
                core.answer(call, caching: "public, max-age=3600, stale-while-revalidate=86400")
            }.forSites(),
            Route(
                anonymous: .get, "/api/script/{file}", "A feature of the tracking script, which fetches it where its attribute is on.",
                success: .other("application/javascript")
            ) { call in
                let name = call.path("file")
                guard let file = features[name] else { throw ServiceError.notFound("Script", name) }
                // A core that is an hour old asks for features of its own time, and gets those of today: not to be kept.
                let isSame = call.request.query.text == version
                return file.answer(call, caching: isSame ? "public, max-age=31536000, immutable" : "public, max-age=300")
            }.forSites(),
        ]
    }

    /// What follows `more.js?` in the core.
    static func version(in core: String) -> String {
        guard let name = core.firstRange(of: "more.js?") else { return "" }
        return String(core[name.upperBound...].prefix { $0 != "\"" })
    }

    private static func file(_ bytes: [UInt8]) -> StaticFile { StaticFile(bytes, "application/javascript") }
}
