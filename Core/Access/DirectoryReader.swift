import Common
import Foundation
import Storage

/// Reads projects, keys and module settings from the control store.
struct DirectoryReader: Sendable {
    let control: any ControlStore
    let defaults: ModuleDefaults

    func read() async throws -> Directory.Snapshot {
        var switches: [String: [String: ModuleState]] = [:]
        for row in try await control.read("/* access.modules */ SELECT project_id, module, is_enabled, access FROM access_modules") {
            // `access` is "" if the module was switched on or off but never got an access level.
            let module = row.text("module"), level = AccessLevel(rawValue: row.text("access"))
            switches[row.text("project_id"), default: [:]][module] = ModuleState(
                isEnabled: row["is_enabled"].bool ?? false, access: level ?? defaults.state(of: module).access)
        }
        var snapshot = Directory.Snapshot()
        let projects = try await control.read(
            "/* access.projects */ SELECT id, number, name, domain, privacy, created_at FROM access_projects WHERE deleted_at IS NULL")
        for row in projects {
            let project = Project(
                id: row.text("id"), number: Int32(row.int("number")), name: row.text("name"), domain: row.text("domain"),
                createdAt: Instant(milliseconds: row.int("created_at")),
                privacy: try Self.privacy(row),
                modules: switches[row.text("id")] ?? [:]
            )
            snapshot.projects[project.id] = project
            snapshot.projectsByNumber[project.number] = project
        }
        let keys = try await control.read(
            "/* access.keys */ SELECT \(sql: Self.keyColumns), secret_hash FROM access_keys WHERE revoked_at IS NULL")
        for row in keys {
            let key = Self.key(row)
            snapshot.keys[row.text("secret_hash")] = key
            snapshot.keysByID[key.id] = key
        }
        for row in try await control.read("/* access.ended_sessions */ SELECT id FROM access_ended_sessions") {
            snapshot.endedSessions.insert(row.text("id"))
        }
        return snapshot
    }

    static func privacy(_ row: Row) throws -> PrivacyRules {
        try JSONDecoder().decode(PrivacyRules.self, from: Data(row.text("privacy").utf8))
    }

    static let keyColumns =
        "id, project_id, name, prefix, scopes, allowed_modules, is_server, created_at, expires_at, last_used_at"

    static func key(_ row: Row) -> APIKey {
        APIKey(
            id: row.text("id"), projectID: row.text("project_id"), name: row.text("name"), prefix: row.text("prefix"),
            scopes: Set(row.text("scopes").split(separator: ",").compactMap { KeyScope(rawValue: String($0)) }),
            allowedModules: row.optionalText("allowed_modules").map { $0.split(separator: ",").map(String.init) },
            isServer: row["is_server"].bool ?? false,
            createdAt: Instant(milliseconds: row.int("created_at")),
            expiresAt: row["expires_at"].int.map(Instant.init(milliseconds:)),
            lastUsedAt: row["last_used_at"].int.map(Instant.init(milliseconds:))
        )
    }
}
