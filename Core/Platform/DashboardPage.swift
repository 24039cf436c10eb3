/// A page that a module adds to the dashboard: a navigation entry and the script that draws the page.
///
/// The script is an ES module in the `Web` folder of the Pulse module. The package embeds it in the binary:
///
///     var pages: [DashboardPage] { [DashboardPage("funnels", titles: ["en": "Funnels", "de": "Trichter"], Embedded.page_js)] }
public struct DashboardPage: Sendable {
    /// The last part of the page's path: `/dashboard/<id>`.
    public let id: String
    /// The page's titles by language code. English is required.
    public let titles: [String: String]
    /// The script's file name in the module's `Web` folder.
    public let file: String
    /// The content of `file`.
    public let script: [UInt8]

    public init(_ id: String, titles: [String: String], file: String = "page.js", _ script: [UInt8]) {
        self.id = id
        self.titles = titles
        self.file = file
        self.script = script
    }
}
