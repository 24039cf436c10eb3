import Access

/// Who a module is. Its name is the same word in YAML, API, tables, metrics and folders.
public struct ModuleManifest: Sendable {
    public enum Category: String, Sendable, CaseIterable {
        case core, analysis, tracking, experience, platform
    }

    /// Lower case with underscores, `error_tracking`.
    public let name: String
    public let category: Category
    /// One sentence: what a person gets from it.
    public let summary: String
    /// Other modules whose facts it reads.
    public let reads: [String]

    public init(name: String, category: Category, summary: String, reads: [String] = []) {
        self.name = name
        self.category = category
        self.summary = summary
        self.reads = reads
    }
}
