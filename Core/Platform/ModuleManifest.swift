import Access

/// A module's name and description. The configuration, the API, tables and metrics all use the same name for the module.
public struct ModuleManifest: Sendable {
    /// The group that the module is listed under.
    public enum Category: String, Sendable, CaseIterable {
        case core, analysis, tracking, experience, platform
        /// Modules that bring an API surface of their own. They are off unless the configuration names them.
        case surface
    }

    /// The module's name, in lower case with underscores, such as `error_tracking`.
    public let name: String
    /// The group that the module is listed under.
    public let category: Category
    /// Names of other modules whose facts this module's statements read. Where the caller may not read one of them, or this host doesn't
    /// load it, such a statement gets 403.
    public let reads: [String]
    /// One sentence per language code that says what the module offers to users. English is required.
    public let summaries: [String: String]

    public init(name: String, category: Category, reads: [String] = [], summaries: [String: String]) {
        self.name = name
        self.category = category
        self.reads = reads
        self.summaries = summaries
    }

    /// The English summary, for the API and the command line.
    public var summary: String { summaries["en"] ?? name }
}
