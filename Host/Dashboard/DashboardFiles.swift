import Access
import Common
import Foundation
import Platform

/// Serves the dashboard's scripts and style: its own files in `Host/Dashboard/web`, and the modules' pages.
struct DashboardFiles: Sendable {
    /// The environment variable that names the repository's root folder. If it is set, the files are read from there on every
    /// request. Use it to work on the dashboard.
    static let variable = "PULSE_DASHBOARD_FILES"

    private struct Entry: Sendable {
        let file: StaticFile
        /// The file's path in the source tree.
        let place: String
    }

    /// A hash of all contents. Every file's URL contains it, so browsers can cache the files forever.
    let version: String
    private let entries: [String: Entry]
    private let filesOfPages: [String: [String]]
    private let sources: String?

    init(_ modules: [any AnalyticsModule], sources: String? = ProcessInfo.processInfo.environment[Self.variable]) {
        var entries: [String: Entry] = [:]
        for (name, bytes) in Embedded.all {
            entries[name] = Entry(file: StaticFile(bytes, Self.mediaType(name)), place: "Host/Dashboard/web/\(name)")
        }
        for module in modules {
            let folder = String(describing: type(of: module)).dropLast("Module".count)
            for page in module.pages {
                let name = Self.name(of: page)
                entries[name] = Entry(file: StaticFile(page.script, Self.mediaType(name)), place: "Modules/\(folder)/Web/\(page.file)")
            }
            guard let english = module.texts["en"] else { continue }
            // A page loads the texts of its module in the user's language, so English is served for those that the module lacks.
            for language in Self.languages {
                let name = "\(module.name).\(language).js", own = module.texts[language]
                entries[name] = Entry(
                    file: StaticFile(own ?? english, Self.mediaType(name)),
                    place: "Modules/\(folder)/Web/\(own == nil ? "en" : language).js")
            }
        }
        self.entries = entries
        filesOfPages = Dictionary(
            modules.flatMap { module in  // exact: ids and names of our source
                module.pages.map { ($0.id, [Self.name(of: $0), "\(module.name).en.js"]) }
            }
        ) { first, _ in first }
        self.sources = sources
        version = sources == nil ? Self.version(of: entries) : "development"
    }

    /// The name under which a page's script is served.
    static func name(of page: DashboardPage) -> String { name(page.id) }
    private static func name(_ id: String) -> String { "page-\(id).js" }

    /// The files that a page needs in addition to the dashboard's own: its script, and its English texts, which replace missing
    /// translations. An empty id stands for the overview. Returns nothing for an unknown page.
    func files(of page: String) -> [String] { filesOfPages[page.isEmpty ? "overview" : page] ?? [] }

    /// The dashboard's languages, which `text.js` lists too.
    static let languages = ["en", "de"]

    private static func mediaType(_ name: String) -> String { name.hasSuffix(".css") ? "text/css" : "text/javascript" }

    private static func version(of entries: [String: Entry]) -> String {
        let contents = entries.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.file.tag)" }
        return String(Digest.sha256(contents.joined(separator: "\n")).prefix(12))
    }

    /// The bytes of the file that is served under this name; nil if there is none.
    func contents(of name: String) -> [UInt8]? { entries[name]?.file.bytes }

    /// Returns the file that the path names.
    /// - Throws: 404 for an unknown file.
    func answer(_ call: AnonymousRequest) throws -> Answer {
        let name = call.path("file")
        guard let entry = entries[name] else { throw ServiceError.notFound("File", name) }
        if let sources, let data = FileManager.default.contents(atPath: "\(sources)/\(entry.place)") {
            return StaticFile([UInt8](data), Self.mediaType(name)).answer(call, caching: "no-store")
        }
        // If Pulse was updated while a page was open, the page asks for the old version but gets the current file. That response
        // must not be cached under the old version.
        let isSame = call.path("version") == version
        return entry.file.answer(call, caching: isSame ? "public, max-age=31536000, immutable" : "no-cache")
    }
}
