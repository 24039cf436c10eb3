import Core

/// Runs a parsed statement over a scope. This is the only way from BI to events.
enum Execution {
    static let maximumCells = 200_000
    static let limit = Schema.integer(1...10_000)

    /// - Parameters:
    ///   - scope: the data to read. Row policies are applied to the scope here, so no caller can forget them.
    ///   - merged: what the statement reads if it is made of parts; nil for a statement over any datasets.
    static func run(
        _ select: SQLSelect, _ call: ProjectRequest, over scope: Scope, limit: Int, reading merged: MergedDataset? = nil
    ) async throws -> QueryResult {
        let dialect = scope.dialect, known = merged.map { BIDatasets(only: $0.dataset) } ?? call.datasets
        let (compiler, tables, query, columns) = try compiled(select, call, known, for: dialect, limit: limit)
        let policies = try await RowPolicy.active(call, in: dialect)
        let datasets = compiler.used.map { dataset, name -> SQL in
            let conditions = policies.filter { $0.dataset == dataset.name }.map(\.condition)
            return "\(sql: name) AS NOT MATERIALIZED (\(dataset.table(dialect, project: call.project.id, policies: conditions)))"
        }
        let ctes = datasets + tables
        let statement: SQL = ctes.isEmpty ? query : "\(SQL.joined(ctes)) \(query)"
        let visible = scope.overDatasets().restricted(by: policies)
        let rows = try await answer {
            guard let merged else { return try await visible.gathered("bi.query", continues: !ctes.isEmpty, statement) }
            return try await visible.rows("bi.query", merged.parts, continues: !ctes.isEmpty, statement)
        }
        // PostgreSQL rejects a number that is out of range; DuckDB continues with infinity or NaN.
        guard rows.values.allSatisfy({ $0.allSatisfy { $0.double?.isFinite != false } }) else { throw failure }
        return QueryResult(columns: columns.map(\.name), rows: rows.values)
    }

    /// Checks the statement without running it.
    /// - Throws: the errors that `run` throws before it queries the engine.
    static func check(_ select: SQLSelect, _ call: ProjectRequest, limit: Int) throws {
        _ = try compiled(select, call, call.datasets, for: .duckdb, limit: limit)
    }

    private static func compiled(
        _ select: SQLSelect, _ call: ProjectRequest, _ datasets: BIDatasets, for dialect: Dialect, limit: Int
    ) throws -> (SQLCompiler, tables: [SQL], query: SQL, columns: [SQLCompiler.Output]) {
        var compiler = SQLCompiler(dialect: dialect, datasets: datasets, project: call.project.id, limit: limit)
        let (tables, query, columns): ([SQL], SQL, [SQLCompiler.Output])
        do { (tables, query, columns) = try compiler.statement(select) } catch { throw error.error }
        guard limit * columns.count <= maximumCells else {
            throw ServiceError.body(
                field: "limit",
                because: "\(limit) rows of \(columns.count) columns exceed the maximum of \(maximumCells) values; request fewer.")
        }
        // Here and not in the scope, because nobody may save a statement either that reads what they may not, and saving runs nothing.
        for (dataset, _) in compiler.used { try call.require(module: dataset.module) }
        return (compiler, tables, query, columns)
    }

    /// Turns an engine's failure on a valid statement (number out of range, too much memory, timeout) into a 400 that callers can act on.
    private static func answer(_ query: () async throws -> Rows) async throws -> Rows {
        do { return try await query() } catch let error as ServiceError {
            guard error.code == "query_timeout" else { throw error }
            throw ServiceError.invalid("query_timeout", error.message)
        } catch let error as CancellationError { throw error } catch {
            throw failure
        }
    }

    private static let failure = ServiceError.invalid(
        "query_failed",
        "The database could not run the query: a number may be out of range, or the query too large. Simplify it and try again.")
}
