@_spi(Definitions) @_spi(Host) import Access
@_spi(Host) import Common
import HTTPTypes
import Questions
@_spi(Definitions) import Storage

/// A kind of definition that people save, such as a funnel. The module declares the fields and gets a table and five routes: list, get,
/// create, update and delete. The routes paginate lists, validate bodies and write the audit log.
///
/// ```swift
/// static let greetings = Resource(
///     "Greeting", path: "/api/v1/guestbook/greetings", table: "guestbook_greetings",
///     fields: [.required("name", .text(200)), .optional("is_active", .boolean)],
///     unique: "name", defaults: #"{"is_active":true}"#)
///
/// var migrations: [Migration] { [Migration("002-greetings", on: .control, [Self.greetings.creation])] }
/// var routes: [Route] { Self.greetings.routes }
/// ```
public struct Resource: Sendable {
    /// The kind's name, such as `Funnel`, as used in summaries and error messages.
    public let kind: String
    /// The path of the routes, such as `/api/v1/funnels`.
    public let path: String
    /// The name of the table, such as `funnels_definition`.
    public let table: String
    /// The fields of a definition, without `id`, `created_at` and `updated_at`.
    public let fields: [Schema.Field]
    /// The field whose value must be unique within a project; nil if there is none.
    public let unique: String?
    /// Whether `unique` ignores case.
    public let uniqueInAnyCase: Bool
    /// Names of array fields for which the list route returns only the number of elements.
    public let counted: Set<String>
    /// An object with default values, for fields that a request leaves out or sets to null.
    public let defaults: JSON?
    /// Converts a validated definition to the one that is stored.
    public let normalize: (@Sendable (JSON) throws -> JSON)?
    /// Checks rules that `fields` can't express. Called with the whole definition before it is stored. Throws 400.
    public let check: @Sendable (JSON) throws -> Void
    /// Checks whether the caller may create (`id` is nil), change or delete (`body` is nil) a definition. Called before `verify`. Throws 403.
    public let permit: @Sendable (ProjectRequest, _ id: String?, _ body: JSON?) async throws -> Void
    /// Checks a request's body against other definitions. `id` is the definition being changed; nil for a new one. Throws 400 or 403.
    public let verify: @Sendable (ProjectRequest, _ id: String?, JSON) async throws -> Void
    /// The definitions of other modules that a request's body refers to. Before the definition is stored, each one must exist in the
    /// project, and the caller must be allowed to read it; otherwise the response is 400 or 403. It may be deleted later, so handle the 404
    /// of `ProjectRequest.definition`.
    public let references: @Sendable (JSON) -> [DefinitionReference?]
    /// The definitions that a stored one shows or reads. None of them can be deleted before this one is changed, and none can be changed so
    /// that it is no longer what this one means. The default is those of `references`. The module must list the kind in
    /// `AnalyticsModule.definitionKinds` (`referable(as:)`).
    public let uses: @Sendable (JSON) -> [DefinitionUse?]
    /// Whether `uses` can return anything.
    private let isUser: Bool
    /// The visitors whom the definitions are about; nil for none.
    public let visitors: Visitors?
    /// Checks rules that involve several of the project's definitions of this kind. Called in the transaction of the change, so two
    /// concurrent changes can't break a rule together. Throws 400.
    public let relations: (@Sendable (ProjectRequest, Relations) throws -> Void)?
    /// A boolean field that is true in at most one definition of a project. Setting it in one definition clears it in the others.
    public let exclusive: String?
    /// Whether the definitions of a project are kept in memory when one of them is used, so that requests don't read them from the store.
    /// For definitions that reports read and that a project has at most thousands of. A change takes effect at once on the host that makes
    /// it, and within a second on all others.
    public let isLive: Bool

    /// The visitors whom definitions are about. Their export has the definitions, and erasure deletes them.
    public enum Visitors: Sendable {
        /// Each definition is about one visitor, whose id is `prefix` and the definition's id.
        case each(prefix: String)
        /// The array field `field` has UUIDs. Each of them, after `prefix`, is the id of a visitor. Erasure removes it from the array.
        case listed(field: String, prefix: String)
    }

    /// A change to a definition, and the definitions that exist after it.
    public struct Relations: Sendable {
        /// The definition before the change; nil if it is new.
        public let old: Definition?
        /// The definition after the change; nil if it was deleted.
        public let new: Definition?
        /// All of the project's definitions after the change, oldest first.
        public let all: [Definition]
    }

    public init(
        _ kind: String, path: String, table: String, fields: [Schema.Field], unique: String? = nil, uniqueInAnyCase: Bool = false,
        counted: Set<String> = [], defaults: String? = nil, exclusive: String? = nil, live isLive: Bool = false, visitors: Visitors? = nil,
        check: @escaping @Sendable (JSON) throws -> Void = { _ in },
        permit: @escaping @Sendable (ProjectRequest, _ id: String?, _ body: JSON?) async throws -> Void = { _, _, _ in },
        verify: @escaping @Sendable (ProjectRequest, _ id: String?, JSON) async throws -> Void = { _, _, _ in },
        references: (@Sendable (JSON) -> [DefinitionReference?])? = nil, uses: (@Sendable (JSON) -> [DefinitionUse?])? = nil,
        relations: (@Sendable (ProjectRequest, Relations) throws -> Void)? = nil, normalize: (@Sendable (JSON) throws -> JSON)? = nil
    ) {
        self.kind = kind
        self.path = path
        self.table = table
        self.fields = fields
        self.unique = unique
        self.uniqueInAnyCase = uniqueInAnyCase
        self.counted = counted
        self.defaults = defaults.map { text in
            // The text is a constant in the source, and every test that uses the resource parses it, so users never run into this.
            guard let read = try? JSON.parse(text) else { preconditionFailure("defaults of \(kind) are not JSON: \(text)") }
            return read
        }
        self.normalize = normalize
        self.check = check
        self.permit = permit
        self.verify = verify
        self.references = references ?? { _ in [] }
        self.uses = uses ?? { body in references?(body).map { $0.map { DefinitionUse($0) } } ?? [] }
        isUser = uses != nil || references != nil
        // Erasure changes the table without telling other hosts. The declaration is a constant, so users never run into this.
        precondition(visitors == nil || !isLive, "definitions about visitors can't be kept in memory: \(kind)")
        self.visitors = visitors
        self.relations = relations
        self.exclusive = exclusive
        self.isLive = isLive
    }

    /// A stored definition.
    public struct Definition: SavedDefinition {
        /// The definition's id, a UUID.
        public let id: String
        /// An object with the values of the declared fields.
        public let fields: JSON
        /// When the definition was created.
        public let createdAt: Instant
        /// When the definition was last changed.
        public let updatedAt: Instant

        /// What was made of the definition; nil if it is not kept in memory.
        private let values: DefinitionValues?

        init(_ row: Row) throws { self.init(row, fields: try JSON.parse(row.text("definition")), values: nil) }

        init(_ row: Row, fields: JSON, values: DefinitionValues?) {
            self.values = values
            self.fields = fields
            id = row.text("id")
            createdAt = Instant(milliseconds: row.int("created_at"))
            updatedAt = Instant(milliseconds: row.int("updated_at"))
        }

        /// The definition in the form that its module works with. If the definition is kept in memory, `make` runs once for each type.
        public func value<Value: Sendable>(_ make: (Definition) throws -> Value) rethrows -> Value {
            try values?.value { try make(self) } ?? make(self)
        }
    }

    /// This kind for `AnalyticsModule.definitionKinds`, so that definitions of other modules may refer to it.
    /// - Parameter name: the kind's name in such references, such as `goal`.
    public func referable(as name: String) -> DefinitionKind {
        let users: DefinitionKind.Users = { call in
            try await all(call).map { (id: $0.id, name: $0.fields["name"]?.string ?? "", uses: uses($0.fields).compactMap { $0 }) }
        }
        return DefinitionKind(name, noun: kind, table: table, users: isUser ? users : nil) { try await find($0, for: $1) }
    }

    /// The migration step that creates the table.
    public var creation: Migration.Step {
        var id = Column("id", .text), definition = Column.json("definition", members: Schema.object(fields).memberNames)
        switch visitors {
        case .each(let prefix): id = id.naming(.suffix(prefix: prefix))
        case .listed(let field, let prefix): definition = definition.naming(.list(member: field, prefix: prefix))
        case nil: break
        }
        return .createTable(
            Table(
                table,
                [
                    id, Column("project_id", .text), Column("unique_value", .text), definition, Column("created_at", .int64),
                    Column("updated_at", .int64),
                ],
                primaryKey: ["id"], unique: [["project_id", "unique_value"]]))
    }

    // MARK: Routes

    /// The schema of a definition in a response.
    public var answered: Schema { Self.answered(fields) }

    private static func answered(_ fields: [Schema.Field]) -> Schema {
        .object([.required("id", .uuid), .required("created_at", .timestamp), .required("updated_at", .timestamp)] + fields)
    }

    /// A definition as a response.
    public var shape: Shape<Definition> { Shape(answered) { write($0, counting: [], to: &$1) } }

    /// The declared fields of a definition, for a response that shows them beside its own fields. They are in the order of the declaration;
    /// `id` and the times are not among them.
    public var storedFields: [Shape<Definition>.Field] { fields.map { field in .stored(field) { $0.fields[field.name] } } }

    /// A definition with all its members in byte order of their names, as in the responses of other surfaces.
    public var sorted: Shape<Definition> {
        let own: [Shape<Definition>.Field] = [
            .required("id", \.id, .uuid), .required("created_at", \.createdAt, .timestamp),
            .required("updated_at", \.updatedAt, .timestamp),
        ]
        return Shape(own + storedFields)
    }

    /// A definition as a document inside a response, with all its members in byte order of their names.
    public var document: Shape<Definition> {
        let members = sorted
        return Shape(.map(.any)) { try members.write($0, to: &$1) }
    }

    /// A kind of change to a definition.
    public enum Change: String, Sendable { case create, update, delete }

    /// The five routes: list, create, get, update and delete.
    public var routes: [Route] { routes { _, _, _ in } }

    /// The five routes: list, create, get, update and delete.
    /// - Parameter after: called after a change is stored and before the response is sent. `old` is the definition before the change, or
    ///   nil if it is new; `new` is the definition after the change, or nil if it was deleted.
    public func routes(
        after: @escaping @Sendable (ProjectRequest, _ old: Definition?, _ new: Definition?) async throws -> Void
    ) -> [Route] {
        let one = path + "/{id}", noun = kind.lowercased()
        let changes = Schema.object(fields.map { .optional($0.name, $0.schema, $0.summary) })
        return [
            Route(
                .get, path, "List \(noun) definitions, oldest first.", scope: .query, access: .read, parameters: Parameter.page,
                answer: listed, use: list),
            Route(.post, path, "Create a \(noun).", scope: .query, access: .write, body: .object(fields), answer: shape, status: 201) {
                call in
                let made = try await create(try await call.body(), for: call)
                try await after(call, nil, made)
                return made
            },
            Route(.get, one, "Read a \(noun).", scope: .query, access: .read, answer: shape, use: require),
            Route(
                .put, one, "Update a \(noun); omitted fields keep their values.", scope: .query, access: .write, body: changes,
                answer: shape
            ) { call in
                let (old, changed) = try await replace(call, from: nil)
                try await after(call, old, changed)
                return changed
            },
            Route(.delete, one, "Delete a \(noun).", scope: .query, access: .write) { call in
                let gone = try await require(call)
                try await delete(gone, call)
                try await after(call, gone, nil)
            },
        ]
    }

    /// The definition whose id is in the request's path.
    /// - Throws: 404 if the project has no such definition, even if another project has it.
    @Sendable public func require(_ call: ProjectRequest) async throws -> Definition {
        guard let definition = try await find(call.id(), for: call) else { throw ServiceError.notFound(kind, call.path("id")) }
        return definition
    }

    /// The definition with this id; nil if the project has none.
    public func find(_ id: String, for call: ProjectRequest) async throws -> Definition? {
        if let live = try await live(call) { return live.first(where: "id", is: id) }
        let rows = try await call.control.read(
            "SELECT \(sql: Self.columns) FROM \(sql: table) WHERE id = \(id) AND project_id = \(call.project.id)")
        return try rows.first.map(Definition.init)
    }

    /// The project's definitions with these ids, by id. Leaves out ids that the project doesn't have.
    public func find(_ ids: [String], for call: ProjectRequest) async throws -> [String: Definition] {
        var definitions: [String: Definition] = [:]
        if let live = try await live(call) {
            for id in ids { definitions[id] = live.first(where: "id", is: id) }
            return definitions
        }
        // In batches, because the number of values in a statement is limited.
        for start in stride(from: 0, to: ids.count, by: 500) {
            let rows = try await call.control.read(
                """
                SELECT \(sql: Self.columns) FROM \(sql: table)
                WHERE project_id = \(call.project.id) AND id IN \(list: Array(ids[start..<min(start + 500, ids.count)]))
                """)
            for row in rows { definitions[row.text("id")] = try Definition(row) }
        }
        return definitions
    }

    /// The definition whose string field `field` has exactly this value, such as a key; nil if the project has none. If there are several,
    /// the oldest.
    public func find(_ value: String, by field: String, for call: ProjectRequest) async throws -> Definition? {
        if let live = try await live(call) { return live.first(where: field, is: value) }
        return try await all(call).first { $0.fields[field]?.string?.isExactly(value) == true }
    }

    /// The definitions in memory. Nil if they are not kept there.
    private func live(_ call: ProjectRequest) async throws -> LiveDefinitions? {
        isLive ? try await LiveDefinitions.of(self, call) : nil
    }

    private static let columns = "id, definition, created_at, updated_at"

    /// All of the project's definitions, oldest first.
    public func all(_ call: ProjectRequest) async throws -> [Definition] {
        if let live = try await live(call) { return live.all }
        return try await call.control.read(selectAll(of: call.project.id)).map(Definition.init)
    }

    private func all(of project: String, in transaction: any ControlTransaction) async throws -> [Definition] {
        try await transaction.run(selectAll(of: project)).map(Definition.init)
    }

    func selectAll(of project: String) -> SQL {
        "SELECT \(sql: Self.columns) FROM \(sql: table) WHERE project_id = \(project) ORDER BY created_at, id"
    }

    /// The page of the project's definitions that `limit` and `offset` of the request select, oldest first.
    public func page(_ call: ProjectRequest) async throws -> [Definition] {
        try await call.control.read(
            """
            SELECT \(sql: Self.columns) FROM \(sql: table) WHERE project_id = \(call.project.id)
            ORDER BY created_at, id LIMIT \(call.limit) OFFSET \(call.offset)
            """
        ).map(Definition.init)
    }

    /// One page of definitions, and the number of all.
    private struct Page: Sendable { let definitions: [Definition], total: Int64 }

    private var listed: Shape<Page> {
        let line = Shape(Self.answered(fields.map { counted.contains($0.name) ? .optional($0.name, .count, $0.summary) : $0 })) {
            write($0, counting: counted, to: &$1)
        }
        return Shape([.required("data", \.definitions, .list(line)), .required("total", \.total, .count)])
    }

    @Sendable private func list(_ call: ProjectRequest) async throws -> Page {
        let definitions = try await page(call)
        let total = try await call.control.read("SELECT count(*) AS n FROM \(sql: table) WHERE project_id = \(call.project.id)")
        return Page(definitions: definitions, total: total[0].int("n"))
    }

    /// Creates a definition from `body` as the create route does: validates it, stores it and writes an audit entry. Routes of other
    /// modules must call `call.require(module:_:)` first.
    /// - Throws: 400 if `body` is not a valid definition.
    public func create(_ body: JSON, for call: ProjectRequest) async throws -> Definition {
        assert(!isUser || call.hasKind(storedIn: table), "\(kind) uses other definitions, so its module must list it in definitionKinds")
        let definition = try complete(body, over: nil)
        try await call.check(references(body))
        try await permit(call, nil, body)
        try await verify(call, nil, body)
        let id = Identifiers.uuid(), project = call.project.id, now = call.now.milliseconds
        let value = uniqueValue(of: definition) ?? id
        return try Definition(
            try await change(call, id: id, .create, body) { transaction, _ in
                try await transaction.run(
                    """
                    INSERT INTO \(sql: table) (id, project_id, unique_value, definition, created_at, updated_at)
                    VALUES (\(id), \(project), \(value), \(definition.text), \(now), \(now))
                    RETURNING \(sql: Self.columns)
                    """)
            }.row)
    }

    /// Updates the definition whose id is in the request's path.
    /// - Parameter body: the fields to change; nil to read them from the request's body.
    /// - Throws: 404 for an unknown id; 400 if the result is not a valid definition.
    public func update(_ call: ProjectRequest, from body: JSON? = nil) async throws -> Definition {
        try await replace(call, from: body).new
    }

    private func replace(_ call: ProjectRequest, from body: JSON?) async throws -> (old: Definition?, new: Definition) {
        // Looked up before the body is read, so a missing definition gets a 404 even if the body is invalid.
        let id = try await require(call).id
        let body = if let body { body } else { try await call.body() }
        let project = call.project.id, now = call.now.milliseconds
        try await call.check(references(body))
        try await permit(call, id, body)
        try await verify(call, id, body)
        try await requireUse(of: id, changedTo: body, call)
        let (old, row) = try await change(call, id: id, .update, body) { transaction, old in
            guard let old else { return Rows() }
            let definition = try complete(body, over: old.fields)
            let value = uniqueValue(of: definition) ?? id
            return try await transaction.run(
                """
                UPDATE \(sql: table) SET definition = \(definition.text), unique_value = \(value), updated_at = \(now)
                WHERE id = \(id) AND project_id = \(project) RETURNING \(sql: Self.columns)
                """)
        }
        return (old, try Definition(row))
    }

    /// Checks that other definitions still find what they use after a change.
    private func requireUse(of id: String, changedTo body: JSON, _ call: ProjectRequest) async throws {
        guard call.hasUsers(ofDefinitionsIn: table), let old = try await find(id, for: call) else { return }
        let new = try complete(body, over: old.fields)
        try await call.requireUnused(old.fields, becoming: new, id: id, in: table)
    }

    /// Deletes the definition and writes an audit entry.
    /// - Throws: 400 if another definition uses it.
    public func delete(_ definition: Definition, _ call: ProjectRequest) async throws {
        let id = definition.id, project = call.project.id
        try await permit(call, id, nil)
        try await call.requireUnused(definition.fields, becoming: nil, id: id, in: table)
        _ = try await change(call, id: id, .delete, nil) { transaction, _ in
            try await transaction.run(
                "DELETE FROM \(sql: table) WHERE id = \(id) AND project_id = \(project) RETURNING \(sql: Self.columns)")
        }
    }

    // MARK: Storing

    /// The whole definition: the declared fields from `body`, or else from the old definition or the defaults.
    private func complete(_ body: JSON, over old: JSON?) throws -> JSON {
        var text = JSONText()
        text.object { text in
            for field in fields {
                guard let value = value(of: field, body, old) else { continue }
                text.name(field.name)
                field.schema.write(kept: value, to: &text)
            }
        }
        let definition = try JSON(text)
        try Schema.object(fields).check(definition)
        try check(definition)
        return try normalize?(definition) ?? definition
    }

    /// The value to store for `field`; nil for none. An explicit null in an optional field resets it to its default, or removes it.
    private func value(of field: Schema.Field, _ body: JSON, _ old: JSON?) -> JSON? {
        let byDefault = defaults?[field.name]
        guard let sent = body[field.name] else { return old?[field.name] ?? byDefault }
        // Null in a required field is kept so that the following check rejects it.
        return sent.isNull && !field.isRequired ? byDefault : sent
    }

    private func uniqueValue(of definition: JSON) -> String? {
        let value = unique.flatMap { definition[$0]?.string }
        return uniqueInAnyCase ? value?.lowercased() : value
    }

    /// Runs `statements` and writes the audit entry in one transaction. `statements` gets the old definition, which is read in the same
    /// transaction, and returns the row that it changed. If two concurrent changes affect different fields, both are kept.
    /// - Throws: 404 if no row was changed; 400 for a duplicate.
    private func change(
        _ call: ProjectRequest, id: String, _ action: Change, _ body: JSON?,
        _ statements: @escaping @Sendable (any ControlTransaction, _ old: Definition?) async throws -> Rows
    ) async throws -> (old: Definition?, row: Row) {
        let noun = kind.lowercased(), actor = call.actor, project = call.project.id, now = call.now
        let changed: (old: Definition?, row: Row)?
        do {
            changed = try await write(call) { transaction in
                let before =
                    action == .create
                    ? nil
                    : try await transaction.run(
                        "SELECT \(sql: Self.columns) FROM \(sql: table) WHERE id = \(id) AND project_id = \(project)"
                    ).first
                let old = try before.map(Definition.init)
                guard let row = try await statements(transaction, old).first else { return nil }
                let new = action == .delete ? nil : try Definition(row)
                if let exclusive, new?.fields[exclusive]?.boolean == true {
                    try await changeAll(of: project, at: now, in: transaction) { other, definition in
                        guard other != id, definition[exclusive]?.boolean == true else { return nil }
                        return try definition.setting(exclusive) { $0.append(false) }
                    }
                }
                if let relations { try relations(call, Relations(old: old, new: new, all: try await all(of: project, in: transaction))) }
                try await AuditLog.record(
                    "\(noun).\(action.rawValue)", by: actor, on: "\(noun) \(id)", project: project, at: now, in: transaction)
                return (old, row)
            }
        } catch is UniqueViolation {
            let value = unique.flatMap { body?[$0]?.string } ?? id
            throw ServiceError(.duplicate(resource: noun, field: unique ?? "id", value: value.excerpt(60)))
        }
        guard let changed else { throw ServiceError.notFound(kind, id) }
        return changed
    }

    /// Updates every definition of the project for which `change` returns a new one. For changes elsewhere that affect these definitions.
    public func changeAll(of call: ProjectRequest, _ change: @escaping @Sendable (_ id: String, JSON) throws -> JSON?) async throws {
        let project = call.project.id, now = call.now
        _ = try await write(call) { try await changeAll(of: project, at: now, in: $0, change) }
    }

    /// Runs one change of the project's definitions. Everything that changes them goes through here, because other hosts must know of it.
    private func write<Result: Sendable>(
        _ call: ProjectRequest, _ body: @escaping @Sendable (any ControlTransaction) async throws -> Result?
    ) async throws -> Result? {
        isLive
            ? try await call.directory.change(definitionsIn: table, of: call.project, body)
            : try await call.control.write(body)
    }

    private func changeAll(
        of project: String, at now: Instant, in transaction: any ControlTransaction, _ change: (_ id: String, JSON) throws -> JSON?
    ) async throws {
        for definition in try await all(of: project, in: transaction) {
            guard let changed = try change(definition.id, definition.fields) else { continue }
            try await transaction.run(
                """
                UPDATE \(sql: table) SET definition = \(changed.text), updated_at = \(now.milliseconds)
                WHERE id = \(definition.id) AND project_id = \(project)
                """)
        }
    }

    // MARK: Responses

    /// Writes the members in the order in which they are stored.
    private func write(_ definition: Definition, counting counted: Set<String>, to text: inout JSONText) {
        text.object { text in
            text.member("id", definition.id)
            for (name, value) in definition.fields.members {
                text.name(name)
                guard !counted.contains(name) else {
                    text.append(Int64(value.elements.count))
                    continue
                }
                // A definition stored by an earlier version may have members that are no longer declared.
                let schema = fields.first { $0.name.isExactly(name) }?.schema ?? .any
                schema.write(kept: value, to: &text)
            }
            text.name("created_at")
            text.append(definition.createdAt)
            text.name("updated_at")
            text.append(definition.updatedAt)
        }
    }
}

extension Schema {
    /// The names of the members of objects in the value, at any depth.
    fileprivate var memberNames: [String] {
        switch self {
        case .object(let fields, _): fields.flatMap { [$0.name] + $0.schema.memberNames }
        case .array(let element, _): element.memberNames
        case .map(let value, _): value.memberNames
        case .nullable(let value), .named(_, let value): value.memberNames
        case .any, .boolean, .integer, .number, .string, .choice: []
        }
    }
}
