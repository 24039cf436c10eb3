import Storage

/// The facts of all modules that other parts of Pulse may read by name.
public struct DatasetCatalog: Sendable {
    public struct Entry: Sendable {
        public let module: String
        public let table: FactTable
        /// Columns of the table that may be named.
        public let columns: [Column]

        public init(module: String, table: FactTable, columns: [Column]) {
            self.module = module
            self.table = table
            self.columns = columns
        }
    }

    /// In the order of the modules.
    public let entries: [Entry]

    public init(_ entries: [Entry] = []) { self.entries = entries }
}
