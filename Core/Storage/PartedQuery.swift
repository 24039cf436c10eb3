/// A query in two steps, for engines that keep visitors on several machines: what is computed of each visitor's rows, and what is made of
/// the results.
///
/// Each part is a SELECT in which rows of different visitors meet only in aggregates that can be merged, so it can be computed for some of
/// the visitors at a time, on the machine that has their rows. An engine on one machine computes each part once, for all visitors.
public struct PartedQuery: Sendable {
    /// One part, which is a CTE for the parts after it and for the query.
    public struct Part: Sendable {
        /// The name of the CTE with the part's rows.
        public let name: String
        /// The SELECT for all visitors.
        public let whole: SQL
        /// The SELECT for some of the visitors.
        public let own: SQL
        /// Makes the SELECT that turns the rows of several `own` into what `whole` returns. `partials` is what it selects from.
        public let merged: @Sendable (_ partials: SQL) -> SQL

        /// - Parameter own: nil if it is the same as `whole`.
        public init(_ name: String, whole: SQL, own: SQL? = nil, merged: @escaping @Sendable (_ partials: SQL) -> SQL) {
            self.name = name
            self.whole = whole
            self.own = own ?? whole
            self.merged = merged
        }
    }

    /// A comment at the start of the statement, so a slow statement can be traced to its code.
    public let name: String
    /// The CTEs that the parts read from, separated by commas; nil if there are none. Stored tables in them are written with `SQL(table:)`.
    public let ctes: SQL?
    /// If there are none, `query` reads from the CTEs.
    public let parts: [Part]
    /// Whether the parts may be computed for some of the visitors at a time. They may not if the CTEs make one visitor of several.
    public let isLocal: Bool
    /// The text after the `WITH` clause: a SELECT, or further CTEs and a SELECT.
    public let query: SQL

    /// - Parameter continues: whether `query` begins with more CTEs: `x AS (...) SELECT`.
    public init(_ name: String, ctes: SQL?, parts: [Part], isLocal: Bool, continues: Bool, _ query: SQL) {
        self.name = name
        self.ctes = ctes
        self.parts = parts
        self.isLocal = isLocal && !parts.isEmpty
        self.query = continues ? ", \(query)" : ctes == nil && parts.isEmpty ? query : " \(query)"
    }

    /// The CTEs of the parts, as they are computed for some of the visitors.
    @_spi(Host) public var own: SQL { SQL.joined([ctes].compactMap { $0 } + parts.map { "\(sql: $0.name) AS (\($0.own))" }) }

    /// The query as one statement.
    public var statement: SQL {
        let ctes = [ctes].compactMap { $0 } + parts.map { "\(sql: $0.name) AS (\($0.whole))" }
        return ctes.isEmpty ? query : "/* \(sql: name) */ WITH \(SQL.joined(ctes))\(query)"
    }
}
