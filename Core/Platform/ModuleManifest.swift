import Access

/// Who a module is. Its name is the same word in YAML, API, tables, metrics and folders.
public struct ModuleManifest: Sendable {
    public enum Category: String, Sendable, CaseIterable {
        case core, analysis, tracking, experience, platform
    }

    /// Lower case with underscores, `error_tracking`.
    public let name: String
    public let category: Category
    /// Other modules whose facts it reads.
    public let reads: [String]
    /// What a person gets from it, in one sentence, by language; English must be there.
    public let summaries: [String: String]

    public init(name: String, category: Category, reads: [String] = [], summaries: [String: String]) {
        self.name = name
        self.category = category
        self.reads = reads
        self.summaries = summaries
    }

    /// In English, as API and command line speak.
    public var summary: String { summaries["en"] ?? name }
}
