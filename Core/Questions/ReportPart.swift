@_spi(Host) import Storage

/// A part of a report that is computed where the rows of each visitor are: on each node of a database with several, and in one go otherwise.
///
/// A report's statement consists of parts and a query over them. In a part, rows of different visitors may meet only in the measures of a
/// tally or in the order of a list, because no part of a report sees the visitors of all nodes. The query sees the parts as tables, merged
/// over all nodes, and nothing else: there, anything is allowed, since the parts' rows are few.
public struct ReportPart: Sendable {
    let name: String
    /// Whether the part has a use for the number of the project's visitors.
    let countsVisitors: Bool
    let make: @Sendable (Dialect, VisitorCount) -> PartedQuery.Part

    /// A column that a tally groups by.
    public struct Key: Sendable, ExpressibleByStringLiteral {
        let name: String
        let value: SQL

        /// - Parameter value: SQL for the key of a row.
        public init(_ name: String, _ value: SQL) {
            self.name = name
            self.value = value
        }

        /// A column of the rows.
        public init(stringLiteral name: String) { self.init(name, SQL(sql: name)) }
    }

    /// One row for each combination of keys, with measures of its rows; exactly one row if there are no keys.
    /// - Parameters:
    ///   - rows: the text after FROM: the rows to tally.
    ///   - groups: the approximate number of combinations, if it is known to be small. Visitors are then counted in less time.
    public static func tally(
        _ name: String, by keys: [Key] = [], _ measures: [Measure], from rows: SQL, groups: Int64? = nil
    ) -> ReportPart {
        let tally = Tally(keys: keys, measures: measures, rows: rows)
        return ReportPart(name: name, countsVisitors: measures.contains(where: \.countsVisitors)) { _, count in
            tally.part(name, count, groups: keys.isEmpty ? 1 : groups)
        }
    }

    /// The distinct visitors by each of several columns, and in all. The columns are the rows' columns, of which a row has a value in one or
    /// none, `no_` and the name of each, which is 1 where it has none and 0 otherwise, and `visitors`.
    /// - Parameter groups: the approximate number of combinations of values.
    public static func visitors(_ name: String, byEachOf columns: [String], from rows: SQL, groups: Int64) -> ReportPart {
        ReportPart(name: name, countsVisitors: true) { _, count in
            // Few combinations of values are merged much faster than all rows are grouped once for each column.
            let names = SQL(sql: columns.joined(separator: ", ")), flags = SQL(sql: columns.map { "no_\($0)" }.joined(separator: ", "))
            let combinations = count.combinations(of: names, from: rows, groups: groups)
            let grouping = SQL(sql: columns.map { "grouping(\($0)) AS no_\($0)" }.joined(separator: ", "))
            let sets = SQL(sql: columns.map { "(\($0))" }.joined(separator: ", "))
            return PartedQuery.Part(
                name,
                whole: """
                    SELECT \(names), \(grouping), \(combinations.count) AS visitors FROM (\(combinations.query)) combinations
                    GROUP BY GROUPING SETS (\(sets), ())
                    """,
                merged: { "SELECT \(names), \(flags), CAST(sum(visitors) AS bigint) AS visitors FROM \($0) GROUP BY \(names), \(flags)" })
        }
    }

    /// All rows of a SELECT, each of which is about one visitor. For rows whose number is limited by something other than the range.
    public static func rows(_ name: String, _ select: SQL) -> ReportPart {
        ReportPart(name: name, countsVisitors: false) { _, _ in
            PartedQuery.Part(name, whole: select) { "SELECT * FROM \($0)" }
        }
    }

    /// A page of a SELECT whose rows are each about one visitor. The query must order the page's rows again.
    /// - Parameter order: the sort keys, which must be columns of the SELECT and must leave no ties.
    public static func page(_ name: String, _ select: SQL, by order: SQL, limit: Int, offset: Int = 0) -> ReportPart {
        page(name, by: order, limit: limit, offset: offset) { "\(select) \($0)" }
    }

    /// Like the other `page`, for a SELECT with the page inside.
    /// - Parameter select: makes the SELECT from its ORDER BY and LIMIT clauses.
    static func page(
        _ name: String, by order: SQL, limit: Int, offset: Int, _ select: @escaping @Sendable (_ page: SQL) -> SQL
    ) -> ReportPart {
        let page: SQL = "ORDER BY \(order) LIMIT \(limit) OFFSET \(offset)"
        return ReportPart(name: name, countsVisitors: false) { _, _ in
            PartedQuery.Part(
                name, whole: select(page), own: select("ORDER BY \(order) LIMIT \(limit + offset)")
            ) { "SELECT * FROM \($0) \(page)" }
        }
    }

    /// For each combination of keys, nearest-rank percentiles of a value: the columns `p50`, `p75` ... Rows without a value don't count.
    /// - Source: see `Dialect.nearestRanks`.
    public static func percentiles(
        _ name: String, by keys: [Key] = [], _ percents: [Int], of value: SQL, from rows: SQL
    ) -> ReportPart {
        let percentiles = Percentiles(keys: keys, percents: percents, value: value, rows: rows)
        return ReportPart(name: name, countsVisitors: false) { dialect, _ in
            percentiles.part(name, dialect)
        }
    }
}

/// A value that a tally computes from the rows with the same keys.
public struct Measure: Sendable {
    fileprivate enum Kind: Sendable {
        case count(where: SQL?), sum(SQL, where: SQL?), visitors(where: SQL?), minimum(SQL), maximum(SQL)
    }

    fileprivate let name: String
    fileprivate let kind: Kind

    /// The number of rows, or of those that meet a condition.
    public static func count(_ name: String, where condition: SQL? = nil) -> Measure { Measure(name: name, kind: .count(where: condition)) }

    /// The sum of a value over the rows, or over those that meet a condition; null if there are none.
    public static func sum(_ name: String, of value: SQL, where condition: SQL? = nil) -> Measure {
        Measure(name: name, kind: .sum(value, where: condition))
    }

    /// The number of distinct visitors of the rows, or of those that meet a condition.
    public static func visitors(_ name: String, where condition: SQL? = nil) -> Measure {
        Measure(name: name, kind: .visitors(where: condition))
    }

    /// The smallest value; null if there is none.
    public static func minimum(_ name: String, of value: SQL) -> Measure { Measure(name: name, kind: .minimum(value)) }

    /// The largest value; null if there is none.
    public static func maximum(_ name: String, of value: SQL) -> Measure { Measure(name: name, kind: .maximum(value)) }

    fileprivate var countsVisitors: Bool { if case .visitors = kind { true } else { false } }

    fileprivate func aggregate(_ count: VisitorCount, groups: Int64) -> SQL {
        func filter(_ condition: SQL?) -> SQL { condition.map { " FILTER (WHERE \($0))" } ?? "" }
        return switch kind {
        case .count(let condition): "count(*)\(filter(condition))"
        case .sum(let value, let condition): "sum(\(value))\(filter(condition))"
        case .visitors(let condition): count.distinct(where: condition, groups: groups)
        case .minimum(let value): "min(\(value))"
        case .maximum(let value): "max(\(value))"
        }
    }

    /// The measure of one visitor's rows.
    fileprivate func aggregateOfVisitor(_ count: VisitorCount) -> SQL {
        if case .visitors(let condition) = kind { return condition.map { "bool_or(\($0))" } ?? "TRUE" }
        return aggregate(count, groups: 1)
    }

    /// The measure of several groups of rows that have no visitor in common, from the measures of the groups.
    fileprivate func merged(visitorsAreCounted: Bool) -> SQL {
        switch kind {
        case .count: "coalesce(CAST(sum(\(column)) AS bigint), 0)"
        case .visitors: visitorsAreCounted ? "coalesce(CAST(sum(\(column)) AS bigint), 0)" : "count(*) FILTER (WHERE \(column))"
        case .sum: "sum(\(column))"
        case .minimum: "min(\(column))"
        case .maximum: "max(\(column))"
        }
    }

    fileprivate var column: SQL { SQL(sql: name) }
}

private struct Tally: Sendable {
    let keys: [ReportPart.Key]
    let measures: [Measure]
    let rows: SQL

    func part(_ name: String, _ count: VisitorCount, groups: Int64?) -> PartedQuery.Part {
        PartedQuery.Part(name, whole: whole(count, groups: groups)) { merged(of: $0, visitorsAreCounted: true) }
    }

    private func whole(_ count: VisitorCount, groups: Int64?) -> SQL {
        let values = keys.map { "\($0.value) AS \(sql: $0.name)" as SQL }
        // PostgreSQL sorts for count(DISTINCT visitor), and can't share that among processes. Grouping by visitor first takes less time.
        guard measures.contains(where: \.countsVisitors), !count.countsBits(groups ?? .max) else {
            let columns = measures.map { "\($0.aggregate(count, groups: groups ?? 1)) AS \($0.column)" as SQL }
            return "SELECT \(SQL.joined(values + columns)) FROM \(rows)\(ordinals(keys.count))"
        }
        let ofVisitor = measures.map { "\($0.aggregateOfVisitor(count)) AS \($0.column)" as SQL }
        let byVisitor: SQL = "SELECT \(SQL.joined(values + ["visitor"] + ofVisitor)) FROM \(rows)\(ordinals(keys.count + 1))"
        return merged(of: "(\(byVisitor)) by_visitor", visitorsAreCounted: false)
    }

    private func merged(of rows: SQL, visitorsAreCounted: Bool) -> SQL {
        let columns = measures.map { "\($0.merged(visitorsAreCounted: visitorsAreCounted)) AS \($0.column)" as SQL }
        return "SELECT \(SQL.joined(keys.map { SQL(sql: $0.name) } + columns)) FROM \(rows)\(ordinals(keys.count))"
    }
}

/// The clause that groups by the first `count` columns.
private func ordinals(_ count: Int) -> SQL {
    count == 0 ? "" : " GROUP BY \(sql: (1...count).map(String.init).joined(separator: ", "))"
}

private struct Percentiles: Sendable {
    let keys: [ReportPart.Key]
    let percents: [Int]
    let value: SQL
    let rows: SQL

    func part(_ name: String, _ dialect: Dialect) -> PartedQuery.Part {
        let values = keys.map { "\($0.value) AS \(sql: $0.name)" as SQL }, names = keys.map { SQL(sql: $0.name) }
        let ranks = zip(percents, dialect.nearestRanks(percents, of: value)).map { "\($1) AS \(sql: "p\($0)")" as SQL }
        // A percentile is the smallest value up to which there are enough rows.
        let reached = percents.map { percent -> SQL in
            "min(value) FILTER (WHERE up_to * 100 >= rows_of_key * \(sql: String(percent))) AS \(sql: "p\(percent)")"
        }
        let key: SQL = names.isEmpty ? "" : "PARTITION BY \(SQL.joined(names)) "
        let all: SQL = names.isEmpty ? "" : "PARTITION BY \(SQL.joined(names))"
        return PartedQuery.Part(
            name, whole: "SELECT \(SQL.joined(values + ranks)) FROM \(rows)\(ordinals(keys.count))",
            own: "SELECT \(SQL.joined(values + ["\(value) AS value", "count(*) AS n"])) FROM \(rows)\(ordinals(keys.count + 1))"
        ) { partials in
            """
            SELECT \(SQL.joined(names + reached)) FROM (
              SELECT \(SQL.joined(names + ["value"])), sum(n) OVER (\(key)ORDER BY value) AS up_to, sum(n) OVER (\(all)) AS rows_of_key
              FROM (SELECT \(SQL.joined(names + ["value", "sum(n) FILTER (WHERE value IS NOT NULL) AS n"]))
                FROM \(partials)\(ordinals(keys.count + 1))) counted) ranked\(ordinals(keys.count))
            """
        }
    }
}
