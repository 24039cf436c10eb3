import Storage

/// A project's policy on a dataset: which of its rows a scope may see, whatever the request asks for.
public struct RowRestriction: Sendable {
    /// `pageviews`, `events`, `sessions`, or the name of a fact table.
    public let dataset: String
    /// Visible rows meet it. It uses the dataset's own columns: those of `Activity.table`, of the view `sessions`, or of the table.
    public let condition: SQL

    public init(dataset: String, condition: SQL) {
        self.dataset = dataset
        self.condition = condition
    }
}
