import Core

/// Errors grouped by fingerprint, most frequent first.
struct ErrorGroups: Sendable {
    struct Group: Sendable {
        let fingerprint: String
        let message: String
        let count, affectedVisitors: Int64
        let release: String?
        /// `topPath` is the page with the most occurrences in the range. The other three are of the latest occurrence.
        let environment, topPath, latestPath, latestBrowser: String
        /// Number of pages on which the error occurred in the range.
        let paths: Int64
        let status: Issue.Status
        let sourceMapConfigured: Bool
        let firstSeen, lastSeen: Instant

        static let shape = Shape<Group>([
            .required("fingerprint", \.fingerprint, .string(32...32)),
            .required("message", \.message, .text(ErrorCollector.messageLimit), "Message of the latest occurrence."),
            .required("count", \.count, .count), .required("affected_visitors", \.affectedVisitors, .count),
            .required("release", \.release, .nullable(.text(200)), "Release of the latest occurrence."),
            .required("environment", \.environment, .text(100), "Environment of the latest occurrence."),
            .required("latest_path", \.latestPath, .string(0...2_048), "Page of the latest occurrence."),
            .required("latest_browser", \.latestBrowser, .string(0...200), "Browser of the latest occurrence."),
            .required("top_path", \.topPath, .string(0...2_048), "The page with the most occurrences in the range."),
            .required("paths", \.paths, .count, "Number of pages with any occurrences in the range."),
            .required(
                "source_map_configured", \.sourceMapConfigured, .boolean,
                "Whether a source map is registered for the script and release of the latest occurrence."),
            .required("status", \.status, .choice),
            .required("first_seen", \.firstSeen, .timestamp, "First occurrence ever, regardless of the range."),
            .required("last_seen", \.lastSeen, .timestamp, "Last occurrence ever, regardless of the range."),
        ])
    }

    let call: ProjectRequest
    let scope: Scope
    let filter: ErrorFilter

    /// Returns one page of groups.
    /// - Parameter status: only errors with this status; nil for all.
    func run(status: Issue.Status?) async throws -> [Group] {
        let issues = Issues(call)
        var conditions = filter.conditions
        if let status { conditions.append(try await issues.condition(status)) }
        let condition = SQL.all(conditions), counts = try await counts(condition)
        guard !counts.isEmpty else { return [] }
        let fingerprints = counts.map(\.fingerprint)
        async let latest = latest(of: counts, condition)
        async let visitors = visitors(of: counts, condition)
        async let pages = pages(of: counts, condition)
        async let seen = seen(fingerprints)
        async let states = issues.states(of: fingerprints)
        let (rows, visitorCounts, topPages, instants, issueStates) = try await (latest, visitors, pages, seen, states)
        let maps = try await SourceMaps(call).registered(for: rows.values.compactMap { $0.optionalText("release") })
        return counts.compactMap { group in
            guard let row = rows[group.fingerprint] else { return nil }
            let release = row.optionalText("release"), environment = row.text("environment")
            let instants = instants[group.fingerprint.high]
            let last = Instant(milliseconds: group.lastAt)
            return Group(
                fingerprint: group.fingerprint.hex, message: row.text("message"), count: group.count,
                affectedVisitors: visitorCounts[group.fingerprint] ?? 0, release: release, environment: environment,
                topPath: topPages[group.fingerprint]?.top ?? row.text("path"), latestPath: row.text("path"),
                latestBrowser: row.versioned("browser", "browser_version"), paths: topPages[group.fingerprint]?.count ?? 1,
                status: issueStates[group.fingerprint]?.status ?? .open,
                sourceMapConfigured: maps.match(row.text("filename"), release: release, environment: environment) != nil,
                firstSeen: instants?.first ?? last, lastSeen: instants?.last ?? last)
        }
    }

    private struct Count {
        let fingerprint: Fingerprint
        let count, lastAt: Int64
    }

    private func counts(_ condition: SQL) async throws -> [Count] {
        let rows = try await scope.rows(
            "error_tracking.groups",
            [
                .tally(
                    "counted", by: ["fingerprint", "fingerprint_low"], [.count("occurrences"), .maximum("last_at", of: "occurred_at")],
                    from: "error_tracking_errors WHERE \(condition)")
            ],
            """
            SELECT fingerprint, fingerprint_low, occurrences, last_at FROM counted
            ORDER BY occurrences DESC, last_at DESC, fingerprint, fingerprint_low LIMIT \(scope.limit) OFFSET \(scope.offset)
            """)
        return rows.map { Count(fingerprint: $0.fingerprint, count: $0.int("occurrences"), lastAt: $0.int("last_at")) }
    }

    /// Returns how many visitors each error affected. Queried only for the groups on this page, because distinct counts are expensive.
    private func visitors(of groups: [Count], _ condition: SQL) async throws -> [Fingerprint: Int64] {
        let rows = try await scope.rows(
            "error_tracking.visitors",
            [
                .tally(
                    "affected", by: ["fingerprint", "fingerprint_low"], [.visitors("visitors")],
                    from: "error_tracking_errors WHERE fingerprint IN \(SQL.list(groups.map(\.fingerprint.high))) AND \(condition)")
            ],
            "SELECT fingerprint, fingerprint_low, visitors FROM affected")
        return Dictionary(rows.map { ($0.fingerprint, $0.int("visitors")) }) { $1 }
    }

    /// Returns the page on which each error occurred most often, and the number of pages on which it occurred.
    private func pages(of groups: [Count], _ condition: SQL) async throws -> [Fingerprint: (top: String, count: Int64)] {
        let rows = try await scope.rows(
            "error_tracking.pages",
            [
                .tally(
                    "counted", by: ["fingerprint", "fingerprint_low", "path"], [.count("occurrences")],
                    from: "error_tracking_errors WHERE fingerprint IN \(SQL.list(groups.map(\.fingerprint.high))) AND \(condition)")
            ],
            """
            SELECT fingerprint, fingerprint_low, path, paths
            FROM (SELECT fingerprint, fingerprint_low, path, count(*) OVER (PARTITION BY fingerprint, fingerprint_low) AS paths,
                row_number() OVER (PARTITION BY fingerprint, fingerprint_low ORDER BY occurrences DESC, path) AS place
              FROM counted) ranked
            WHERE place = 1
            """)
        return Dictionary(rows.map { ($0.fingerprint, ($0.text("path"), $0.int("paths"))) }) { $1 }
    }

    /// Returns the latest row of each group. The time of that row is known before the query, so the store can skip all other rows.
    private func latest(of groups: [Count], _ condition: SQL) async throws -> [Fingerprint: Row] {
        let rows = try await scope.rows(
            "error_tracking.latest",
            [
                .rows(
                    "latest",
                    """
                    SELECT fingerprint, fingerprint_low, message, path, browser, browser_version, release, environment, filename, occurred_at, number
                    FROM error_tracking_errors
                    WHERE occurred_at IN \(SQL.list(Set(groups.map(\.lastAt)).sorted())) AND fingerprint IN \(SQL.list(groups.map(\.fingerprint.high)))
                      AND \(condition)
                    """)
            ],
            "SELECT * FROM latest ORDER BY occurred_at DESC, number DESC, message, path")
        var latest: [Fingerprint: Row] = [:]
        for row in rows where latest[row.fingerprint] == nil { latest[row.fingerprint] = row }
        return latest
    }

    /// Returns when each error was first and last seen, over all time. Keyed by the fingerprint's high half.
    private func seen(_ fingerprints: [Fingerprint]) async throws -> [Int64: (first: Instant, last: Instant)] {
        let rows = try await call.wholeScope().rows(
            "error_tracking.seen",
            [
                .tally(
                    "seen", by: ["fingerprint"], [.minimum("first_at", of: "occurred_at"), .maximum("last_at", of: "occurred_at")],
                    from: "error_tracking_errors WHERE fingerprint IN \(SQL.list(fingerprints.map(\.high)))")
            ],
            "SELECT fingerprint, first_at, last_at FROM seen")
        return Dictionary(
            rows.map {
                ($0.int("fingerprint"), (Instant(milliseconds: $0.int("first_at")), Instant(milliseconds: $0.int("last_at"))))
            }
        ) { $1 }
    }
}
