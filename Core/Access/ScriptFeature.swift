/// An optional part of the tracking script. Pages load it only if their script tag has its attribute, such as `data-outlinks`.
///
/// The source is `Script/<name>.js` in the module's folder. `config/setup/script.sh` builds `Script/served/<name>.min.js` from it, and the
/// package embeds that file in the binary:
///
///     static let scriptFeatures = [ScriptFeature("outlinks", Embedded.outlinks_min_js, sends: "outlink")]
public struct ScriptFeature: Sendable {
    /// The feature's name: the script tag's attribute without `data-`, and the name of the source file without `.js`.
    public let name: String
    /// The minified script, an ES module.
    public let file: StaticFile
    /// The payload type that only this feature sends; nil if there is none.
    public let payloadType: String?

    public init(_ name: String, _ script: [UInt8], sends payloadType: String? = nil) {
        self.name = name
        file = StaticFile(script, "application/javascript")
        self.payloadType = payloadType
    }
}
