import Access

/// Identifies and describes a module. Its name is the same word in YAML, API, tables, metrics and folders.
public struct ModuleManifest: Sendable {
    /// The group that the module is listed under.
    public enum Category: String, Sendable, CaseIterable {
        case core, analysis, tracking, experience, platform
    }

    /// Lower case with underscores, such as `error_tracking`.
    public let name: String
    /// The group that the module is listed under.
    public let category: Category
    /// Other modules whose facts it reads.
    public let reads: [String]
    /// What users get from it, in one sentence, by language; English is required.
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
