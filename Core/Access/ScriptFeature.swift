/// A part of the tracking script that pages load only if their script tag asks for it, such as `data-outlinks`.
///
/// Its source is `Script/<name>.js` in the module's folder; `config/setup/script.sh` builds `Script/served/<name>.min.js` from it, which
/// the package embeds in the binary:
///
///     static let scriptFeatures = [ScriptFeature("outlinks", PackageResources.outlinks_min_js, sends: "outlink")]
public struct ScriptFeature: Sendable {
    /// The attribute of the tag without `data-`, and the file's name without `.js`.
    public let name: String
    /// The minified script, an ES module, ready to be served.
    public let file: StaticFile
    /// The payload type that the feature sends; nil for a feature that works without one of its own.
    public let payloadType: String?

    public init(_ name: String, _ script: [UInt8], sends payloadType: String? = nil) {
        self.name = name
        file = StaticFile(script, "application/javascript")
        self.payloadType = payloadType
    }
}
