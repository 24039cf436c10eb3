import Core

/// A parsed SQL statement.
struct SQLStatement {
    let select: SQLSelect

    /// - Throws: 400 that says what is wrong and where.
    init(_ text: String) throws {
        let namesProject: Bool
        do { (select, namesProject) = try SQLParser.statement(text) } catch { throw error.error }
        guard namesProject else {
            throw ServiceError.invalid(
                "invalid_sql", "Invalid SQL: it must contain {{project_id}}, as in WHERE project_id = {{project_id}}.")
        }
    }

    /// Checks the names and types of the statement without running it.
    /// - Returns: The modules whose facts the statement reads.
    func check(_ call: ProjectRequest) throws -> [String] {
        var compiler = SQLCompiler(dialect: .duckdb, datasets: call.datasets, project: call.project.id, limit: 1)
        do { _ = try compiler.statement(select) } catch { throw error.error }
        return compiler.used.map(\.dataset.module)
    }

    /// Runs the statement over all data ever collected. Only the statement's own conditions limit the range.
    func run(_ call: ProjectRequest, limit: Int) async throws -> QueryResult {
        try await Execution.run(select, call, over: call.wholeScope(), limit: limit)
    }
}

/// A statement saved under a name.
enum SavedSQL {
    static let resource: Resource = Resource(
        "SQL query", path: "/api/v1/bi/sql-queries", table: "bi_sql_query",
        fields: [
            .required("name", .text(200)), .required("sql_text", .text(SQLTokenizer.maximumCharacters)),
            .optional("description", .nullable(.optionalText(2_000))),
        ],
        defaults: #"{"description":null}"#,
        verify: { call, id, body in
            guard let text = body["sql_text"]?.string else { return }
            let statement = try SQLStatement(text), modules = try statement.check(call)
            // Check the key, as for saved reports (`requireKey(toChange:)`), because an embed of another key may show this statement.
            guard let id, let saved = try await resource.find(id, for: call)?.fields["sql_text"]?.string, !saved.isExactly(text) else {
                return
            }
            for module in modules { try call.requireKey(toUse: module) }
        })

    static func run(
        _ query: any SavedDefinition, _ call: ProjectRequest, limit: Int, in queries: RunningQueries, id: String? = nil
    ) async throws -> QueryAnswer {
        try await queries.run(.savedSQL, id: id, call) {
            try await SQLStatement(query.fields["sql_text"]?.string ?? "").run(call, limit: limit)
        }
    }
}
