/// What a module knows of sessions, and every report can be filtered by, beside what activity tells by itself: their campaign.
public struct SessionDimension: Sendable {
    /// As `filter=` has it.
    public let name: String
    /// Its name for people by language; English must be there.
    public let titles: [String: String]
    let condition: @Sendable (Filter, Scope) async throws -> SQL

    /// - Parameter condition: makes the condition on a row of activity, never null, from its columns `visitor`, `session_at` and `source`. The
    ///   scope is the request's without filters, segment and people.
    public init(_ name: String, titles: [String: String], condition: @escaping @Sendable (Filter, Scope) async throws -> SQL) {
        self.name = name
        self.titles = titles
        self.condition = condition
    }
}

extension SessionDimension: Hashable {
    /// No two modules have the same name for one.
    public static func == (left: SessionDimension, right: SessionDimension) -> Bool { left.name == right.name }
    public func hash(into hasher: inout Hasher) { hasher.combine(name) }
}

extension Filter {
    /// The condition on a row of activity that its session's value is one of those that are asked for.
    /// - Parameter values: a SELECT of `visitor`, `session_at` and `value`, once for each session; where none is there, the value is "".
    public func condition(onSessions values: SQL) -> SQL {
        let session: SQL = "SELECT visitor, session_at FROM (\(values)) told WHERE"
        return acceptsNothing
            ? "(visitor, session_at) NOT IN (\(session) NOT (\(condition(on: "value"))))" : "(visitor, session_at) IN (\(session) \(condition(on: "value")))"
    }

    /// Whether "" is asked for.
    private var acceptsNothing: Bool {
        switch comparison {
        case .isOneOf: values.contains("")
        case .isNoneOf: !values.contains("")
        case .matches: values.contains(where: Self.matchesNothing)
        case .matchesNone: !values.contains(where: Self.matchesNothing)
        }
    }

    private static func matchesNothing(_ pattern: String) -> Bool { pattern.utf8.allSatisfy { $0 == UInt8(ascii: "*") } }
}

extension Scope {
    /// A SELECT of the table's rows of project and range that may be seen, whatever the filters.
    public func facts(of table: FactTable) -> SQL { matching(table, SQL.all([bounds] + left(of: table.name))) }

    /// With what modules make of the filters on their dimensions.
    func settled() async throws -> Scope {
        guard filters.contains(where: { $0.dimension.ofModule != nil }) else { return self }
        let bare = Scope(project: project, range: range, timezone: timezone, restrictions: restrictions, reader: reader)
        var settled = self
        for filter in filters {
            if let dimension = filter.dimension.ofModule { settled.told[filter] = try await dimension.condition(filter, bare) }
        }
        return settled
    }
}
