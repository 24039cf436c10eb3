import Common

/// A control table with rows about visitors. Export and erasure of a visitor include it.
@_spi(Host) public struct VisitorTable: Sendable {
    public let name: String
    private let columns: [Column]
    private let primaryKey: [String]

    /// The tables that the migrations create and that have a column about a visitor.
    public static func all(in migrations: [Migration]) -> [VisitorTable] {
        var tables: [(name: String, columns: [Column], primaryKey: [String])] = []
        for step in migrations.filter({ $0.plane == .control }).flatMap(\.steps) {
            switch step {
            case .createTable(let table): tables.append((table.name, table.columns, table.primaryKey))
            case .addColumn(let table, let column):
                if let index = tables.firstIndex(where: { $0.name == table }) { tables[index].columns.append(column) }
            case .createFactTable, .createIndex, .statements, .work: break
            }
        }
        return tables.filter { $0.columns.contains { $0.visitor != nil } }.map {
            VisitorTable(name: $0.name, columns: $0.columns, primaryKey: $0.primaryKey)
        }
    }

    /// What is wrong with the control tables of a module's migrations: columns that name a visitor and don't say so.
    public static func problems(in migrations: [Migration]) -> [String] {
        var problems: [String] = []
        var hasProject: [String: Bool] = [:]
        func check(_ table: String, _ columns: [Column]) {
            for column in columns where column.visitor == nil && column.name.contains("visitor") {
                problems.append(
                    "Table '\(table)' has the column '\(column.name)', but does not say that its rows are about visitors, so their export and "
                        + "erasure would miss them. Make the column with Column.visitorID or Column.visitorKey, or give it another name.")
            }
            if columns.contains(where: { $0.visitor != nil }), hasProject[table] != true {
                problems.append(
                    "Table '\(table)' has rows about visitors, but no text column 'project_id', which tells whose visitors they are.")
            }
        }
        for step in migrations.filter({ $0.plane == .control }).flatMap(\.steps) {
            switch step {
            case .createTable(let table):
                hasProject[table.name] = table.columns.contains { $0.name == "project_id" && $0.type == .text }
                check(table.name, table.columns)
            case .addColumn(let table, let column): check(table, [column])
            case .createFactTable, .createIndex, .statements, .work: break
            }
        }
        return problems
    }

    /// Nil if no row can be about the visitor.
    private func condition(_ id: String, _ key: Int64, _ project: String) -> SQL? {
        let columns = columns.compactMap { column -> SQL? in
            switch column.visitor {
            case .id: "\(sql: column.name) = \(id)"
            case .key: "\(sql: column.name) = \(key)"
            case .suffix(let prefix): Self.suffix(of: id, after: prefix).map { "\(sql: column.name) = \($0)" }
            case .list(_, let prefix):
                // A UUID has no characters that mean something to LIKE. The UUID may have a prefix, and be in upper case.
                Self.uuid(of: id, after: prefix).map { "lower(\(sql: column.name)) LIKE \("%\($0)\"%")" }
            case nil: nil
            }
        }
        return columns.isEmpty ? nil : "project_id = \(project) AND (\(SQL.joined(columns, separator: " OR ")))"
    }

    private static func suffix(of id: String, after prefix: String) -> String? {
        id.utf8.starts(with: prefix.utf8) ? String(decoding: id.utf8.dropFirst(prefix.utf8.count), as: UTF8.self) : nil
    }

    private static func uuid(of id: String, after prefix: String) -> String? {
        suffix(of: id, after: prefix).flatMap { rest in
            rest.utf8.count == 36 && rest.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) || $0 == 45 } ? rest : nil
        }
    }

    /// A page of the rows about a visitor, without the columns that say whose they are; nil if there can't be any.
    public func rows(about id: String, key: Int64, in project: String, limit: Int, offset: Int) -> SQL? {
        guard let condition = condition(id, key, project) else { return nil }
        // A row that lists visitors also names others, so the export has only the rest of the row.
        let shown = columns.filter { $0.visitor == nil && $0.name != "project_id" }.map(\.name)
        return """
            /* privacy.export_control */ SELECT \(sql: shown.joined(separator: ", ")) FROM \(sql: name)
            WHERE \(condition) ORDER BY \(sql: primaryKey.joined(separator: ", ")) LIMIT \(limit) OFFSET \(offset)
            """
    }

    /// Deletes the rows about a visitor, and removes the visitor from the lists of other rows. Returns the number of these rows.
    public func erase(_ id: String, key: Int64, in project: String, _ transaction: any ControlTransaction) async throws -> Int64 {
        guard let condition = condition(id, key, project) else { return 0 }
        for column in columns {
            guard case .list(let member, let prefix) = column.visitor, let uuid = Self.uuid(of: id, after: prefix) else { continue }
            return try await erase(uuid, from: member, of: column.name, where: condition, transaction)
        }
        let count = try await transaction.run("/* privacy.count_control */ SELECT count(*) AS n FROM \(sql: name) WHERE \(condition)")
        try await transaction.run("/* privacy.erase_control */ DELETE FROM \(sql: name) WHERE \(condition)")
        return count[0].int("n")
    }

    private func erase(
        _ uuid: String, from member: String, of column: String, where condition: SQL, _ transaction: any ControlTransaction
    ) async throws -> Int64 {
        let rows = try await transaction.run(
            "/* privacy.listed */ SELECT id, \(sql: column) AS listing FROM \(sql: name) WHERE \(condition)")
        var changed: Int64 = 0
        for row in rows {
            let listing = try JSON.parse(row.text("listing")), listed = listing[member]?.elements ?? []
            let kept = listed.filter { $0.string.map(Identifiers.plain)?.isExactly(uuid) != true }
            // The row has the UUID elsewhere.
            guard kept.count < listed.count else { continue }
            changed += 1
            let rest = try listing.setting(member) { text in
                text.array { text in
                    for value in kept {
                        text.element()
                        text.append(value)
                    }
                }
            }
            try await transaction.run(
                """
                /* privacy.erase_listed */ UPDATE \(sql: name) SET \(sql: column) = \(rest.text)
                WHERE id = \(row.text("id"))
                """)
        }
        return changed
    }
}
