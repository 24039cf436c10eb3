import Storage

/// A policy that hides rows of a dataset from a scope, no matter what the request asks for.
public struct RowRestriction: Sendable {
    /// The dataset's name: `pageviews`, `events`, `sessions`, or the name of a fact table.
    public let dataset: String
    /// The condition that a row must meet to be visible. It uses the dataset's own columns: those of `Activity.table`, of the `sessions`
    /// view, or of the fact table.
    public let condition: SQL

    public init(dataset: String, condition: SQL) {
        self.dataset = dataset
        self.condition = condition
    }
}
