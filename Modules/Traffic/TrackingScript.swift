import Core

/// The browser script. Every page loads `GET /api/script.js`. The script fetches a feature from `GET /api/script/{file}` when the script
/// tag's attribute for that feature is on. The files are minified by `config/setup/script.sh` and embedded in the binary.
struct TrackingScript: Sendable {
    private let core = Self.file(Embedded.pulse_min_js)
    /// Served instead of a feature if no module of this host collects its payloads, so pages don't send payloads that would be rejected.
    private let nothing = Self.file(Array("export default () => {};\n".utf8))
    /// The features that belong to no other module: general ones, and those whose payloads have no module of their own yet.
    static let features = [
        ScriptFeature("clicks", Embedded.clicks_min_js, sends: "click_event"), ScriptFeature("more", Embedded.more_min_js),
        ScriptFeature("navigation", Embedded.navigation_min_js),
        ScriptFeature("replay", Embedded.replay_min_js, sends: "replay"),
    ]
    /// The query that the core script adds when it requests a feature. It identifies the features that were built together with that core
    /// script.
    let version = Self.version(in: String(decoding: Embedded.pulse_min_js, as: UTF8.self))

    var routes: [Route] {
        [
            Route(
                anonymous: .get, "/api/script.js", "The tracking script, configured by data-* attributes of its tag.",
                success: .other("application/javascript")
            ) { call in
                // The maximum age is short, so browsers look for a fixed script after an hour.
                core.answer(call, caching: "public, max-age=3600, stale-while-revalidate=86400")
            }.forSites(),
            Route(
                anonymous: .get, "/api/script/{file}",
                "A feature of the tracking script; the script fetches it when the feature's attribute is on.",
                success: .other("application/javascript")
            ) { call in
                let name = call.path("file")
                guard let feature = call.services.scriptFeatures.first(where: { $0.name + ".js" == name }) else {
                    throw ServiceError.notFound("Script", name)
                }
                if let type = feature.payloadType, !call.services.payloadTypes.contains(type) {
                    // Cache the response only briefly, because the host may have the module after its next start.
                    return nothing.answer(call, caching: "public, max-age=300")
                }
                // A cached core script may request features of an older build. It gets the current features, but they must not be cached
                // under the old version.
                let isSame = call.request.query.text == version
                return feature.file.answer(call, caching: isSame ? "public, max-age=31536000, immutable" : "public, max-age=300")
            }.forSites(),
        ]
    }

    /// The text after `more.js?` in the core script, up to the quote; "" if there is none.
    static func version(in core: String) -> String {
        guard let name = core.firstRange(of: "more.js?") else { return "" }
        return String(core[name.upperBound...].prefix { $0 != "\"" })
    }

    private static func file(_ bytes: [UInt8]) -> StaticFile { StaticFile(bytes, "application/javascript") }
}
