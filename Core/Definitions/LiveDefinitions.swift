@_spi(Definitions) @_spi(Host) import Access
import Common
import Storage
import Synchronization

/// The definitions of one kind in one project, in memory.
final class LiveDefinitions: Sendable {
    /// All definitions, oldest first.
    let all: [Resource.Definition]
    /// Indexes into `all`, by field and its value.
    private let indexes = Mutex<[String: [ExactText: Int]]>([:])

    private init(_ rows: Rows) throws {
        // One document for all, because each document has buffers of its own.
        var text = "["
        for (index, row) in rows.enumerated() {
            if index > 0 { text += "," }
            text += row.text("definition")
        }
        let fields = try JSON.parse(kept: text + "]").elements
        all = zip(rows, fields).map { Resource.Definition($0, fields: $1, values: DefinitionValues()) }
    }

    /// The definitions of `resource` in the request's project. Nil if they take too much memory.
    static func of(_ resource: Resource, _ call: ProjectRequest) async throws -> LiveDefinitions? {
        let values = call.directory.live
        return try await values.value(resource.table, of: call.project.id) {
            let sizes = try await call.control.read(
                """
                /* definitions.size */ SELECT count(*) AS n, coalesce(sum(length(definition)), 0) AS characters
                FROM \(sql: resource.table) WHERE project_id = \(call.project.id)
                """)[0]
            // The parsed document takes about 16 bytes for each character.
            let bytes = Int(sizes.int("characters")) * 16 + Int(sizes.int("n")) * 500
            guard bytes <= values.largest else { return nil }
            return (try LiveDefinitions(try await call.control.read(resource.selectAll(of: call.project.id))), bytes)
        }
    }

    /// The definition whose string field `field` has exactly this value, or whose id does; nil if there is none. If there are several, the
    /// oldest.
    func first(where field: String, is value: String) -> Resource.Definition? {
        indexes.withLock { indexes in
            if indexes[field] == nil {
                let pairs = all.enumerated().compactMap { index, definition in
                    (field == "id" ? definition.id : definition.fields[field]?.string).map { (ExactText($0), index) }
                }
                indexes[field] = Dictionary(pairs) { first, _ in first }
            }
            return indexes[field]?[text: value]
        }.map { all[$0] }
    }
}

/// What a definition in memory means, in the form that its module works with.
final class DefinitionValues: Sendable {
    private let values = Mutex<[ObjectIdentifier: any Sendable]>([:])

    func value<Value: Sendable>(_ make: () throws -> Value) rethrows -> Value {
        let type = ObjectIdentifier(Value.self)
        if let known = values.withLock({ $0[type] }) as? Value { return known }
        let value = try make()
        values.withLock { $0[type] = value }
        return value
    }
}
