import Core

/// A batch of imported rows, stored as a whole or not at all.
struct ImportBatch: Sendable {
    let id, provider, name: String
    let rowCount: Int64
    let metadata: JSONText
    let createdAt: Instant

    static let shape = Shape<ImportBatch>([
        .required("id", \.id, .uuid), .required("provider", \.provider, .choice(providers)), .required("name", \.name, .text(200)),
        .required("row_count", \.rowCount, .count), .required("metadata", \.metadata, .document),
        .required("created_at", \.createdAt, .timestamp),
    ])

    private init(_ row: Row) {
        id = row.text("id")
        provider = row.text("provider")
        name = row.text("name")
        rowCount = row.int("row_count")
        metadata = JSONText(stored: row.text("metadata"))
        createdAt = Instant(milliseconds: row.int("created_at"))
    }

    static let providers = ["google_analytics", "google_ads", "search_console"]
    static let providerParameter = Parameter("provider", .choice(providers, default: nil), "Only imports from this provider.")
    static let maximumRows = 10_000
    private static let maximumColumns = 500
    /// Rows per statement: a statement can bind at most 32,766 values.
    private static let rowsAtOnce = 500

    static let table = Table(
        "utm_imports",
        [
            Column("id", .text), Column("project_id", .text), Column("provider", .text), Column("name", .text), Column("row_count", .int64),
            Column("metadata", .text), Column("created_at", .int64),
        ],
        primaryKey: ["id"], indexes: [["project_id", "created_at"]])

    static let body = Schema.object([
        .required("provider", .choice(providers)), .required("name", .text(200)),
        .optional("rows", .array(.any, count: 1...maximumRows), "Objects with `date`, `dimensions`, `metrics` and `raw_row`."),
        .optional("csv", .text(1_048_576), "CSV (RFC 4180) instead of `rows`, with a header that has a `date` column."),
        .optional("metadata", .map(.any), "Further information about the export."),
    ])

    // MARK: Reading

    /// - Throws: 400 with the number of the first invalid row. Rows are numbered starting at 1, without the header.
    static func rows(of body: JSON) throws -> [ImportRow] {
        let rows = body["rows"].flatMap { $0.isNull ? nil : $0 }, csv = body["csv"]?.string
        switch (rows, csv) {
        case (let rows?, nil):
            return try rows.elements.enumerated().map { index, row in try naming("row \(index + 1)") { try ImportRow(row) } }
        case (nil, let csv?): return try Self.rows(ofCSV: csv)
        case (nil, nil): throw ServiceError.body("missing required field 'rows' or 'csv'.")
        case (_?, _?): throw ServiceError.body("either field 'rows' or field 'csv' is accepted; got both.")
        }
    }

    private static func rows(ofCSV text: String) throws -> [ImportRow] {
        let records: [CSV.Record]
        do { records = try CSV.parse(text, delimiter: nil, maximumRecords: maximumRows + 1, maximumFields: maximumColumns) } catch {
            throw ServiceError.body(field: "csv", because: "\(error).")
        }
        guard let header = records.first?.fields.map(CampaignFields.kept), records.count > 1 else {
            throw ServiceError.body(field: "csv", "must contain a header and at least one row; got \(records.count.counting("line")).")
        }
        var names: Set<ExactText> = []
        for name in header where !names.insert(ExactText(ImportRow.plain(name))).inserted {
            throw ServiceError.body(field: "csv", because: "the header has the column '\(name.excerpt(60))' twice.")
        }
        return try records.dropFirst().enumerated().map { index, record in
            try naming("row \(index + 1) (line \(record.line))") { try ImportRow(record.fields, under: header) }
        }
    }

    private static func naming<Result>(_ place: String, _ read: () throws -> Result) throws -> Result {
        do { return try read() } catch let error as ServiceError {
            // `ServiceError.body` prepends these words, so remove them from the row's error.
            let opening = ServiceError.body("").message
            throw ServiceError.body(
                "\(place): \(error.message.hasPrefix(opening) ? String(error.message.dropFirst(opening.count)) : error.message)")
        }
    }

    // MARK: Storing

    private static let columns = "id, provider, name, row_count, metadata, created_at"

    static func create(_ call: ProjectRequest, _ body: JSON, _ rows: [ImportRow]) async throws -> ImportBatch {
        let id = Identifiers.uuid(), project = call.project.id, actor = call.actor, now = call.now
        let provider = body["provider"]?.string ?? "", name = body["name"]?.string ?? ""
        var metadata = JSONText()
        metadata.append(body["metadata"].flatMap { $0.isNull ? nil : $0 } ?? .emptyObject)
        let kept = metadata.string
        let made = try await call.store.write { transaction in
            let made = try await transaction.run(
                """
                /* utm.create_import */ INSERT INTO utm_imports (id, project_id, provider, name, row_count, metadata, created_at)
                VALUES (\(id), \(project), \(provider), \(name), \(rows.count), \(kept), \(now.milliseconds)) RETURNING \(sql: columns)
                """)
            let into = SQL(sql: ImportRow.table.columns.map(\.name).joined(separator: ", "))
            for start in stride(from: 0, to: rows.count, by: rowsAtOnce) {
                let values = (start..<min(start + rowsAtOnce, rows.count)).map { rows[$0].values(number: $0 + 1, of: id, in: project) }
                try await transaction.run("/* utm.import_rows */ INSERT INTO utm_import_rows (\(into)) VALUES \(SQL.joined(values))")
            }
            try await AuditLog.record(
                "import.create", by: actor, on: "import \(id)", metadata: ["provider": provider, "rows": "\(rows.count)"], project: project,
                at: now,
                in: transaction)
            return made
        }
        return ImportBatch(made[0])
    }

    /// Returns one page of batches, newest first.
    static func list(_ call: ProjectRequest) async throws -> [ImportBatch] {
        let provider: SQL = call.text("provider").map { " AND provider = \($0)" } ?? ""
        let rows = try await call.store.read(
            """
            /* utm.imports */ SELECT \(sql: columns) FROM utm_imports WHERE project_id = \(call.project.id)\(provider)
            ORDER BY created_at DESC, id LIMIT \(call.limit) OFFSET \(call.offset)
            """)
        return rows.map(ImportBatch.init)
    }

    /// Returns the batch whose id is in the path.
    /// - Throws: 404 if the project has no such batch.
    static func require(_ call: ProjectRequest) async throws -> ImportBatch {
        let id = call.id()
        let rows = try await call.store.read(
            "/* utm.import */ SELECT \(sql: columns) FROM utm_imports WHERE id = \(id) AND project_id = \(call.project.id)")
        guard let row = rows.first else { throw ServiceError.notFound("Import", call.path("id")) }
        return ImportBatch(row)
    }

    static func delete(_ call: ProjectRequest) async throws {
        let id = try await require(call).id, project = call.project.id, actor = call.actor, now = call.now
        try await call.store.write { transaction in
            try await transaction.run("/* utm.delete_import_rows */ DELETE FROM utm_import_rows WHERE import_id = \(id)")
            try await transaction.run("/* utm.delete_import */ DELETE FROM utm_imports WHERE id = \(id) AND project_id = \(project)")
            try await AuditLog.record("import.delete", by: actor, on: "import \(id)", project: project, at: now, in: transaction)
        }
    }
}
