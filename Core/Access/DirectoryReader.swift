import Common
import Storage

/// Reads projects, keys and module settings from the control store: all of them, or those of projects that changed.
struct DirectoryReader: Sendable {
    let control: any ControlStore
    let defaults: ModuleDefaults

    /// Everything, up to `position` at least. Changes that are made meanwhile may be included in part, but they are in the log after
    /// `position`, so they are read again.
    func everything(upTo position: ChangeLog.Position?) async throws -> DirectoryState {
        let builder = DirectoryBuilder(defaults)
        let counts = try await control.read(
            "/* access.count */ SELECT (SELECT count(*) FROM access_projects) AS projects, (SELECT count(*) FROM access_keys) AS keys")
        if let counts = counts.first { builder.reserve(projects: Int(counts.int("projects")), keys: Int(counts.int("keys"))) }
        try await read(into: builder)
        let sessions = try await control.read("/* access.ended_sessions */ SELECT id FROM access_ended_sessions")
        var state = builder.state
        for row in sessions { state.endedSessions.insert(row.text("id")) }
        state.position = position
        return state
    }

    /// The projects that changed after `position`, with their keys and settings. Projects that don't exist any more are left out.
    func projects(changedAfter position: ChangeLog.Position) async throws -> DirectoryState {
        let builder = DirectoryBuilder(defaults)
        try await read(
            "IN (SELECT subject FROM access_changes WHERE number > \(position.number) AND kind = 'project')", into: builder)
        return builder.state
    }

    /// - Parameter ids: the condition on the ids of the projects to read; nil for all projects.
    private func read(_ ids: SQL? = nil, into builder: DirectoryBuilder) async throws {
        func and(_ column: SQL) -> SQL { ids.map { "AND \(column) \($0)" } ?? "" }
        // In this order, because a project's settings belong to it, and a key to its project.
        try await control.read(
            """
            /* access.modules */ SELECT project_id, module, is_enabled, access FROM access_modules
            WHERE TRUE \(and("project_id")) ORDER BY project_id, module
            """, inBatches: builder.addSettings)
        try await control.read(
            """
            /* access.projects */ SELECT id, number, name, domain, privacy, created_at FROM access_projects
            WHERE deleted_at IS NULL \(and("id")) ORDER BY number
            """, inBatches: builder.addProjects)
        try await control.read(
            "/* access.keys */ SELECT \(sql: APIKey.columns) FROM access_keys WHERE revoked_at IS NULL \(and("project_id"))",
            inBatches: builder.addKeys)
    }
}
