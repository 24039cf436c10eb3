import Common
import Coordination
import Foundation
import Storage

/// Changes to the directory. Changes by administrators write their audit entry in the same transaction.
extension Directory {
    /// Changes a project, its keys or its module switches, or ends a session. Nothing else writes their tables: this function also logs the
    /// change, in the same transaction, so that every host reads it. Returns when this host has.
    /// - Parameters:
    ///   - subject: the id of the project or session.
    ///   - kind: `ChangeLog.project` or `ChangeLog.session`.
    ///   - body: makes the change. Returns nil if there was nothing to change.
    private func change<Result: Sendable>(
        _ subject: String, kind: String = ChangeLog.project,
        _ body: @escaping @Sendable (any ControlTransaction) async throws -> Result?
    ) async throws -> Result? {
        let result = try await changing.withPermit {
            try await control.write { transaction in
                let result = try await body(transaction)
                if result != nil { try await ChangeLog.record(kind, subject, in: transaction) }
                return result
            }
        }
        guard let result else { return nil }
        // The change is made, so it is read even if the caller has been cancelled meanwhile.
        try await Task { [self] in
            try await refresh()
            try? await coordination.publish(Self.channel, sender)
        }.value
        return result
    }

    /// Changes definitions that hosts keep in memory; see `live`. Returns when this host has dropped them.
    /// - Parameters:
    ///   - table: the table of the definitions.
    ///   - body: makes the change. Returns nil if there was nothing to change.
    @_spi(Definitions) public func change<Result: Sendable>(
        definitionsIn table: String, of project: Project,
        _ body: @escaping @Sendable (any ControlTransaction) async throws -> Result?
    ) async throws -> Result? {
        try await change(project.id, kind: table, body)
    }

    /// Creates a project with `privacy` as its initial rules. Its modules have the installation's default settings.
    public func createProject(name: String, domain: String, privacy: PrivacyRules, by actor: String) async throws -> Project {
        let id = Identifiers.uuid(), now = time.now
        let settings = try PrivacyRules.shape.text(privacy).string
        _ = try await change(id) { transaction in
            let next = try await transaction.run(
                """
                /* access.next_number */ SELECT coalesce(max(number), 0) + 1 AS number FROM
                (SELECT max(number) AS number FROM access_projects UNION ALL SELECT max(number) FROM access_taken_numbers) numbers
                """)
            try await transaction.run(
                """
                /* access.create_project */ INSERT INTO access_projects (id, number, name, domain, privacy, created_at)
                VALUES (\(id), \(next[0].int("number")), \(name), \(domain), \(settings), \(now.milliseconds))
                """)
            try await AuditLog.record(
                "project.create", by: actor, on: "project \(id)", metadata: ["name": name], project: id, at: now, in: transaction)
            return ()
        }
        guard let project = project(id) else { throw ServiceError.notFound("Project", id) }
        return project
    }

    /// Reserves the project numbers that occur in the event store. Facts may be from an earlier control store, for example if that store
    /// was lost or an older backup was restored. If a new project got one of their numbers, it would see another project's visitors.
    /// - Returns: the numbers that belong to no project, in ascending order.
    public func note(numbersOfFacts numbers: Set<Int32>) async throws -> [Int32] {
        let unknown = numbers.filter { project(number: $0) == nil && $0 > 0 }.sorted()
        guard let last = unknown.last else { return [] }
        // Reserving the largest number is enough, because new projects get larger numbers.
        try await control.write(
            "/* access.taken_number */ INSERT INTO access_taken_numbers (number) VALUES (\(Int64(last))) ON CONFLICT (number) DO NOTHING")
        return unknown
    }

    /// The properties of a key to be created.
    public struct KeyRequest: Sendable {
        /// The display name.
        public let name: String
        /// The scopes that the key gets.
        public let scopes: [KeyScope]
        /// When the key expires; nil for never.
        public let expiresAt: Instant?
        /// The modules that the key may use; nil or empty for every enabled module.
        public let allowedModules: [String]?
        /// Whether payloads sent with the key may contain the visitor's `ip` and `user_agent`; see `APIKey`.
        public let isServer: Bool

        public init(name: String, scopes: [KeyScope], expiresAt: Instant? = nil, allowedModules: [String]? = nil, isServer: Bool = false) {
            self.name = name
            self.scopes = scopes
            self.expiresAt = expiresAt
            self.allowedModules = allowedModules
            self.isServer = isServer
        }
    }

    /// Creates a key. Only a hash of the secret is stored, so the secret can't be shown again later.
    public func createKey(_ request: KeyRequest, in project: Project, by actor: String) async throws -> (key: APIKey, secret: String) {
        let secret = Identifiers.token(prefix: "pa_live_", length: 24)
        let scopes = KeyScope.allCases.filter(request.scopes.contains)
        let modules = request.allowedModules.flatMap { $0.isEmpty ? nil : $0 }
        let key = APIKey(
            id: Identifiers.uuid(), projectID: project.id, name: request.name, prefix: secret.prefix(12) + "...",
            scopes: Set(scopes), allowedModules: modules, isServer: request.isServer, createdAt: time.now,
            expiresAt: request.expiresAt, lastUsedAt: nil, digest: SecretDigest(of: secret)
        )
        let hash = Digest.sha256(secret), scopeText = scopes.map(\.rawValue).joined(separator: ",")
        _ = try await change(project.id) { transaction in
            try await transaction.run(
                """
                /* access.create_key */ INSERT INTO access_keys
                (id, project_id, name, secret_hash, prefix, scopes, allowed_modules, is_server, created_at, expires_at)
                VALUES (\(key.id), \(key.projectID), \(key.name), \(hash), \(key.prefix), \(scopeText),
                \(modules?.joined(separator: ",")), \(key.isServer), \(key.createdAt.milliseconds), \(key.expiresAt?.milliseconds))
                """)
            try await AuditLog.record(
                "key.create", by: actor, on: "key \(key.id)", metadata: ["name": key.name, "scopes": scopeText],
                project: project.id, at: key.createdAt, in: transaction)
            return ()
        }
        return (key, secret)
    }

    /// The keys of `project` that are not revoked, oldest first. Includes expired keys.
    public func keys(of project: Project) async throws -> [APIKey] {
        try await flushLastUse()
        let rows = try await control.read(
            """
            /* access.list_keys */ SELECT \(sql: APIKey.columns) FROM access_keys
            WHERE project_id = \(project.id) AND revoked_at IS NULL ORDER BY created_at, id
            """)
        var texts = SharedTexts()
        return rows.values.compactMap { APIKey($0, in: project.id, sharing: &texts) }
    }

    /// Revokes a key immediately, on every host.
    /// - Throws: 404 if the key doesn't exist, belongs to another project or is already revoked.
    public func revokeKey(_ id: String, in project: Project, by actor: String) async throws {
        let now = time.now
        let found: Void? = try await change(project.id) { transaction in
            let rows = try await transaction.run(
                """
                /* access.revoke_key */ UPDATE access_keys SET revoked_at = \(now.milliseconds)
                WHERE id = \(id) AND project_id = \(project.id) AND revoked_at IS NULL RETURNING id
                """)
            guard !rows.isEmpty else { return nil }
            try await AuditLog.record("key.revoke", by: actor, on: "key \(id)", project: project.id, at: now, in: transaction)
            return ()
        }
        guard found != nil else { throw ServiceError.notFound("Key", id) }
    }

    /// Ends a dashboard session immediately, on every host.
    /// - Parameter lifetimeDays: how long sessions last, in days. Records of sessions that ended longer ago are deleted.
    public func endSession(_ id: String, lifetimeDays: Int64) async throws {
        let now = time.now, past = now.adding(days: -lifetimeDays)
        _ = try await change(id, kind: ChangeLog.session) { transaction in
            try await transaction.run(
                "/* access.forget_sessions */ DELETE FROM access_ended_sessions WHERE ended_at < \(past.milliseconds)")
            try await transaction.run(
                """
                /* access.end_session */ INSERT INTO access_ended_sessions (id, ended_at) VALUES (\(id), \(now.milliseconds))
                ON CONFLICT (id) DO NOTHING
                """)
            return ()
        }
    }

    /// A change to the settings of one module. Nil leaves a setting unchanged.
    public struct ModuleChange: Sendable {
        /// The module's name.
        public let module: String
        /// Whether the module is on.
        public let isEnabled: Bool?
        /// The access that is permitted while the module is on.
        public let access: AccessLevel?

        public init(module: String, isEnabled: Bool?, access: AccessLevel?) {
            self.module = module
            self.isEnabled = isEnabled
            self.access = access
        }
    }

    /// Changes the settings of several modules in one transaction.
    ///
    /// Enabling a module that never had a level sets its level to `all`, unless the module is on by default. Its level is then the default
    /// one.
    /// - Throws: 404 for a module that this host doesn't have; 400 for disabling `core`.
    public func setModules(_ changes: [ModuleChange], in project: Project, by actor: String) async throws {
        for change in changes {
            guard defaults.modules.contains(change.module) else { throw ServiceError.notFound("Module", change.module) }
            guard !(change.module == "core" && change.isEnabled == false) else {
                throw ServiceError.invalid("core_module", "Module 'core' cannot be disabled.")
            }
        }
        let now = time.now, defaults = self.defaults
        _ = try await change(project.id) { transaction in
            for change in changes {
                let rows = try await transaction.run(
                    "SELECT is_enabled, access FROM access_modules WHERE project_id = \(project.id) AND module = \(change.module)")
                let standard = defaults.state(of: change.module)
                // The level is nil until it is first set: a module can be switched off without ever having had a level.
                var level = change.access ?? rows.first.flatMap { AccessLevel(rawValue: $0.text("access")) }
                let isEnabled = change.isEnabled ?? rows.first?["is_enabled"].bool ?? standard.isEnabled
                if level == nil, isEnabled { level = standard.isEnabled ? standard.access : .all }
                let state = ModuleState(isEnabled: isEnabled, access: level ?? standard.access)
                try await transaction.run(
                    """
                    /* access.set_module */ INSERT INTO access_modules (project_id, module, is_enabled, access)
                    VALUES (\(project.id), \(change.module), \(isEnabled), \(level?.rawValue ?? ""))
                    ON CONFLICT (project_id, module) DO UPDATE SET is_enabled = excluded.is_enabled, access = excluded.access
                    """)
                try await AuditLog.record(
                    "module.change", by: actor, on: "module \(change.module)",
                    metadata: ["enabled": String(state.isEnabled), "access": state.access.rawValue],
                    project: project.id, at: now, in: transaction)
            }
            return ()
        }
    }

    /// Changes privacy rules and returns the new ones. `change` gets the stored rules, which may be newer than the copy in this host's
    /// memory.
    public func changePrivacy(
        of project: Project, by actor: String, _ change: @escaping @Sendable (inout PrivacyRules) -> Void
    ) async throws -> PrivacyRules {
        let now = time.now
        let rules: PrivacyRules? = try await self.change(project.id) { transaction in
            let rows = try await transaction.run("/* access.privacy */ SELECT privacy FROM access_projects WHERE id = \(project.id)")
            var texts = SharedTexts()
            var rules = try rows.first.map { try texts.privacy($0.text("privacy")) } ?? project.privacy
            change(&rules)
            let text = try PrivacyRules.shape.text(rules).string
            try await transaction.run(
                "/* access.set_privacy */ UPDATE access_projects SET privacy = \(text) WHERE id = \(project.id)")
            try await AuditLog.record(
                "privacy.change", by: actor, on: "project \(project.id)", metadata: ["settings": text], project: project.id, at: now,
                in: transaction)
            return rules
        }
        return rules ?? project.privacy
    }

    /// Replaces all privacy rules of the project.
    public func setPrivacy(_ settings: PrivacyRules, in project: Project, by actor: String) async throws {
        _ = try await changePrivacy(of: project, by: actor) { $0 = settings }
    }
}
