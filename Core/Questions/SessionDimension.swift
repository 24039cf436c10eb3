import Storage

/// A session attribute that a module provides and every report can be filtered by, such as the campaign.
public struct SessionDimension: Sendable {
    /// The name in the parameter `filter`.
    public let name: String
    /// The name that people see, by language; English is required.
    public let titles: [String: String]
    let condition: @Sendable (Filter, Scope) async throws -> SQL

    /// - Parameter condition: makes the condition on a row of activity, never null, from its columns `visitor`, `session_at` and
    ///   `source`. Gets the request's scope without filters, segment and people.
    public init(_ name: String, titles: [String: String], condition: @escaping @Sendable (Filter, Scope) async throws -> SQL) {
        self.name = name
        self.titles = titles
        self.condition = condition
    }
}

extension SessionDimension: Hashable {
    /// Names are unique across modules.
    public static func == (left: SessionDimension, right: SessionDimension) -> Bool { left.name == right.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Filter {
    /// The condition on a row of activity that its session's value satisfies the filter.
    /// - Parameter values: a SELECT of `visitor`, `session_at` and `value`, one row per session; a session without a row has the value "".
    public func condition(onSessions values: SQL) -> SQL {
        let session: SQL = "SELECT visitor, session_at FROM (\(values)) session_values WHERE"
        return acceptsEmpty
            ? "(visitor, session_at) NOT IN (\(session) NOT (\(condition(on: "value"))))"
            : "(visitor, session_at) IN (\(session) \(condition(on: "value")))"
    }

    /// Whether "" satisfies the filter.
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
    public func facts(of table: FactTable) -> SQL { matching(table, SQL.all([bounds] + left(of: table.name))) }

    /// The scope with the conditions that modules make for the filters on their dimensions.
    func withModuleConditions() async throws -> Scope {
        guard filters.contains(where: { $0.dimension.ofModule != nil }) else { return self }
        let bare = Scope(project: project, range: range, timezone: timezone, restrictions: restrictions, reader: reader)
        var scope = self
        for filter in filters {
            if let dimension = filter.dimension.ofModule { scope.moduleConditions[filter] = try await dimension.condition(filter, bare) }
        }
        return scope
    }
}
