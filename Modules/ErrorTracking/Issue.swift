import Core

/// What people decided about an error, kept by its fingerprint.
struct Issue: Sendable {
    enum Status: String, Sendable, Encodable, CaseIterable {
        case open, resolved, ignored
        /// Resolved, and seen again in a later release. Nobody sets it: it is found out.
        case regressed

        /// What a person may set.
        static let settable = [open, resolved, ignored]
    }

    /// Seen again after it was resolved.
    struct Regression: Sendable, Equatable {
        let release: String?
        let at: Instant
    }

    let decision: Status
    /// The last release that is known to have the error, when it was resolved; nil for "whatever comes now".
    let resolvedInRelease: String?
    let updatedAt: Instant?
    let regression: Regression?

    var status: Status { regression == nil ? decision : .regressed }

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

    /// The states of those of `fingerprints` that somebody decided about.
    func states(of fingerprints: [Fingerprint]) async throws -> [Fingerprint: Issue] {
        try await issues(where: "fingerprint IN \(list: fingerprints.map(\.hex))")
    }

    /// What holds for rows of errors whose issue has the state.
    func condition(_ status: Issue.Status) async throws -> SQL {
        let issues = try await issues(where: "status <> 'open'")
        if status == .open { return issues.isEmpty ? "TRUE" : "fingerprint NOT IN \(SQL.list(issues.keys.map(\.high).sorted()))" }
        return "fingerprint IN \(SQL.list(issues.filter { $0.value.status == status }.keys.map(\.high).sorted()))"
    }

    private func issues(where condition: SQL) async throws -> [Fingerprint: Issue] {
        let rows = try await call.control.read(
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

    /// Which of the resolved issues came back: after they were resolved, in a release later than the one they were resolved in.
    private func regressions(_ resolved: [Fingerprint: Issue]) async throws -> [Fingerprint: Issue.Regression] {
        guard !resolved.isEmpty else { return [:] }
        let asked = resolved.map { "(\($0.key.high), \($0.value.updatedAt?.milliseconds ?? 0))" }.sorted().joined(separator: ", ")
        let rows = try await call.wholeScope().rows("error_tracking.regressions", reading: [ErrorTable.table], continues: true, """
            resolved AS (SELECT * FROM (VALUES \(sql: asked)) AS given (issue, since))
            SELECT fingerprint, fingerprint_low, release, min(occurred_at) AS first_at
            FROM error_tracking_errors JOIN resolved ON fingerprint = issue AND occurred_at > since
            GROUP BY fingerprint, fingerprint_low, release ORDER BY first_at, release NULLS LAST
            """)
        guard !rows.isEmpty else { return [:] }
        let order = try await ReleaseOrder(call)
        var found: [Fingerprint: Issue.Regression] = [:]
        for row in rows where found[row.fingerprint] == nil {
            guard let issue = resolved[row.fingerprint] else { continue }
            let release = row.optionalText("release")
            if let known = issue.resolvedInRelease {
                // Without a release nobody can tell whether it is an old build that somebody still has open.
                guard let release, order.isEarlier(known, than: release) else { continue }
            }
            found[row.fingerprint] = .init(release: release, at: Instant(milliseconds: row.int("first_at")))
        }
        return found
    }

    /// Keeps what somebody decided.
    func set(_ status: Issue.Status, release: String?, of fingerprint: Fingerprint) async throws {
        let hex = fingerprint.hex, project = call.project.id, now = call.now, actor = call.actor
        try await call.control.write { transaction in
            try await transaction.run(
                """
                /* error_tracking.set_issue */ INSERT INTO error_tracking_issues (project_id, fingerprint, status, release, updated_at)
                VALUES (\(project), \(hex), \(status.rawValue), \(release), \(now.milliseconds))
                ON CONFLICT (project_id, fingerprint) DO UPDATE
                SET status = excluded.status, release = excluded.release, updated_at = excluded.updated_at
                """)
            try await AuditLog.record(
                "error.\(status.rawValue)", by: actor, on: "error \(hex)", metadata: release.map { ["release": $0] } ?? [:], project: project,
                at: now, in: transaction)
        }
    }
}
