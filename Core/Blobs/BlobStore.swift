@_spi(Host) import Common
import NIOCore
import Storage

/// The blobs of an installation: their content in an engine, and a row in control for each, with its name, size, hash and visitor.
///
/// Content is stored before its row and deleted after it, except for what must be erased. A crash in between leaves content without a row,
/// which `sweep` deletes.
@_spi(Host) public struct BlobStore: Sendable {
    public let engine: any BlobEngine
    let control: any ControlStore
    let time: any TimeSource

    public init(_ engine: any BlobEngine, control: any ControlStore, time: any TimeSource) {
        self.engine = engine
        self.control = control
        self.time = time
    }

    static let table = Table(
        "blobs_content",
        [
            Column("key", .text), Column("project_id", .text), Column("module", .text), Column("name", .text),
            Column("visitor", .int64, nullable: true), Column("bytes", .int64), Column("sha256", .text), Column("created_at", .int64),
        ],
        primaryKey: ["key"], unique: [["project_id", "module", "name"]], indexes: [["project_id", "visitor"]])

    public static let migrations = [Migration("001-create", on: .control, [.createTable(table)])]

    /// The blobs of one module and project.
    public func blobs(of module: String, in project: String) -> Blobs { Blobs(store: self, module: module, project: project) }

    // MARK: Visitors and projects

    /// All blobs about a visitor, in the order of their names. `visitor` is the visitor's key.
    public func blobs(about visitor: Int64, in project: String) async throws -> [(module: String, blob: Blob, key: String)] {
        let rows = try await control.read(
            """
            /* blobs.about */ SELECT key, module, name, bytes, sha256, created_at FROM blobs_content
            WHERE project_id = \(project) AND visitor = \(visitor) ORDER BY module, created_at, key
            """)
        return rows.map { ($0.text("module"), Blob($0), $0.text("key")) }
    }

    /// The content of a blob with this key; nil if there is none.
    public func content(_ key: String, bytes: Int64) async throws -> ByteStream? {
        guard let key = BlobKey(key) else { return nil }
        return try await engine.get(key, 0..<bytes)
    }

    /// Deletes everything about a visitor. The content goes first: if the store is unavailable, the rows still say what to erase.
    /// - Returns: the number of blobs.
    public func erase(visitor: Int64, in project: String) async throws -> Int {
        let rows = try await control.read(
            "/* blobs.erase */ SELECT key FROM blobs_content WHERE project_id = \(project) AND visitor = \(visitor)")
        for row in rows { if let key = BlobKey(row.text("key")) { try await engine.delete(key) } }
        for row in rows { try await control.write("/* blobs.erased */ DELETE FROM blobs_content WHERE key = \(row.text("key"))") }
        return rows.count
    }

    /// Deletes all blobs of a project.
    public func erase(project: String) async throws {
        try await engine.list(project: project) { [engine] found in for content in found { try await engine.delete(content.key) } }
        try await control.write("/* blobs.erase_project */ DELETE FROM blobs_content WHERE project_id = \(project)")
    }

    // MARK: What crashes leave

    /// Deletes content that has had no row for a day, and all blobs of deleted projects.
    /// - Returns: the number of deleted contents.
    @discardableResult
    public func sweep() async throws -> Int {
        let gone = try await control.read(
            """
            /* blobs.deleted_projects */ SELECT DISTINCT project_id FROM blobs_content
            WHERE project_id IN (SELECT id FROM access_projects WHERE deleted_at IS NOT NULL)
            """)
        for row in gone { try await erase(project: row.text("project_id")) }
        let limit = time.now.adding(days: -1), deleted = Count()
        try await engine.list(project: nil) { [engine, control] found in
            let old = found.filter { $0.changedAt < limit }
            guard !old.isEmpty else { return }
            let rows = try await control.read(
                "/* blobs.known */ SELECT key FROM blobs_content WHERE key IN \(list: old.map(\.key.description))")
            let known = Set(exactly: rows.map { $0.text("key") })
            for content in old where !known.contains(text: content.key.description) {
                try await engine.delete(content.key)
                deleted.add(1)
            }
        }
        return deleted.value
    }
}
