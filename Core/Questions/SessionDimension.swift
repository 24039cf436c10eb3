import Storage

/// An attribute of sessions that a module provides, such as the campaign. All reports can be filtered by it.
public struct SessionDimension: Sendable {
    /// The dimension's name in the `filter` parameter.
    public let name: String
    /// Display names by language code. English is required.
    public let titles: [String: String]
    let condition: @Sendable (Filter, Scope) async throws -> SQL

    /// - Parameter condition: makes the SQL for a filter on this dimension. The SQL is a condition on a row of activity, may use the
    ///   columns `visitor`, `session_at` and `source`, and must never be null. The scope is the request's, without its filters, segment and
    ///   people.
    public init(_ name: String, titles: [String: String], condition: @escaping @Sendable (Filter, Scope) async throws -> SQL) {
        self.name = name
        self.titles = titles
        self.condition = condition
    }
}

extension SessionDimension: Hashable {
    /// Compares only names, which are unique across modules.
    public static func == (left: SessionDimension, right: SessionDimension) -> Bool { left.name == right.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Filter {
    /// The condition on a row of activity that the value of its session satisfies the filter.
    /// - Parameter values: a SELECT of `visitor`, `session_at` and `value`, with at most one row per session. Sessions without a row have
    ///   the value "".
    public func condition(onSessions values: SQL) -> SQL {
        let session: SQL = "SELECT visitor, session_at FROM (\(values)) session_values WHERE"
        return acceptsEmpty
            ? "(visitor, session_at) NOT IN (\(session) NOT (\(condition(on: "value"))))"
            : "(visitor, session_at) IN (\(session) \(condition(on: "value")))"
    }

    /// Whether the value "" satisfies the filter.
    private var acceptsEmpty: Bool {
        switch comparison {
        case .isOneOf: values.contains("")
        case .isNoneOf: !values.contains("")
        case .matches: values.contains(where: Self.matchesEmpty)
        case .matchesNone: !values.contains(where: Self.matchesEmpty)
        }
    }

    private static func matchesEmpty(_ pattern: String) -> Bool { pattern.utf8.allSatisfy { $0 == UInt8(ascii: "*") } }
}

extension Scope {
    /// A SELECT of all visible rows of `table` in the project and range, regardless of filters.
    public func facts(of table: FactTable) -> SQL { matching(table, SQL.all([bounds] + rowConditions(on: table.name))) }

    /// This scope with the `moduleConditions` of all filters on dimensions of modules.
    func withModuleConditions() async throws -> Scope {
        guard filters.contains(where: { $0.dimension.ofModule != nil }) else { return self }
        let bare = Scope(
            project: project, range: range, timezone: timezone, restrictions: restrictions, reader: reader, facts: facts
        ).overDatasets()
        var scope = self
        for filter in filters {
            if let dimension = filter.dimension.ofModule { scope.moduleConditions[filter] = try await dimension.condition(filter, bare) }
        }
        return scope
    }
}
