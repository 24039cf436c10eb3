import Core

/// Lists entries, newest first.
enum LogList {
    static func run(_ scope: Scope, _ filter: LogFilter) async throws -> [LogEntry] {
        let rows = try await scope.rows(
            "logs.list",
            [
                .page(
                    "latest",
                    """
                    SELECT occurred_at, number, level, message, data, path, release, environment, visitor_id FROM logs_entries
                    WHERE \(filter.condition)
                    """, by: "occurred_at DESC, number DESC", limit: scope.limit, offset: scope.offset)
            ],
            "SELECT * FROM latest ORDER BY occurred_at DESC, number DESC")
        return rows.map(LogEntry.init)
    }
}

/// The number of entries for each level and release, highest number first.
enum LogSummary {
    struct Line: Sendable {
        let level: String
        let release: String?
        let count: Int64

        static let shape = Shape<Line>([
            .required("level", \.level, .choice(LogLevel.names)), .required("release", \.release, .nullable(.text(200))),
            .required("count", \.count, .count),
        ])
    }

    /// The maximum number of lines in a response; the rest are left out.
    private static let maximumLines = 10_000

    static func run(_ scope: Scope, _ filter: LogFilter) async throws -> [Line] {
        let rows = try await scope.rows(
            "logs.summary",
            [.tally("counted", by: ["level", "release"], [.count("entries")], from: "logs_entries WHERE \(filter.condition)")],
            """
            SELECT level, release, entries FROM counted ORDER BY entries DESC, level, release NULLS FIRST LIMIT \(Self.maximumLines)
            """)
        return rows.map { Line(level: $0.text("level"), release: $0.optionalText("release"), count: $0.int("entries")) }
    }
}

/// The number of entries by day or hour, in total and by level: one point for each day or hour of the range, even without entries.
enum LogHistogram {
    struct Point: Sendable {
        let date: String
        let counts: [LogLevel: Int64]

        static let shape = Shape<Point>(
            [.required("date", \.date, .bucket), .required("count", { $0.counts.values.reduce(0, +) }, .count)]
                + LogLevel.allCases.map { level in .required(level.rawValue, { $0.counts[level] ?? 0 }, .count) })
    }

    static func run(_ scope: Scope, _ filter: LogFilter, by unit: TimeBuckets.Unit) async throws -> [Point] {
        let buckets = TimeBuckets(unit, of: scope), all = try buckets.points()
        let rows = try await scope.rows(
            "logs.timeseries",
            [
                .tally(
                    "counted", by: [.init("bucket", buckets.number(of: "occurred_at")), "level"], [.count("entries")],
                    from: "logs_entries WHERE \(filter.condition)")
            ],
            "SELECT bucket, level, entries FROM counted")
        var counts: [Int64: [LogLevel: Int64]] = [:]
        for row in rows {
            guard let level = LogLevel(rawValue: row.text("level")) else { continue }
            counts[row.int("bucket"), default: [:]][level] = row.int("entries")
        }
        return all.map { Point(date: buckets.label($0), counts: counts[$0] ?? [:]) }
    }
}
