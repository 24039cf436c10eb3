import Core

/// Visitors by source or place, and custom events by name.
enum Breakdowns {
    struct Source: Sendable {
        let source: String, visitors: Int64, pageviews: Int64

        static let shape = Shape<Source>([
            .required("source", \.source, .text(300)), .required("visitors", \.visitors, .count),
            .required("pageviews", \.pageviews, .count),
        ])
    }

    struct Place: Sendable {
        enum Level: String, Sendable, CaseIterable { case country, region, city }

        let level: Level, name: String, visitors: Int64, percentage: Double

        private func name(at level: Level) -> String? { self.level == level ? name : nil }

        static let shape = Shape<Place>([
            .optional("country", { $0.name(at: .country) }, .text(2)), .optional("region", { $0.name(at: .region) }, .text(10)),
            .optional("city", { $0.name(at: .city) }, .text(200)), .required("visitors", \.visitors, .count),
            .required("percentage", \.percentage, .percentage),
        ])
    }

    struct Event: Sendable {
        let name: String, count: Int64, unique: Int64

        static let shape = Shape<Event>([
            .required("name", \.name, .text(200)), .required("count", \.count, .count), .required("unique", \.unique, .count),
        ])
    }

    static func sources(_ scope: Scope) async throws -> [Source] {
        try await scope.rows(
            "core.sources", with: try await scope.flagged(),
            [
                .tally(
                    "visited", by: ["source"],
                    [
                        .visitors("visitors", where: isFirst), .sum("pageviews", of: "times", where: "kind = 0"),
                    ], from: "flagged WHERE is_chosen", groups: try await valueCount(of: "source", scope))
            ],
            """
            SELECT source, visitors, coalesce(pageviews, 0) AS pageviews FROM visited WHERE visitors > 0
            ORDER BY visitors DESC, source LIMIT \(scope.limit) OFFSET \(scope.offset)
            """
        ).map { Source(source: $0.text("source"), visitors: $0.int("visitors"), pageviews: $0.int("pageviews")) }
    }

    /// Returns visitors by place. Visitors whose place is unknown get no row, but count in the total that percentages refer to.
    static func places(_ scope: Scope, by level: Place.Level) async throws -> [Place] {
        let column = level.rawValue
        return try await scope.rows(
            "core.places", with: try await firstRows(scope),
            [
                .tally(
                    "visited", by: [.init("place", SQL(sql: column))], [.visitors("visitors")], from: "first_rows",
                    groups: try await valueCount(of: column, scope)),
                .tally("everybody", [.visitors("total")], from: "first_rows"),
            ],
            """
            SELECT place, visitors, total FROM visited, everybody WHERE place <> ''
            ORDER BY visitors DESC, place LIMIT \(scope.limit) OFFSET \(scope.offset)
            """
        ).map {
            Place(
                level: level, name: $0.text("place"), visitors: $0.int("visitors"),
                percentage: Rounded.percentage($0.int("visitors"), of: $0.int("total")))
        }
    }

    static func events(_ scope: Scope) async throws -> [Event] {
        try await scope.rows(
            "core.events", [.tally("counted", by: ["name"], [.count("n"), .visitors("visitors")], from: "events")],
            "SELECT name, n, visitors FROM counted ORDER BY n DESC, name LIMIT \(scope.limit) OFFSET \(scope.offset)"
        ).map { Event(name: $0.text("name"), count: $0.int("n"), unique: $0.int("visitors")) }
    }

    /// CTEs ending with `first_rows`: the first row of each session, which is enough to count visitors by a property of the session.
    /// Irregular sessions keep all their matching rows.
    static func firstRows(_ scope: Scope) async throws -> SQL {
        "\(try await scope.flagged()), first_rows AS NOT MATERIALIZED (SELECT * FROM flagged WHERE is_chosen AND (\(isFirst)))"
    }

    private static let isFirst: SQL = "seq = 1 OR is_irregular"

    /// Returns the number of distinct values of a session property, at least 1. It is queried first, because the fastest way to count
    /// visitors for a few dozen values takes too much memory for thousands.
    private static func valueCount(of column: String, _ scope: Scope) async throws -> Int64 {
        guard try await scope.numbersVisitors else { return 1 }
        let rows = try await scope.rows(
            "core.values", [.tally("known", by: [.init("value", SQL(sql: column))], [], from: "activity WHERE seq = 1")],
            "SELECT count(*) AS n FROM known")
        return max(1, rows[0].int("n"))
    }
}
