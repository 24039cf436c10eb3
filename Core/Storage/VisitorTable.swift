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

    private func condition(_ id: String, _ key: Int64, _ project: String) -> SQL {
        let columns = columns.compactMap { column -> SQL? in
            switch column.visitor {
            case .id: "\(sql: column.name) = \(id)"
            case .key: "\(sql: column.name) = \(key)"
            case nil: nil
            }
        }
        return "project_id = \(project) AND (\(SQL.joined(columns, separator: " OR ")))"
    }

    /// A page of the rows about a visitor, without the columns that say whose they are.
    public func rows(about id: String, key: Int64, in project: String, limit: Int, offset: Int) -> SQL {
        let shown = columns.filter { $0.visitor == nil && $0.name != "project_id" }.map(\.name)
        return """
            /* privacy.export_control */ SELECT \(sql: shown.joined(separator: ", ")) FROM \(sql: name)
            WHERE \(condition(id, key, project)) ORDER BY \(sql: primaryKey.joined(separator: ", ")) LIMIT \(limit) OFFSET \(offset)
            """
    }

    public func count(about id: String, key: Int64, in project: String) -> SQL {
        "/* privacy.count_control */ SELECT count(*) AS n FROM \(sql: name) WHERE \(condition(id, key, project))"
    }

    public func erasure(of id: String, key: Int64, in project: String) -> SQL {
        "/* privacy.erase_control */ DELETE FROM \(sql: name) WHERE \(condition(id, key, project))"
    }
}
