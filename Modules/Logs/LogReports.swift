import Core

/// Lists entries, newest first.
enum LogList {
    static func run(_ scope: Scope, _ filter: LogFilter) async throws -> [LogEntry] {
        let rows = try await scope.rows(
            "logs.list",
            """
            SELECT occurred_at, number, level, message, data, path, release, environment, visitor_id FROM logs_entries
            WHERE \(filter.condition) ORDER BY occurred_at DESC, number DESC LIMIT \(scope.limit) OFFSET \(scope.offset)
            """)
        return rows.map(LogEntry.init)
    }
}

/// The number of entries for each level and release, highest number first.
enum LogSummary {
    struct Line: Encodable, Sendable {
        let level: String
        @Nullable var release: String?
        let count: Int64
    }

    static let schema = Schema.object([
        .required("level", .choice(LogLevel.names)), .required("release", .nullable(.text(200))), .required("count", .count),
    ])

    /// The maximum number of lines in a response; the rest are left out.
    private static let maximumLines = 10_000

    static func run(_ scope: Scope, _ filter: LogFilter) async throws -> [Line] {
        let rows = try await scope.rows(
            "logs.summary",
            """
            SELECT level, release, count(*) AS entries FROM logs_entries WHERE \(filter.condition)
            GROUP BY level, release ORDER BY entries DESC, level, release NULLS FIRST LIMIT \(Self.maximumLines)
            """)
        return rows.map { Line(level: $0.text("level"), release: $0.optionalText("release"), count: $0.int("entries")) }
    }
}

/// The number of entries by day or hour, in total and by level: one point for each day or hour of the range, even without entries.
enum LogHistogram {
    struct Point: Encodable, Sendable {
        let date: String
        let count, debug, info, warn, error, fatal: Int64
    }

    static let schema = Schema.object(
        [.required("date", TimeBuckets.label), .required("count", .count)] + LogLevel.names.map { .required($0, .count) })

    static func run(_ scope: Scope, _ filter: LogFilter, by unit: TimeBuckets.Unit) async throws -> [Point] {
        let buckets = TimeBuckets(unit, of: scope), all = try buckets.points()
        let rows = try await scope.rows(
            "logs.timeseries",
            """
            SELECT \(buckets.number(of: "occurred_at")) AS bucket, level, count(*) AS entries FROM logs_entries
            WHERE \(filter.condition) GROUP BY 1, 2
            """)
        var counts: [Int64: [String: Int64]] = [:]
        for row in rows { counts[row.int("bucket"), default: [:]][row.text("level")] = row.int("entries") }
        return all.map { number in
            let byLevel = counts[number] ?? [:]
            func count(_ level: LogLevel) -> Int64 { byLevel[level.rawValue] ?? 0 }
            return Point(
                date: buckets.label(number), count: byLevel.values.reduce(0, +), debug: count(.debug), info: count(.info),
                warn: count(.warn),
                error: count(.error), fatal: count(.fatal))
        }
    }
}
