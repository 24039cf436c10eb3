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

    /// - Parameter find: finds the definition of the request's project with this id; nil if there is none.
    public init(
        _ name: String, noun: String, find: @escaping @Sendable (_ id: String, ProjectRequest) async throws -> (any SavedDefinition)?
    ) {
        self.name = name
        self.noun = noun
        self.find = find
    }
}

/// The kinds of definitions of all modules on this host.
public struct DefinitionCatalog: Sendable {
    private let kinds: [String: DefinitionKind]

    public init(_ kinds: [(module: String, kind: DefinitionKind)] = []) {
        self.kinds = Dictionary(kinds.map { (Self.key($0.module, $0.kind.name), $0.kind) }) { first, _ in first }
    }

    private static func key(_ module: String, _ kind: String) -> String { module + " " + kind }

    fileprivate func kind(_ kind: String, of module: String) -> DefinitionKind? { kinds[Self.key(module, kind)] }
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
}
