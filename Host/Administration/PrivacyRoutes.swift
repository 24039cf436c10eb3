@_spi(Host) @_spi(Scopes) import Access
import Common
import HTTPTypes
@_spi(Host) import Ingest
import NIOCore
@_spi(Host) import Questions
@_spi(Host) import Storage

extension AdministrationRoutes {
    private static let rules: [Schema.Field] = [
        .required("anonymize_ip", .boolean, "Truncate IP addresses before they are looked up or hashed."),
        .required("respect_dnt", .boolean, "Store nothing from browsers that send DNT or Sec-GPC."),
        .required("bot_filtering", .boolean, "Store nothing from crawlers and monitoring services."),
        .required("consent_required", .boolean, "Store nothing without consent."),
        .required("allowed_consent_modes", .array(.text(50), count: 0...50), "Accepted consent modes; empty accepts any."),
        .required("blocked_user_agents", .array(.text(200), count: 0...500), "Store nothing from user agents that contain one of these."),
    ]

    var privacyRoutes: [Route] {
        let path = "/api/admin/projects/{id}/privacy"
        let rules = Schema.object(Self.rules)
        let changes = Schema.object(Self.rules.map { .optional($0.name, $0.schema, $0.summary) }, unknown: .refused)
        // No limits, because data collected over years may exceed the limits for request bodies.
        let anything = Schema.map(.any, limits: .init(keys: .max, bytes: .max)), rows = Schema.list(anything)
        return [
            Route(.get, path, "Read a project's privacy settings.", scope: .admin, access: .read, success: .json(rules)) { call in
                try .json(call.project.privacy)
            },
            Route(
                .put, path, "Change a project's privacy settings; omitted fields stay unchanged.", scope: .admin, access: .write,
                body: changes, success: .json(rules), use: changePrivacy),
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
                access: .write,
                success: .noContent, use: eraseVisitor
            ).withoutTimeLimit(),
        ]
    }

    @Sendable private func changePrivacy(_ call: ProjectRequest) async throws -> Answer {
        let body = try await call.body()
        let rules = try await call.directory.changePrivacy(of: call.project, by: call.actor) { rules in
            if let value = body["anonymize_ip"]?.boolean { rules.anonymizeIP = value }
            if let value = body["respect_dnt"]?.boolean { rules.respectDNT = value }
            if let value = body["bot_filtering"]?.boolean { rules.botFiltering = value }
            if let value = body["consent_required"]?.boolean { rules.consentRequired = value }
            if let list = body["allowed_consent_modes"], !list.isNull { rules.allowedConsentModes = list.elements.compactMap(\.string) }
            if let list = body["blocked_user_agents"], !list.isNull { rules.blockedUserAgents = list.elements.compactMap(\.string) }
        }
        return try .json(rules)
    }

    // MARK: One visitor

    /// The members of an export that have all facts of one module.
    private static func sections(_ facts: FactCatalog) -> [(name: String, tables: [FactTable])] {
        [("surveys", "surveys"), ("experiments", "ab_testing"), ("replays", "session_replay")].map { ($0, facts.tables(of: $1)) }
    }

    @Sendable private func exportVisitor(_ call: ProjectRequest) async throws -> Answer {
        let id = try Self.visitorID(call)
        let report = try await VisitorExport(events: eventStore, tables: tables, sections: Self.sections(call.services.factTables)).text(
            of: id, in: call.project.number, settle: writer.settle)
        try await audit("visitor.export", id, call)
        return .json(bytes: .init(bytes: report.bytes))
    }

    @Sendable private func eraseVisitor(_ call: ProjectRequest) async throws -> Answer {
        let id = try Self.visitorID(call)
        let erased = try await VisitorErasure(events: eventStore, tables: tables).erase(id, in: call.project.number, settle: writer.settle)
        await writer.dropStored()
        counters.changed(project: call.project.number)
        pipeline.forget(project: call.project.number, visitor: VisitorIdentity.key(of: id, project: call.project.number))
        try await audit("visitor.erase", id, call, rows: erased)
        return .noContent
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

/// Exports everything about one visitor, from every fact table.
struct VisitorExport: Sendable {
    let events: any EventStore
    let tables: [FactTable]
    /// The members with the rows of some tables. All other tables are under `telemetry`.
    let sections: [(name: String, tables: [FactTable])]

    /// Returns the whole response as JSON, with rows in time order.
    func text(of id: String, in project: Int32, settle: @Sendable () async throws -> Void) async throws -> JSONText {
        try await settle()
        let reference = try await events.visitor(VisitorIdentity.key(of: id, project: project), of: project)
        var text = JSONText()
        text.append(raw: #"{"visitor_id":"#)
        text.append(string: id)
        text.append(raw: #","identity":{"#)
        try await appendIdentity(of: reference, project, to: &text)
        text.append(raw: "}")
        for (name, condition) in [("pageviews", "kind = 0"), ("events", "kind = 1")] {
            text.append(raw: #","\#(name)":"#)
            append(try await rows(of: Activity.table, reference, project, where: SQL(sql: condition)), to: &text)
        }
        text.append(raw: #","sessions":"#)
        append(try await sessions(reference, project), to: &text)
        for (name, tables) in sections {
            text.append(raw: #","\#(name)":"#)
            var found: [Rows] = []
            for table in tables { found.append(try await rows(of: table, reference, project, where: "TRUE")) }
            append(found, to: &text)
        }
        text.append(raw: #","telemetry":{"#)
        let others = tables.filter { table in
            table != Activity.table && table != Activity.visitors && !sections.contains { $0.tables.contains(table) }
        }
        for (index, table) in others.enumerated() {
            text.append(raw: (index > 0 ? "," : "") + #""\#(table.name)":"#)
            append(try await rows(of: table, reference, project, where: "TRUE"), to: &text)
        }
        text.append(raw: "}}")
        return text
    }

    /// Appends the visitor's current identity: `user_id`, and the `traits` that were not removed. Appends nothing for a visitor who
    /// was never identified. The telemetry part of the export has the history of both values.
    private func appendIdentity(of visitor: Int64?, _ project: Int32, to text: inout JSONText) async throws {
        guard let visitor, tables.contains(Identity.profiles), tables.contains(Identity.traits) else { return }
        let own: SQL = "project = \(Int64(project)) AND visitor = \(visitor)"
        let users = try await events.query(
            """
            /* privacy.export_user */ SELECT count(*) AS n, \(Identity.latest("user_id", where: "user_id IS NOT NULL", events.dialect)) AS user_id
            FROM identity_profiles WHERE \(own)
            """, timeoutSeconds: 60)
        guard let user = users.first, user.int("n") > 0 else { return }
        let traits = try await events.query(
            """
            /* privacy.export_traits */ SELECT name, \(Identity.latest("value", events.dialect)) AS value FROM identity_traits
            WHERE \(own) GROUP BY name ORDER BY \(events.dialect.byCodePoints("name"))
            """, timeoutSeconds: 60)
        text.append(raw: #""user_id":"#)
        if let id = user.optionalText("user_id") { text.append(string: id) } else { text.append(raw: "null") }
        text.append(raw: #","traits":{"#)
        var isFirst = true
        for trait in traits where trait.text("value") != "null" {
            if !isFirst { text.append(raw: ",") }
            isFirst = false
            text.append(string: trait.text("name"))
            text.append(raw: ":" + trait.text("value"))
        }
        text.append(raw: "}")
    }

    private func rows(of table: FactTable, _ visitor: Int64?, _ project: Int32, where condition: SQL) async throws -> Rows {
        let columns = ["occurred_at"] + table.columns.map(\.name)
        return try await events.query(
            """
            /* privacy.export */ SELECT \(sql: columns.joined(separator: ", ")) FROM \(sql: table.name)
            WHERE project = \(Int64(project)) AND visitor = \(visitor) AND \(condition) ORDER BY occurred_at
            """, timeoutSeconds: 60)
    }

    private func sessions(_ visitor: Int64?, _ project: Int32) async throws -> Rows {
        try await events.query(
            """
            /* privacy.export_sessions */ SELECT session_at, min(occurred_at) AS started_at, max(occurred_at) AS ended_at,
              count(*) FILTER (WHERE kind = 0) AS pageviews, count(*) FILTER (WHERE kind = 1) AS events
            FROM core_activity WHERE project = \(Int64(project)) AND visitor = \(visitor) AND kind < 2
            GROUP BY session_at ORDER BY session_at
            """, timeoutSeconds: 60)
    }

    private func append(_ rows: Rows, to text: inout JSONText) { append([rows], to: &text) }

    /// Appends rows as JSON objects, with instants as ISO 8601 and `data` as the JSON it contains.
    private func append(_ tables: [Rows], to text: inout JSONText) {
        text.append(raw: "[")
        for (index, row) in tables.joined().enumerated() {
            text.append(raw: index > 0 ? ",{" : "{")
            for (position, (column, value)) in zip(row.columns, row.values).enumerated() {
                text.append(raw: (position > 0 ? "," : "") + #""\#(column)":"#)
                switch value {
                case .int(let milliseconds) where column.hasSuffix("_at"): text.append(string: Instant(milliseconds: milliseconds).iso8601)
                case .text(let json) where column == "data": text.append(raw: json)
                case .text(let value): text.append(string: value)
                case .int(let value): text.append(raw: String(value))
                case .double(let value): text.append(raw: "\(value)")
                case .bool(let value): text.append(raw: String(value))
                case .null: text.append(raw: "null")
                }
            }
            text.append(raw: "}")
        }
        text.append(raw: "]")
    }
}

/// Deletes one visitor from every fact table.
struct VisitorErasure: Sendable {
    let events: any EventStore
    let tables: [FactTable]

    /// Deletes the visitor from all tables in one transaction. Returns the number of deleted rows by table.
    func erase(_ id: String, in project: Int32, settle: @Sendable () async throws -> Void) async throws -> [String: Int64] {
        try await settle()
        guard let visitor = try await events.visitor(VisitorIdentity.key(of: id, project: project), of: project) else {
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
        try await events.erase(facts + events.erasure(of: visitor, in: project))
        return counts
    }
}
