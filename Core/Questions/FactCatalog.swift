import Common
@_spi(Host) import Storage

/// The fact tables of a host's modules. A scope finds the tables that a statement names here, and with them the module whose switch and
/// access level decide who may read them.
public struct FactCatalog: Sendable {
    /// A module, the fact tables that it writes, and the modules whose tables its statements may read besides its own.
    public struct Entry: Sendable {
        let module: String
        let tables: [FactTable]
        let reads: Set<String>

        public init(module: String, tables: [FactTable], reads: [String] = []) {
            self.module = module
            self.tables = tables
            self.reads = Set(reads)
        }
    }

    private let tables: [String: (module: String, table: FactTable)]
    private let reads: [String: Set<String>]

    public init(_ entries: [Entry] = []) {
        // exact: tables and modules are named in our source
        tables = Dictionary(entries.flatMap { entry in entry.tables.map { ($0.name, (entry.module, $0)) } }) { first, _ in first }
        reads = Dictionary(entries.map { ($0.module, $0.reads) }) { first, _ in first }
    }

    /// The tables that these words name, in order of their names.
    func tables(in words: Set<String>) -> [(module: String, table: FactTable)] {
        tables.filter { words.contains($0.key) }.sorted { $0.key < $1.key }.map(\.value)
    }

    /// The tables of `module`.
    @_spi(Host) public func tables(of module: String) -> [FactTable] {
        tables.values.filter { $0.module == module }.map(\.table).sorted { $0.name < $1.name }
    }

    /// Whether the manifest of `module` says that it reads facts of `other`.
    func reads(_ module: String, _ other: String) -> Bool { module == other || reads[module]?.contains(other) == true }

    /// The module that `module` reads according to its manifest, and that would have a table of this name if it were loaded.
    func absentOwner(of table: String, readBy module: String) -> String? { reads[module]?.first { table.hasPrefix($0 + "_") } }
}

/// The fact tables that a scope's statements may read.
@_spi(Scopes) public struct FactAccess: Sendable {
    let catalog: FactCatalog
    /// The module whose statements these are; nil for the host's own.
    var module: String?
    /// - Throws: 403 for a module that the caller may not read.
    let check: @Sendable (_ module: String) throws -> Void

    public init(_ catalog: FactCatalog, module: String?, check: @escaping @Sendable (_ module: String) throws -> Void) {
        self.catalog = catalog
        self.module = module
        self.check = check
    }

    /// The fact tables that a module's statement names.
    /// - Parameter words: the words of the statement.
    /// - Throws: 403 for a table of a module that the caller may not read; `UnreadableFacts` for one that the module's manifest omits.
    func tables(in words: Set<String>, of name: StaticString) throws -> [FactTable] {
        try catalog.tables(in: words).map { owner, table in
            try check(owner)
            if let module, !catalog.reads(module, owner) {
                throw UnreadableFacts(
                    description: "Statement '\(name)' of module '\(module)' reads '\(table.name)', but the module's manifest does not list "
                        + "'\(owner)' in its reads. Add it there.")
            }
            return table
        }
    }

    /// Refuses a statement that names tables that do not exist.
    /// - Throws: 403 if one of them belongs to a module that this host doesn't load; otherwise `UnreadableFacts`.
    func refuse(_ unknown: Set<String>, in name: StaticString) throws {
        for table in unknown { if let module, let owner = catalog.absentOwner(of: table, readBy: module) { try check(owner) } }
        throw UnreadableFacts(
            description:
                "Statement '\(name)' reads '\(unknown.sorted().joined(separator: "', '"))', which neither the scope nor the statement "
                + "defines, and no loaded module has as a fact table. Correct the name, or add the table to its module's factTables.")
    }

    /// Checks what a segment, filters or the scope add to a module's statement.
    /// - Throws: 403 for a table of a module that the caller may not read.
    func check(_ added: SQL) throws { for (owner, _) in catalog.tables(in: added.words) { try check(owner) } }
}

/// A mistake in a module's statement: it reads what it must not, or what does not exist.
struct UnreadableFacts: Error, CustomStringConvertible {
    let description: String
}
