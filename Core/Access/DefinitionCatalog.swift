import Common

/// What somebody saved, such as a goal.
public protocol SavedDefinition: Sendable {
    /// The definition's id, a UUID.
    var id: String { get }
    /// An object with the values of its fields.
    var fields: JSON { get }
}

/// A kind of definition that other modules may refer to by id, as an alert refers to a goal.
public struct DefinitionKind: Sendable {
    /// The kind's name within its module, such as `goal`.
    public let name: String
    /// The kind's name in sentences, such as `Goal`.
    public let noun: String
    fileprivate let find: @Sendable (_ id: String, ProjectRequest) async throws -> (any SavedDefinition)?
    /// The table of the definitions; nil if `Resource` doesn't store them.
    fileprivate let table: String?
    fileprivate let users: Users?

    /// Returns the project's definitions of the kind, with what they use.
    @_spi(Definitions) public typealias Users =
        @Sendable (ProjectRequest) async throws -> [(id: String, name: String, uses: [DefinitionUse])]

    /// - Parameter find: finds the definition of the request's project with this id; nil if there is none.
    public init(
        _ name: String, noun: String, find: @escaping @Sendable (_ id: String, ProjectRequest) async throws -> (any SavedDefinition)?
    ) {
        self.init(name, noun: noun, table: nil, users: nil, find: find)
    }

    /// - Parameters:
    ///   - table: the table of the definitions.
    ///   - users: what the definitions use; nil if definitions of the kind use no others.
    @_spi(Definitions) public init(
        _ name: String, noun: String, table: String?, users: Users?,
        find: @escaping @Sendable (_ id: String, ProjectRequest) async throws -> (any SavedDefinition)?
    ) {
        self.name = name
        self.noun = noun
        self.table = table
        self.users = users
        self.find = find
    }
}

/// The kinds of definitions of all modules on this host.
public struct DefinitionCatalog: Sendable {
    // exact: modules, kinds and tables are named in our source
    private let kinds: [String: DefinitionKind]
    /// The kinds whose definitions use others, in the order of the modules.
    fileprivate let users: [(module: String, kind: DefinitionKind)]
    private let tables: [String: (module: String, kind: DefinitionKind)]

    public init(_ kinds: [(module: String, kind: DefinitionKind)] = []) {
        self.kinds = Dictionary(kinds.map { (Self.key($0.module, $0.kind.name), $0.kind) }) { first, _ in first }
        users = kinds.filter { $0.kind.users != nil }
        tables = Dictionary(kinds.compactMap { entry in entry.kind.table.map { ($0, entry) } }) { first, _ in first }
    }

    private static func key(_ module: String, _ kind: String) -> String { module + " " + kind }

    fileprivate func kind(_ kind: String, of module: String) -> DefinitionKind? { kinds[Self.key(module, kind)] }

    fileprivate func kind(storedIn table: String) -> (module: String, kind: DefinitionKind)? { tables[table] }
}

/// A definition that another stored definition uses, and that therefore can't be deleted.
public struct DefinitionUse: Sendable {
    let kind, module: String
    let matches: @Sendable (_ id: String, _ fields: JSON) -> Bool

    /// A use by id.
    /// - Parameters:
    ///   - id: the id in the stored definition, with or without a prefix. Nil, and anything but a string, is no use.
    ///   - kind: the kind of definition, such as `goal`.
    ///   - module: the module that the kind belongs to, such as `goals`.
    public init?(_ id: JSON?, of kind: String, in module: String) {
        guard let id = (id?.string).map(Identifiers.plain) else { return nil }
        self.init(of: kind, in: module) { other, _ in other.isExactly(id) }
    }

    /// A use by other means, such as a key.
    /// - Parameter matches: whether the definition with these fields is the one that is used.
    public init(of kind: String, in module: String, where matches: @escaping @Sendable (_ fields: JSON) -> Bool) {
        self.init(of: kind, in: module) { _, fields in matches(fields) }
    }

    private init(of kind: String, in module: String, matches: @escaping @Sendable (_ id: String, _ fields: JSON) -> Bool) {
        self.kind = kind
        self.module = module
        self.matches = matches
    }

    @_spi(Definitions) public init(_ reference: DefinitionReference) {
        let id = Identifiers.plain(reference.id)
        self.init(of: reference.kind, in: reference.module) { other, _ in other.isExactly(id) }
    }
}

/// A reference in a definition that is about to be saved.
public struct DefinitionReference: Sendable {
    let id, kind, module, path: String

    /// - Parameters:
    ///   - id: the id that the request contains. Nil, and anything but a string, is no reference.
    ///   - kind: the kind of definition, such as `goal`.
    ///   - module: the module that the kind belongs to, such as `goals`.
    ///   - path: the path of the field, for error messages.
    public init?(_ id: JSON?, to kind: String, in module: String, at path: String) {
        guard let id = id?.string else { return nil }
        self.id = id
        self.kind = kind
        self.module = module
        self.path = path
    }
}

extension ProjectRequest {
    /// The definition of another module that has this id, with or without a prefix.
    /// - Parameters:
    ///   - kind: the kind of definition, such as `goal`. A kind that the module doesn't have has no definitions.
    ///   - module: the module that the kind belongs to, such as `goals`. It need not be on this host.
    /// - Throws: 403 if the module is off or the caller may not read it; 404 if the project has no such definition.
    public func definition(_ id: String, of kind: String, in module: String) async throws -> any SavedDefinition {
        // The gate has already checked the route's own module.
        if module != self.module { try require(module: module) }
        guard let known = services.definitions.kind(kind, of: module) else { throw ServiceError.notFound(kind, id) }
        guard let found = try await known.find(Identifiers.plain(id), self) else { throw ServiceError.notFound(known.noun, id) }
        return found
    }

    /// Checks references before they are saved.
    /// - Throws: 400 that names the field if the project has no such definition; 403 if the caller may not read it.
    public func check(_ references: [DefinitionReference?]) async throws {
        for case let reference? in references {
            do { _ = try await definition(reference.id, of: reference.kind, in: reference.module) } catch let error as ServiceError
                where error.status == 404
            {
                throw ServiceError.body(field: reference.path, because: error.message)
            }
        }
    }

    /// Whether a module lists the kind of definitions that are stored in `table`.
    @_spi(Definitions) public func hasKind(storedIn table: String) -> Bool { services.definitions.kind(storedIn: table) != nil }

    /// Whether definitions of any kind use those that are stored in `table`.
    @_spi(Definitions) public func hasUsers(ofDefinitionsIn table: String) -> Bool {
        services.definitions.kind(storedIn: table) != nil && !services.definitions.users.isEmpty
    }

    /// Checks that no other definition uses one that is about to change. Definitions of modules that are off don't count: nobody could
    /// change them.
    /// - Parameters:
    ///   - old: the definition's fields.
    ///   - new: its fields after the change; nil if it is being deleted.
    ///   - table: the table that it is stored in.
    /// - Throws: 400 if the definition would no longer be what another one uses.
    @_spi(Definitions) public func requireUnused(_ old: JSON, becoming new: JSON?, id: String, in table: String) async throws {
        guard let (owner, kind) = services.definitions.kind(storedIn: table) else { return }
        for (module, other) in services.definitions.users {
            var isReadable = true
            do { try require(module: module) } catch let error as ServiceError {
                // The definitions of a module that the key may not use count too, but the key must not learn their names.
                guard error.code == "key_modules" else { continue }
                isReadable = false
            }
            for user in try await other.users?(self) ?? [] {
                guard
                    user.uses.contains(where: { use in
                        use.kind == kind.name && use.module == owner && use.matches(id, old) && new.map { use.matches(id, $0) } != true
                    })
                else { continue }
                let noun = other.noun.lowercased()
                let (name, other) =
                    isReadable
                    ? ("\(noun) '\(user.name.excerpt(60))' (\(user.id))", noun) : ("a definition of the module '\(module)'", "one")
                throw ServiceError.invalid(
                    "\(kind.name)_used", "\(kind.noun) '\(id)' is used by \(name); change or delete that \(other) first.")
            }
        }
    }
}
