/// Which rows of a dataset a scope leaves, whatever is asked of it: a policy of the project.
public struct RowRestriction: Sendable {
    /// `pageviews`, `events`, `sessions`, or the name of a fact table.
    public let dataset: String
    /// On the dataset's own columns: those of `Activity.table`, of the view `sessions`, or of the table.
    public let condition: SQL

    public init(dataset: String, condition: SQL) {
        self.dataset = dataset
        self.condition = condition
    }
}
