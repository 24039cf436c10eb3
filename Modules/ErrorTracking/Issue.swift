import Core

/// The state of an error: what someone set, and whether the error has come back since.
struct Issue: Sendable {
    enum Status: String, Sendable, CaseIterable {
        case open, resolved, ignored
        /// Resolved, but seen again in a later release. This state is computed, never set.
        case regressed

        /// The states that a person may set.
        static let settable = [open, resolved, ignored]
    }

    /// The first occurrence that counts as a return of a resolved error, and its release.
    struct Regression: Sendable, Equatable {
        let release: String?
        let at: Instant
    }

    /// The state that someone set.
    let decision: Status
    /// The last release that was known to have the error when the error was resolved; nil if any later occurrence is a regression.
    let resolvedInRelease: String?
    let updatedAt: Instant?
    let regression: Regression?

    /// `regressed` for a resolved error that came back, else `decision`.
    var status: Status { regression == nil ? decision : .regressed }

    /// An error whose state nobody has set.
    static let untouched = Issue(decision: .open, resolvedInRelease: nil, updatedAt: nil, regression: nil)

    static let table = Table(
        "error_tracking_issues",
        [
            Column("project_id", .text), Column("fingerprint", .text), Column("status", .text), Column("release", .text, nullable: true),
            Column("updated_at", .int64),
        ],
        primaryKey: ["project_id", "fingerprint"])
}

/// The states of a project's issues.
struct Issues: Sendable {
    private let call: ProjectRequest

    init(_ call: ProjectRequest) { self.call = call }

    /// Returns the states of those `fingerprints` for which someone has set a state.
    func states(of fingerprints: [Fingerprint]) async throws -> [Fingerprint: Issue] {
        try await issues(where: "fingerprint IN \(list: fingerprints.map(\.hex))")
    }

    /// Returns the condition that selects the rows of errors with this status.
    func condition(_ status: Issue.Status) async throws -> SQL {
        let issues = try await issues(where: "status <> 'open'")
        if status == .open { return issues.isEmpty ? "TRUE" : "fingerprint NOT IN \(SQL.list(issues.keys.map(\.high).sorted()))" }
        return "fingerprint IN \(SQL.list(issues.filter { $0.value.status == status }.keys.map(\.high).sorted()))"
    }

    private func issues(where condition: SQL) async throws -> [Fingerprint: Issue] {
        let rows = try await call.store.read(
            """
            /* error_tracking.issues */ SELECT fingerprint, status, release, updated_at FROM error_tracking_issues
            WHERE project_id = \(call.project.id) AND \(condition)
            """)
        var issues: [Fingerprint: Issue] = [:]
        for row in rows {
            guard let fingerprint = Fingerprint(row.text("fingerprint")) else { continue }
            issues[fingerprint] = Issue(
                decision: Issue.Status(rawValue: row.text("status")) ?? .open, resolvedInRelease: row.optionalText("release"),
                updatedAt: Instant(milliseconds: row.int("updated_at")), regression: nil)
        }
        for (fingerprint, regression) in try await regressions(issues.filter { $0.value.decision == .resolved }) {
            guard let issue = issues[fingerprint] else { continue }
            issues[fingerprint] = Issue(
                decision: issue.decision, resolvedInRelease: issue.resolvedInRelease, updatedAt: issue.updatedAt, regression: regression)
        }
        return issues
    }

    /// Returns the resolved issues that occurred again, in a later release than the one in which they were resolved. If that release is
    /// unknown, any later occurrence counts.
    private func regressions(_ resolved: [Fingerprint: Issue]) async throws -> [Fingerprint: Issue.Regression] {
        guard !resolved.isEmpty else { return [:] }
        let values = resolved.map { "(\($0.key.high), \($0.value.updatedAt?.milliseconds ?? 0))" }.sorted().joined(separator: ", ")
        let rows = try await call.wholeScope().rows(
            "error_tracking.regressions",
            with: "resolved AS (SELECT * FROM (VALUES \(sql: values)) AS given (issue, since))",
            [
                .tally(
                    "returned", by: ["fingerprint", "fingerprint_low", "release"], [.minimum("first_at", of: "occurred_at")],
                    from: "error_tracking_errors JOIN resolved ON fingerprint = issue AND occurred_at > since")
            ],
            """
            SELECT fingerprint, fingerprint_low, release, first_at FROM returned
            ORDER BY first_at, release NULLS LAST, fingerprint, fingerprint_low
            """)
        guard !rows.isEmpty else { return [:] }
        let order = try await ReleaseOrder(call)
        var regressions: [Fingerprint: Issue.Regression] = [:]
        for row in rows where regressions[row.fingerprint] == nil {
            guard let issue = resolved[row.fingerprint] else { continue }
            let release = row.optionalText("release")
            if let resolved = issue.resolvedInRelease {
                // An occurrence without a release may come from an old build that a visitor still has open.
                guard let release, order.isEarlier(resolved, than: release) else { continue }
            }
            regressions[row.fingerprint] = .init(release: release, at: Instant(milliseconds: row.int("first_at")))
        }
        return regressions
    }

    /// Stores the state that someone set, with an audit entry.
    func set(_ status: Issue.Status, release: String?, of fingerprint: Fingerprint) async throws {
        let hex = fingerprint.hex, project = call.project.id, now = call.now, actor = call.actor
        try await call.store.write { transaction in
            try await transaction.run(
                """
                /* error_tracking.set_issue */ INSERT INTO error_tracking_issues (project_id, fingerprint, status, release, updated_at)
                VALUES (\(project), \(hex), \(status.rawValue), \(release), \(now.milliseconds))
                ON CONFLICT (project_id, fingerprint)
                DO UPDATE SET status = excluded.status, release = excluded.release, updated_at = excluded.updated_at
                """)
            try await AuditLog.record(
                "error.\(status.rawValue)", by: actor, on: "error \(hex)", metadata: release.map { ["release": $0] } ?? [:],
                project: project,
                at: now, in: transaction)
        }
    }
}
