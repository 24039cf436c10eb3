import Core

/// One error: its state, and its numbers over all time.
struct IssueReport: Encodable, Sendable {
    let fingerprint, message: String
    let status: Issue.Status
    @Nullable var resolvedInRelease: String?
    @Nullable var regressedInRelease: String?
    @Nullable var regressedAt: Instant?
    @Nullable var updatedAt: Instant?
    let count, affectedVisitors: Int64
    let firstSeen, lastSeen: Instant
    @Nullable var firstRelease: String?
    @Nullable var lastRelease: String?

    private enum CodingKeys: String, CodingKey {
        case fingerprint, message, status, count
        case resolvedInRelease = "resolved_in_release", regressedInRelease = "regressed_in_release", regressedAt = "regressed_at"
        case updatedAt = "updated_at", affectedVisitors = "affected_visitors", firstSeen = "first_seen", lastSeen = "last_seen"
        case firstRelease = "first_release", lastRelease = "last_release"
    }

    private static let release = Schema.nullable(.text(200)), instant = Schema.nullable(.timestamp)

    static let schema = Schema.object([
        .required("fingerprint", .string(32...32)),
        .required("message", .text(ErrorCollector.messageLimit), "Message of the latest occurrence."),
        .required("status", .choice(Issue.Status.allCases.map(\.rawValue)), "regressed: resolved, then seen again in a later release."),
        .required("resolved_in_release", release), .required("regressed_in_release", release), .required("regressed_at", instant),
        .required("updated_at", instant, "When someone last set the status; null if never."), .required("count", .count),
        .required("affected_visitors", .count), .required("first_seen", .timestamp), .required("last_seen", .timestamp),
        .required("first_release", release), .required("last_release", release),
    ])

    static let kind = "Error"

    /// - Throws: 404 for a fingerprint without any occurrence.
    static func run(_ call: ProjectRequest) async throws -> IssueReport {
        let text = call.path("fingerprint")
        guard let fingerprint = Fingerprint(text) else { throw ServiceError.notFound(kind, text) }
        let scope = call.wholeScope(), dialect = scope.dialect
        let visitors = try await scope.visitorCount()
        let rows = try await scope.rows(
            "error_tracking.issue", continues: true,
            """
            occurrences AS (SELECT * FROM error_tracking_errors WHERE fingerprint = \(fingerprint.high) AND fingerprint_low = \(fingerprint.low)),
            tagged AS (SELECT release, min(occurred_at) AS first_at, max(occurred_at) AS last_at FROM occurrences WHERE release IS NOT NULL GROUP BY release)
            SELECT count(*) AS errors, \(visitors.distinct()) AS visitors, min(occurred_at) AS first_at, max(occurred_at) AS last_at,
              \(dialect.last("message", by: "occurred_at")) AS message,
              (SELECT \(dialect.first("release", by: "first_at")) FROM tagged) AS first_release,
              (SELECT \(dialect.last("release", by: "last_at")) FROM tagged) AS last_release
            FROM occurrences
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
    static func set(_ call: ProjectRequest) async throws -> IssueReport {
        let before = try await run(call)  // 404 before 400
        let body = try await call.body()
        guard let fingerprint = Fingerprint(before.fingerprint), let status = body["status"]?.string.flatMap(Issue.Status.init) else {
            throw ServiceError.notFound(kind, before.fingerprint)
        }
        let release = body["release"]?.string
        guard release == nil || status == .resolved else {
            throw ServiceError.body("field 'release' is accepted only with status 'resolved'; got status '\(status.rawValue)'.")
        }
        try await Issues(call).set(status, release: status == .resolved ? release ?? before.lastRelease : nil, of: fingerprint)
        return try await run(call)
    }
}
