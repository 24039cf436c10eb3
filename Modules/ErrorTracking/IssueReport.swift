import Core

/// One error: its state, and its numbers over all time.
struct IssueReport: Sendable {
    let fingerprint, message: String
    let status: Issue.Status
    let resolvedInRelease: String?
    let regressedInRelease: String?
    let regressedAt: Instant?
    let updatedAt: Instant?
    let count, affectedVisitors: Int64
    let firstSeen, lastSeen: Instant
    let firstRelease: String?
    let lastRelease: String?

    private static let release = Shape<String?>.nullable(.text(200)), instant = Shape<Instant?>.nullable(.timestamp)

    static let shape = Shape<IssueReport>([
        .required("fingerprint", \.fingerprint, .string(32...32)),
        .required("message", \.message, .text(ErrorCollector.messageLimit), "Message of the latest occurrence."),
        .required("status", \.status, .choice, "regressed: resolved, then seen again in a later release."),
        .required("resolved_in_release", \.resolvedInRelease, release),
        .required("regressed_in_release", \.regressedInRelease, release), .required("regressed_at", \.regressedAt, instant),
        .required("updated_at", \.updatedAt, instant, "When someone last set the status; null if never."),
        .required("count", \.count, .count), .required("affected_visitors", \.affectedVisitors, .count),
        .required("first_seen", \.firstSeen, .timestamp), .required("last_seen", \.lastSeen, .timestamp),
        .required("first_release", \.firstRelease, release), .required("last_release", \.lastRelease, release),
    ])

    static let kind = "Error"

    /// - Throws: 404 for a fingerprint without any occurrence.
    @Sendable static func run(_ call: ProjectRequest) async throws -> IssueReport {
        let text = call.path("fingerprint")
        guard let fingerprint = Fingerprint(text) else { throw ServiceError.notFound(kind, text) }
        let scope = call.wholeScope()
        let rows = try await scope.rows(
            "error_tracking.issue",
            with: """
                occurrences AS MATERIALIZED (
                  SELECT visitor, occurred_at, number, message, release FROM error_tracking_errors
                  WHERE fingerprint = \(fingerprint.high) AND fingerprint_low = \(fingerprint.low))
                """,
            [
                .tally(
                    "totals",
                    [
                        .count("errors"), .visitors("visitors"), .minimum("first_at", of: "occurred_at"),
                        .maximum("last_at", of: "occurred_at"),
                    ], from: "occurrences"),
                .page(
                    "latest", "SELECT message, occurred_at, number FROM occurrences", by: "occurred_at DESC, number DESC, message", limit: 1
                ),
                .tally(
                    "tagged", by: ["release"], [.minimum("first_at", of: "occurred_at"), .maximum("last_at", of: "occurred_at")],
                    from: "occurrences WHERE release IS NOT NULL"),
            ],
            """
            SELECT errors, visitors, first_at, last_at, (SELECT message FROM latest) AS message,
              (SELECT tagged.release FROM tagged ORDER BY tagged.first_at, tagged.release LIMIT 1) AS first_release,
              (SELECT tagged.release FROM tagged ORDER BY tagged.last_at DESC, tagged.release LIMIT 1) AS last_release
            FROM totals
            """)
        guard let row = rows.first, row.int("errors") > 0 else { throw ServiceError.notFound(kind, text) }
        let issue = try await Issues(call).states(of: [fingerprint])[fingerprint] ?? .untouched
        return IssueReport(
            fingerprint: fingerprint.hex, message: row.text("message"), status: issue.status, resolvedInRelease: issue.resolvedInRelease,
            regressedInRelease: issue.regression?.release, regressedAt: issue.regression?.at, updatedAt: issue.updatedAt,
            count: row.int("errors"), affectedVisitors: row.int("visitors"), firstSeen: Instant(milliseconds: row.int("first_at")),
            lastSeen: Instant(milliseconds: row.int("last_at")), firstRelease: row.optionalText("first_release"),
            lastRelease: row.optionalText("last_release"))
    }

    // MARK: Setting the state

    static let change = Schema.object([
        .required("status", .choice(Issue.Status.settable.map(\.rawValue))),
        .optional("release", .text(200), "With resolved: the last release with the error. Default: the last release in which it occurred."),
    ])

    /// `PUT /api/v1/errors/issues/{fingerprint}` with a status, and for `resolved` possibly a release.
    @Sendable static func set(_ call: ProjectRequest) async throws -> IssueReport {
        let before = try await run(call)  // 404 before 400
        let body = try await call.body()
        guard let fingerprint = Fingerprint(before.fingerprint), let status = body["status"]?.string.flatMap(Issue.Status.init) else {
            throw ServiceError.notFound(kind, before.fingerprint)
        }
        let release = body["release"]?.string
        guard release == nil || status == .resolved else {
            throw ServiceError.body(field: "release", "is accepted only with status 'resolved'; got status '\(status.rawValue)'.")
        }
        try await Issues(call).set(status, release: status == .resolved ? release ?? before.lastRelease : nil, of: fingerprint)
        return try await run(call)
    }
}
