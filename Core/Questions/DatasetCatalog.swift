import Storage

/// The fact tables of all modules that other parts of Pulse may read by name.
public struct DatasetCatalog: Sendable {
    /// A fact table with the columns that may be read.
    public struct Entry: Sendable {
        /// The name of the module that writes the table.
        public let module: String
        public let table: FactTable
        /// The columns that may be read; a subset of the table's columns.
        public let columns: [Column]
        /// A description of the dataset, and descriptions of its columns by column name.
        public let summary: String, summaries: [String: String]
        /// Names of the columns that store whole millionths. Reads by dataset name return them in units.
        public let millionths: Set<String>

        public init(
            module: String, table: FactTable, columns: [Column], summary: String = "", summaries: [String: String] = [:],
            millionths: Set<String> = []
        ) {
            self.module = module
            self.table = table
            self.columns = columns
            self.summary = summary
            self.summaries = summaries
            self.millionths = millionths
        }
    }

    /// The datasets, in module order.
    public let entries: [Entry]

    public init(_ entries: [Entry] = []) { self.entries = entries }
}
