/// What a module shows in the dashboard: an entry of the navigation, and the script that draws it.
///
/// The script is an ES module in the module's folder `Web`, which the package keeps in the binary:
///
///     var pages: [Page] { [Page("funnels", titles: ["en": "Funnels", "de": "Trichter"], PackageResources.page_js)] }
public struct Page: Sendable {
    /// The page's address: `/dashboard/<id>`.
    public let id: String
    /// Its name by language; English must be there.
    public let titles: [String: String]
    /// The name of its file in the module's folder `Web`.
    public let file: String
    public let script: [UInt8]

    public init(_ id: String, titles: [String: String], file: String = "page.js", _ script: [UInt8]) {
        self.id = id
        self.titles = titles
        self.file = file
        self.script = script
    }
}
