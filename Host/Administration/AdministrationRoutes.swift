@_spi(Host) import Access
@_spi(Host) import Common
import HTTPTypes
@_spi(Host) import Ingest
@_spi(Host) import Storage

/// `/api/admin/...`: projects, keys, module switches, privacy and the audit log.
struct AdministrationRoutes: Sendable {
    let eventStore: any EventStore
    let writer: IngestWriter
    let counters: IngestCounters
    let pipeline: EventPipeline
    let otherHosts: OtherHosts
    /// The tables that have visitors' data.
    let tables: StoredTables
    /// The privacy rules that new projects start with.
    let privacyDefaults: PrivacyRules

    private static let root = "/api/admin/projects"
    private static let one = "/api/admin/projects/{id}"

    var routes: [Route] { projectRoutes + keyRoutes + moduleRoutes + privacyRoutes }

    // MARK: Projects

    private var projectRoutes: [Route] {
        [
            Route(
                installation: .post, Self.root, "Create a project.", access: .write,
                body: .object([
                    .required("name", .text(200), "The project's display name."),
                    .required("domain", .text(253), "The site's host name."),
                ]),
                answer: Project.shape, status: 201, use: createProject),
            Route(
                installation: .get, Self.root, "List all projects, oldest first.", access: .read, parameters: Self.part,
                answer: .data(Project.shape), use: listProjects),
            Route(.get, Self.one, "Read a project.", scope: .admin, access: .read, answer: Project.shape) { call in call.project },
            Route(
                .get, Self.one + "/audit-logs", "List the changes to a project and who made them, newest first.", scope: .admin,
                access: .read,
                parameters: Parameter.page,
                answer: .data(AuditEntry.shape), use: listAudit),
        ]
    }

    /// Without these parameters, the list has all projects.
    private static let part = [
        Parameter("limit", .integer(1...1_000, default: nil), "Maximum number of projects. Default: all."),
        Parameter("offset", .integer(0...1_000_000, default: nil), "Number of projects to skip. Default: none."),
    ]

    @Sendable private func createProject(_ call: InstallationRequest) async throws -> Project {
        let body = try await call.body()
        let name = (body["name"]?.string ?? "").trimmingSpaces, domain = (body["domain"]?.string ?? "").trimmingSpaces.lowercased()
        guard !name.isEmpty else { throw ServiceError.body(field: "name", "must not be blank.") }
        guard Self.isHostName(domain) else {
            throw ServiceError.body(field: "domain", "must be a host name such as example.com; got '\(domain.excerpt(60))'.")
        }
        return try await call.directory.createProject(name: name, domain: domain, privacy: privacyDefaults, by: call.actor)
    }

    /// Whether `text` looks like a host name or IP address, with an optional port.
    private static func isHostName(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                ($0.value > 0x7F) || ("a"..."z").contains($0) || ("0"..."9").contains($0) || ["-", ".", ":", "_", "[", "]"].contains($0)
            }
    }

    @Sendable private func listProjects(_ call: InstallationRequest) async throws -> [Project] {
        let projects = call.directory.projects.dropFirst(call.offset)
        return Array(projects.prefix(call.integer("limit", default: projects.count)))
    }

    @Sendable private func listAudit(_ call: ProjectRequest) async throws -> [AuditEntry] {
        try await AuditLog.entries(of: call.project.id, limit: call.limit, offset: call.offset, in: call.control)
    }

    // MARK: Keys

    private var keyRoutes: [Route] {
        [
            Route(
                .post, Self.one + "/keys", "Create an API key, which only this response contains in full.", scope: .admin, access: .write,
                body: .object([
                    .required("name", .text(200)),
                    .required("scopes", .array(.choice(KeyScope.allCases.map(\.rawValue)), count: 1...3)),
                    .optional("expires_at", .nullable(.timestamp), "Default: never."),
                    .optional("allowed_modules", .nullable(.array(.moduleName, count: 0...100)), "Null or empty: every enabled module."),
                    .optional("server", .boolean, "Whether payloads sent with the key may contain the visitor's `ip` and `user_agent`."),
                ]),
                answer: APIKey.Created.shape, status: 201, use: createKey
            ).forRestrictedKeys(),
            Route(
                .get, Self.one + "/keys", "List a project's keys, without revoked ones.", scope: .admin, access: .read,
                answer: .data(APIKey.shape), use: listKeys
            ).forRestrictedKeys(),
            Route(
                .delete, Self.one + "/keys/{key_id}", "Revoke a key. It stops working immediately.", scope: .admin, access: .write
            ) { call in
                let id = call.id("key_id")
                // Callers can neither see nor revoke keys with more rights than their own key.
                guard try await visibleKeys(call).contains(where: { $0.id == id }) else {
                    throw ServiceError.notFound("Key", call.path("key_id"))
                }
                try await call.directory.revokeKey(id, in: call.project, by: call.actor)
            }.forRestrictedKeys(),
        ]
    }

    @Sendable private func createKey(_ call: ProjectRequest) async throws -> APIKey.Created {
        let body = try await call.body()
        let modules = body["allowed_modules"]?.elements.compactMap(\.string)
        let known = call.directory.defaults.modules
        for module in modules ?? [] where !known.contains(module) {
            throw ServiceError.body(
                field: "allowed_modules", "names the unknown module '\(module.excerpt(60))'; accepted: \(known.joined(separator: ", ")).")
        }
        let expiry = try body["expires_at"]?.string.map { try Self.expiry($0, now: call.now) }
        let request = Directory.KeyRequest(
            name: body["name"]?.string ?? "", scopes: (body["scopes"]?.elements ?? []).compactMap { KeyScope(rawValue: $0.string ?? "") },
            expiresAt: expiry, allowedModules: modules, isServer: body["server"]?.boolean ?? false)
        try Self.check(request, madeBy: call.principal.rights)
        let (key, secret) = try await call.directory.createKey(request, in: call.project, by: call.actor)
        return APIKey.Created(key: key, secret: secret)
    }

    /// Checks that a new key gets no more rights than its maker has.
    /// - Throws: 403 if the new key could use other modules or would live longer.
    private static func check(_ new: Directory.KeyRequest, madeBy maker: Rights) throws {
        func refusal(_ field: String, _ sentence: String) -> ServiceError {
            ServiceError(
                status: 403, code: "key_exceeds",
                message: "A key can't create a key with more rights than its own: field '\(field)' \(sentence).")
        }
        if let own = maker.modules {
            let wanted = new.allowedModules ?? []
            guard !wanted.isEmpty, wanted.allSatisfy(own.contains) else {
                throw refusal("allowed_modules", "must name some of \(own.joined(separator: ", "))")
            }
        }
        if let end = maker.expiresAt {
            guard let wanted = new.expiresAt, wanted <= end else { throw refusal("expires_at", "must not be after \(end.iso8601)") }
        }
    }

    /// The project's keys. If the caller's key is limited to some modules, the result contains only keys limited to the same
    /// modules or fewer.
    private func visibleKeys(_ call: ProjectRequest) async throws -> [APIKey] {
        let keys = try await call.directory.keys(of: call.project)
        guard let own = call.allowedModules else { return keys }
        return keys.filter { key in key.allowedModules.map { $0.allSatisfy(own.contains) } ?? false }
    }

    private static func expiry(_ text: String, now: Instant) throws -> Instant {
        guard let instant = ISO8601.parse(text)?.utc, instant > now else {
            throw ServiceError.body(field: "expires_at", "must be an ISO 8601 timestamp in the future; got '\(text.excerpt(60))'.")
        }
        return instant
    }

    @Sendable private func listKeys(_ call: ProjectRequest) async throws -> [APIKey] { try await visibleKeys(call) }

    // MARK: Modules

    private var moduleRoutes: [Route] {
        let levels = Schema.choice(AccessLevel.allCases.map(\.rawValue))
        let named = Self.one + "/modules/{name}"
        return [
            Route(
                .get, Self.one + "/modules", "List all modules and whether they are enabled.", scope: .admin, access: .read,
                answer: Module.list, use: listModules
            ).forRestrictedKeys(),
            Route(
                .put, Self.one + "/modules", "Change several modules, all or none of them; omitted fields stay unchanged.", scope: .admin,
                access: .write,
                body: .object([
                    .required(
                        "modules",
                        .array(
                            .object([
                                .required("name", .moduleName), .optional("enabled", .boolean), .optional("access", levels),
                            ]), count: 1...100))
                ]),
                answer: Module.list, use: setModules
            ).forRestrictedKeys(),
            Route(.post, named + "/enable", "Enable a module.", scope: .admin, access: .write, answer: Module.shape) { call in
                try await change(call, isEnabled: true)
            }.forRestrictedKeys(),
            Route(
                .post, named + "/disable", "Disable a module; its data is kept.", scope: .admin, access: .write, answer: Module.shape
            ) { call in
                try await change(call, isEnabled: false)
            }.forRestrictedKeys(),
            Route(
                .put, named + "/access", "Set a module's access level.", scope: .admin, access: .write,
                body: .object([.required("access", levels)]), answer: Module.shape
            ) { call in
                // Check the module before reading the body, so an unknown module is reported first.
                try Self.requireModule(call)
                let level = AccessLevel(rawValue: try await call.body()["access"]?.string ?? "")
                return try await change(call, access: level)
            }.forRestrictedKeys(),
        ]
    }

    /// A module, and its state in a project.
    private struct Module: Sendable {
        let name: String, state: ModuleState

        static let shape = Shape<Module>([
            .required("name", \.name, .moduleName), .required("enabled", \.state.isEnabled, .boolean),
            .required("access", \.state.access, .choice),
        ])
        static let list = Shape<[Module]>([.required("modules", \.self, .list(shape))])
    }

    @Sendable private func listModules(_ call: ProjectRequest) -> [Module] {
        let project = call.directory.project(call.project.id) ?? call.project
        return call.directory.states(in: project).map { Module(name: $0.module, state: $0.state) }
    }

    private static func requireModule(_ call: ProjectRequest) throws {
        let name = call.path("name")
        guard call.directory.defaults.modules.contains(name) else { throw ServiceError.notFound("Module", name) }
        try call.requireKey(toUse: name)
    }

    @Sendable private func setModules(_ call: ProjectRequest) async throws -> [Module] {
        let known = call.directory.defaults.modules
        let changes = try (try await call.body()["modules"]?.elements ?? []).map { entry in
            let name = entry["name"]?.string ?? ""
            guard known.contains(name) else {
                throw ServiceError.body(
                    field: "modules", "names the unknown module '\(name.excerpt(60))'; accepted: \(known.joined(separator: ", ")).")
            }
            try call.requireKey(toUse: name)
            return Directory.ModuleChange(
                module: name, isEnabled: entry["enabled"]?.boolean, access: entry["access"]?.string.flatMap(AccessLevel.init))
        }
        try await call.directory.setModules(changes, in: call.project, by: call.actor)
        return listModules(call)
    }

    private func change(_ call: ProjectRequest, isEnabled: Bool? = nil, access: AccessLevel? = nil) async throws -> Module {
        try Self.requireModule(call)
        let name = call.path("name")
        try await call.directory.setModules([.init(module: name, isEnabled: isEnabled, access: access)], in: call.project, by: call.actor)
        let project = call.directory.project(call.project.id) ?? call.project
        return Module(name: name, state: call.directory.state(of: name, in: project))
    }
}

extension String {
    /// The text without leading and trailing white space.
    var trimmingSpaces: String {
        String(drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
}
