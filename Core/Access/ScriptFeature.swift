/// An optional part of the tracking script. Pages load it only if their script tag asks for it, for example with `data-outlinks`.
///
/// The source is `Script/<name>.js` in the module's folder. `config/setup/script.sh` builds `Script/served/<name>.min.js` from it, and the
/// package embeds that file in the binary:
///
///     static let scriptFeatures = [ScriptFeature("outlinks", PackageResources.outlinks_min_js, sends: "outlink")]
public struct ScriptFeature: Sendable {
    /// The feature's name: the tag's attribute without `data-`, and the source file's name without `.js`.
    public let name: String
    /// The minified script, an ES module.
    public let file: StaticFile
    /// The payload type that the feature sends; nil if it has none of its own.
    public let payloadType: String?

    public init(_ name: String, _ script: [UInt8], sends payloadType: String? = nil) {
        self.name = name
        file = StaticFile(script, "application/javascript")
        self.payloadType = payloadType
    }
}
