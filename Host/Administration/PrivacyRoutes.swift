@_spi(Host) @_spi(Scopes) import Access
@_spi(Host) import Blobs
import Common
import HTTPTypes
@_spi(Host) import Ingest
import NIOCore
@_spi(Host) import Questions
@_spi(Host) import Storage

extension AdministrationRoutes {
    var privacyRoutes: [Route] {
        let path = "/api/admin/projects/{id}/privacy"
        let changes = Schema.object(
            PrivacyRules.shape.fields.map { .optional($0.schema.name, $0.schema.schema, $0.schema.summary) }, unknown: .refused)
        // No limits, because data collected over years may exceed the limits for request bodies.
        let anything = Schema.map(.any, limits: .init(keys: .max, bytes: .max)), rows = Schema.list(anything)
        return [
            Route(.get, path, "Read a project's privacy settings.", scope: .admin, access: .read, answer: PrivacyRules.shape) { call in
                call.project.privacy
            },
            Route(
                .put, path, "Change a project's privacy settings; omitted fields stay unchanged.", scope: .admin, access: .write,
                body: changes, answer: PrivacyRules.shape, use: changePrivacy),
            Route(
                .get, path + "/visitors/{visitor_id}/export", "Export everything that is stored about a visitor.", scope: .admin,
                access: .read,
                success: .json(
                    .object([
                        .required("visitor_id", .text(200)), .required("identity", anything), .required("sessions", rows),
                        .required("pageviews", rows), .required("events", rows), .required("surveys", rows), .required("experiments", rows),
                        .required("replays", rows), .required("telemetry", anything),
                    ])), use: exportVisitor),
            Route(
                .delete, path + "/visitors/{visitor_id}", "Delete everything that is stored about a visitor.", scope: .admin,
                access: .write, use: eraseVisitor
            ).withoutTimeLimit(),
        ]
    }

    @Sendable private func changePrivacy(_ call: ProjectRequest) async throws -> PrivacyRules {
        let body = try await call.body()
        return try await call.directory.changePrivacy(of: call.project, by: call.actor) { $0.apply(body) }
    }

    // MARK: One visitor

    /// The members of an export that have all facts of one module.
    private static func sections(_ tables: StoredTables.Found) -> [(name: String, tables: [FactTable])] {
        [("surveys", "surveys"), ("experiments", "ab_testing"), ("replays", "session_replay")].map { ($0, tables.facts(of: $1)) }
    }

    @Sendable private func exportVisitor(_ call: ProjectRequest) async throws -> Answer {
        let id = try Self.visitorID(call)
        try await otherHosts.settleAll()
        let tables = try await tables.find()
        let export = try await VisitorExport(
            of: id, in: call.project, events: eventStore, tables: tables.facts, sections: Self.sections(tables),
            others: VisitorRecords(control: call.control, tables: tables.visitors, blobs: call.services.blobs))
        try await audit("visitor.export", id, call)
        return Answer(
            status: 200, headers: [.contentType: "application/json; charset=utf-8"], body: .stream(ByteStream { try await export.next() }))
    }

    @Sendable private func eraseVisitor(_ call: ProjectRequest) async throws {
        let id = try Self.visitorID(call)
        let project = call.project.number, visitor = VisitorIdentity.key(of: id, project: project)
        let tables = try await tables.find()
        let erased = try await VisitorErasure(
            events: eventStore, tables: tables.facts,
            others: VisitorRecords(control: call.control, tables: tables.visitors, blobs: call.services.blobs)
        ).erase(id, in: call.project, at: call.now, settle: otherHosts.settleAll)
        await writer.dropStored()
        counters.changed(project: project)
        pipeline.forget(project: project, visitor: visitor)
        try await audit("visitor.erase", id, call, rows: erased.filter { $0.key != SetAside.table.name || $0.value > 0 })
        try await otherHosts.forget(visitor, of: project)
    }

    /// - Throws: 404 if the id is longer than any id that Pulse collects.
    private static func visitorID(_ call: ProjectRequest) throws -> String {
        let id = call.path("visitor_id")
        guard id.unicodeScalars.count <= 200 else { throw ServiceError.notFound("Visitor", id) }
        return id
    }

    /// Records the action in the audit log, with a pseudonym for the visitor. The audit log must not keep what was erased. A plain
    /// digest would not do, because the digest of an email address can be reversed by trying addresses.
    private func audit(_ action: String, _ visitor: String, _ call: ProjectRequest, rows: [String: Int64] = [:]) async throws {
        let actor = call.actor, project = call.project.id, now = call.now
        let pseudonym = call.services.vault.pseudonym(visitor, for: "audit.visitors \(project)")
        let metadata = rows.mapValues(String.init)
        try await call.control.write { transaction in
            try await AuditLog.record(
                action, by: actor, on: "visitor \(pseudonym)", metadata: metadata, project: project, at: now, in: transaction)
        }
    }
}

/// What is kept about visitors outside fact tables: rows of control tables, and blobs.
struct VisitorRecords: Sendable {
    let control: any ControlStore
    let tables: [VisitorTable]
    let blobs: BlobStore

    /// Deletes everything about a visitor. Returns the number of deleted rows by table, and of blobs if there were any.
    func erase(_ id: String, in project: Project) async throws -> [String: Int64] {
        let key = VisitorIdentity.key(of: id, project: project.number)
        var counts: [String: Int64] = [:]
        let blobs = try await blobs.erase(visitor: key, in: project.id)
        if blobs > 0 { counts["blobs"] = Int64(blobs) }
        guard !tables.isEmpty else { return counts }
        let rows = try await control.write { [tables] transaction in
            var rows: [String: Int64] = [:]
            for table in tables {
                rows[table.name] = try await table.erase(id, key: key, in: project.id, transaction)
            }
            return rows
        }
        return counts.merging(rows) { $1 }
    }
}

/// Deletes everything about one visitor.
struct VisitorErasure: Sendable {
    let events: any EventStore
    let tables: [FactTable]
    let others: VisitorRecords

    /// Deletes the visitor's facts in one transaction, then what is kept elsewhere. Returns the number of deleted rows by table.
    func erase(
        _ id: String, in project: Project, at now: Instant, settle: @Sendable () async throws -> Void
    ) async throws -> [String: Int64] {
        let facts = try await eraseFacts(id, in: project.number, at: now, settle: settle)
        return facts.merging(try await others.erase(id, in: project)) { $1 }
    }

    private func eraseFacts(
        _ id: String, in project: Int32, at now: Instant, settle: @Sendable () async throws -> Void
    ) async throws -> [String: Int64] {
        try await settle()
        let key = VisitorIdentity.key(of: id, project: project),
            addition = ErasedVisitors.addition(key, of: project, at: now, events.dialect)
        guard let visitor = try await events.visitor(key, of: project) else {
            try await events.change(addition)
            // Return zero for every table, so the result is the same whether or not the engine numbers visitors.
            return Dictionary(tables.map { ($0.name, 0) }) { $1 }
        }
        var counts: [String: Int64] = [:]
        for table in tables {
            let rows = try await events.query(
                """
                /* privacy.erase_count */ SELECT count(*) AS n FROM \(sql: table.name)
                WHERE project = \(Int64(project)) AND visitor = \(visitor)
                """, timeoutSeconds: 60)
            counts[table.name] = rows[0].int("n")
        }
        let facts = tables.flatMap { events.erasure(of: visitor, in: project, from: $0) }
        try await events.erase(addition + facts + events.erasure(of: visitor, in: project))
        return counts
    }
}
