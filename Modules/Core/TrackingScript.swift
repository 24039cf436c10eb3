import Core

/// The browser script: `GET /api/script.js`, which every page loads, and `GET /api/script/{file}`, the features that it
/// fetches when an attribute of its tag is on. Made small by `config/setup/script.sh`; kept in the binary.
struct TrackingScript: Sendable {
    struct Feature: Sendable {
        let file: StaticFile
        /// The payload type that the feature is there for; nil for one that every host serves.
        let type: String?

        init(_ bytes: [UInt8], sends type: String? = nil) {
            file = TrackingScript.file(bytes)
            self.type = type
        }
    }

    private let core = Self.file(PackageResources.pulse_min_js)
    /// In place of a feature whose payloads no module of this host collects, so that pages send nothing that is refused.
    private let nothing = Self.file(Array("export default () => {};\n".utf8))
    static let features = [
        "clicks.js": Feature(PackageResources.clicks_min_js, sends: "click_event"),
        "errors.js": Feature(PackageResources.errors_min_js, sends: "js_error"),
        "more.js": Feature(PackageResources.more_min_js),
        "navigation.js": Feature(PackageResources.navigation_min_js),
        "outlinks.js": Feature(PackageResources.outlinks_min_js, sends: "outlink"),
        "replay.js": Feature(PackageResources.replay_min_js, sends: "replay"),
        "scroll.js": Feature(PackageResources.scroll_min_js, sends: "scroll_depth"),
        "search.js": Feature(PackageResources.search_min_js, sends: "search_query"),
        "vitals.js": Feature(PackageResources.vitals_min_js, sends: "web_vital"),
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
                guard let feature = Self.features[name] else { throw ServiceError.notFound("Script", name) }
                if let type = feature.type, !call.services.payloadTypes.contains(type) {
                    // The module may be there after the next start.
                    return nothing.answer(call, caching: "public, max-age=300")
                }
                // A core that is an hour old asks for features of its own time, and gets those of today: not to be kept.
                let isSame = call.request.query.text == version
                return feature.file.answer(call, caching: isSame ? "public, max-age=31536000, immutable" : "public, max-age=300")
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
