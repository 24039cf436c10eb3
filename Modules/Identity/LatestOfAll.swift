import Core

/// The latest value among the rows of several visitors, such as those of an account. It is the value that `Identity.latest` returns, in a
/// form that a tally can merge.
enum LatestOfAll {
    /// A measure of the latest value that isn't null. Before the value, it has the row's time and arrival, each with the same number of
    /// digits in all rows, so the largest text has the latest value.
    static func measure(_ name: String, of column: SQL) -> Measure {
        .maximum(name, of: "lpad(CAST(occurred_at AS text), 16, '0') || lpad(CAST(arrival AS text), 20, '0') || \(column)")
    }

    /// The value in the measure's column; null if all values are null.
    static func value(in measure: SQL) -> SQL { "substr(\(measure), 37)" }
}
