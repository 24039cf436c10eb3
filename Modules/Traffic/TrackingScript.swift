import Core

/// The browser script: `GET /api/script.js`, which every page loads, and `GET /api/script/{file}`, the features that it
/// fetches when the script tag's attribute for them is on. Minified by `config/setup/script.sh` and embedded in the binary.
struct TrackingScript: Sendable {
    private let core = Self.file(PackageResources.pulse_min_js)
    /// Served in place of a feature whose payloads no module of this host collects, so pages don't send what would be rejected.
    private let nothing = Self.file(Array("export default () => {};\n".utf8))
    /// The features whose payloads no module of their own collects yet, and those that every page may load.
    static let features = [
        ScriptFeature("clicks", PackageResources.clicks_min_js, sends: "click_event"), ScriptFeature("more", PackageResources.more_min_js),
        ScriptFeature("navigation", PackageResources.navigation_min_js),
        ScriptFeature("replay", PackageResources.replay_min_js, sends: "replay"),
    ]
    /// The query with which the core script requests the features that were built together with it.
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
                anonymous: .get, "/api/script/{file}", "A feature of the tracking script, which fetches it when its attribute is on.",
                success: .other("application/javascript")
            ) { call in
                let name = call.path("file")
                guard let feature = call.services.scriptFeatures.first(where: { $0.name + ".js" == name }) else {
                    throw ServiceError.notFound("Script", name)
                }
                if let type = feature.payloadType, !call.services.payloadTypes.contains(type) {
                    // Cached briefly: the host may have the module after its next start.
                    return nothing.answer(call, caching: "public, max-age=300")
                }
                // A cached core may request features of an older build. It gets the current ones, which must not be kept under the old
                // version.
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
