/// A page that a module adds to the dashboard: an entry in the navigation, and the script that draws the page.
///
/// The script is an ES module in the module's folder `Web`, which the package embeds in the binary:
///
///     var pages: [DashboardPage] { [DashboardPage("funnels", titles: ["en": "Funnels", "de": "Trichter"], PackageResources.page_js)] }
public struct DashboardPage: Sendable {
    /// The last part of the page's path: `/dashboard/<id>`.
    public let id: String
    /// Its title by language; English is required.
    public let titles: [String: String]
    /// The name of the script's file in the module's folder `Web`.
    public let file: String
    /// The contents of that file.
    public let script: [UInt8]

    public init(_ id: String, titles: [String: String], file: String = "page.js", _ script: [UInt8]) {
        self.id = id
        self.titles = titles
        self.file = file
        self.script = script
    }
}
