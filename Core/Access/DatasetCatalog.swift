import Storage

/// The facts of all modules that other parts of Pulse may read by name.
public struct DatasetCatalog: Sendable {
    public struct Entry: Sendable {
        public let module: String
        public let table: FactTable
        /// Columns of the table that may be named.
        public let columns: [Column]
        /// What the dataset is, and by column what it means.
        public let summary: String, summaries: [String: String]
        /// Columns that hold whole millionths and are told in units.
        public let millionths: Set<String>

        public init(
            module: String, table: FactTable, columns: [Column], summary: String = "", summaries: [String: String] = [:], millionths: Set<String> = []
        ) {
            self.module = module
            self.table = table
            self.columns = columns
            self.summary = summary
            self.summaries = summaries
            self.millionths = millionths
        }
    }

    /// In the order of the modules.
    public let entries: [Entry]

    public init(_ entries: [Entry] = []) { self.entries = entries }
}
