import Access
import Common
import Foundation
import Platform

/// The dashboard's scripts and style: its own, in `Host/Dashboard/web`, and the modules' pages.
struct DashboardFiles: Sendable {
    /// A folder of sources to serve from instead, read anew at each request: for those who work on the dashboard.
    static let variable = "PULSE_DASHBOARD_FILES"

    private struct Entry: Sendable {
        let file: StaticFile
        /// Where it lies among the sources.
        let place: String
    }

    /// Made from all contents. It is part of every file's address, so that browsers can keep them for ever.
    let version: String
    private let entries: [String: Entry]
    private let sources: String?

    init(_ modules: [any AnalyticsModule], sources: String? = ProcessInfo.processInfo.environment[Self.variable]) {
        var entries: [String: Entry] = [:]
        for (name, bytes) in Self.own { entries[name] = Entry(file: StaticFile(bytes, Self.mediaType(name)), place: "Host/Dashboard/web/\(name)") }
        for module in modules {
            let folder = String(describing: type(of: module)).dropLast("Module".count)
            for page in module.pages {
                let name = Self.name(of: page)
                entries[name] = Entry(file: StaticFile(page.script, Self.mediaType(name)), place: "Modules/\(folder)/Web/\(page.file)")
            }
        }
        self.entries = entries
        self.sources = sources
        version = sources == nil ? Self.version(of: entries) : "development"
    }

    /// The name by which a page's script is served.
    static func name(of page: Page) -> String { name(page.id) }
    private static func name(_ id: String) -> String { "page-\(id).js" }

    /// The script of the page with this id; the overview's where there is none.
    func script(of page: String) -> String? {
        let name = Self.name(page.isEmpty ? "overview" : page)
        return entries[name] == nil ? nil : name
    }

    private static let own: [(String, [UInt8])] = [
        ("admin.js", PackageResources.admin_js), ("api.js", PackageResources.api_js), ("app.js", PackageResources.app_js),
        ("charts.js", PackageResources.charts_js), ("conditions.js", PackageResources.conditions_js), ("de.js", PackageResources.de_js),
        ("dom.js", PackageResources.dom_js), ("en.js", PackageResources.en_js), ("kit.js", PackageResources.kit_js),
        ("login.js", PackageResources.login_js), ("map.js", PackageResources.map_js), ("offers.js", PackageResources.offers_js),
        ("start.js", PackageResources.start_js), ("state.js", PackageResources.state_js), ("style.css", PackageResources.style_css),
        ("tables.js", PackageResources.tables_js), ("text.js", PackageResources.text_js), ("toolbar.js", PackageResources.toolbar_js),
        ("world.js", PackageResources.world_js),
    ]

    private static func mediaType(_ name: String) -> String { name.hasSuffix(".css") ? "text/css" : "text/javascript" }

    private static func version(of entries: [String: Entry]) -> String {
        let contents = entries.sorted { $0.key < $1.key }.map { "\($0.key) \(Digest.sha256(String(decoding: $0.value.file.bytes, as: UTF8.self)))" }
        return String(Digest.sha256(contents.joined(separator: "\n")).prefix(12))
    }

    /// - Throws: 404.
    func answer(_ call: AnonymousRequest) throws -> Answer {
        let name = call.path("file")
        guard let entry = entries[name] else { throw ServiceError.notFound("File", name) }
        if let sources, let data = FileManager.default.contents(atPath: "\(sources)/\(entry.place)") {
            return StaticFile([UInt8](data), Self.mediaType(name)).answer(call, caching: "no-store")
        }
        // A page that was open while Pulse was updated asks for files of its own time, and gets those of today: not to be kept.
        let isSame = call.path("version") == version
        return entry.file.answer(call, caching: isSame ? "public, max-age=31536000, immutable" : "no-cache")
    }
}
