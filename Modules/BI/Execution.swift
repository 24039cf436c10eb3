import Core

/// Runs a tree over a scope: the only way from BI to events.
enum Execution {
    static let maximumCells = 200_000
    static let limit = Schema.integer(1...10_000)

    /// - Parameter scope: its policies are put on here, so that no caller can forget them.
    static func run(_ select: SQLSelect, _ call: ProjectRequest, over scope: Scope, limit: Int) async throws -> QueryResult {
        let dialect = scope.dialect, (compiler, tables, query, columns) = try compiled(select, call, for: dialect, limit: limit)
        let policies = try await RowPolicy.active(call, in: dialect)
        let datasets = compiler.used.map { dataset, name -> SQL in
            let own = policies.filter { $0.dataset == dataset.name }.map(\.condition)
            return "\(sql: name) AS NOT MATERIALIZED (\(dataset.table(dialect, project: call.project.id, policies: own)))"
        }
        let all = datasets + tables
        let statement: SQL = all.isEmpty ? query : "\(SQL.joined(all)) \(query)"
        let rows = try await answer {
            try await scope.restricted(by: policies).rows(
                "bi.query", reading: compiler.used.compactMap(\.dataset.table), continues: !all.isEmpty, statement)
        }
        // Where PostgreSQL refuses a number that is out of range, DuckDB goes on with what is none.
        guard rows.values.allSatisfy({ $0.allSatisfy { $0.double?.isFinite != false } }) else { throw failure }
        return QueryResult(columns: columns.map(\.name), rows: rows.values)
    }

    /// Everything that `run` refuses before it asks.
    static func check(_ select: SQLSelect, _ call: ProjectRequest, limit: Int) throws { _ = try compiled(select, call, for: .duckdb, limit: limit) }

    private static func compiled(
        _ select: SQLSelect, _ call: ProjectRequest, for dialect: Dialect, limit: Int
    ) throws -> (SQLCompiler, tables: [SQL], query: SQL, columns: [SQLCompiler.Output]) {
        var compiler = SQLCompiler(dialect: dialect, datasets: call.datasets, project: call.project.id, limit: limit)
        let (tables, query, columns): ([SQL], SQL, [SQLCompiler.Output])
        do { (tables, query, columns) = try compiler.statement(select) } catch { throw error.error }
        guard limit * columns.count <= maximumCells else {
            throw ServiceError.body("field 'limit': \(limit) rows of \(columns.count) columns are more than \(maximumCells) values; ask for fewer.")
        }
        for (dataset, _) in compiler.used { try call.require(module: dataset.module) }
        return (compiler, tables, query, columns)
    }

    /// What an engine can't do with a statement that is right (a number out of range, too much memory, too long) is the asker's to mend.
    private static func answer(_ ask: () async throws -> Rows) async throws -> Rows {
        do { return try await ask() } catch let error as ServiceError {
            guard error.code == "query_timeout" else { throw error }
            throw ServiceError.invalid("query_timeout", error.message)
        } catch let error as CancellationError { throw error } catch {
            throw failure
        }
    }

    private static let failure = ServiceError.invalid(
        "query_failed", "The database could not run the query: a number may be out of range, or the query too large. Simplify it and try again.")
}
