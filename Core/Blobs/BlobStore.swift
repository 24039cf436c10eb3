@_spi(Host) import Common
import NIOCore
import Storage

/// The blobs of an installation: their content in an engine, and a row in control for each, with its name, size, hash and visitor.
///
/// Content is stored before its row and deleted after it, except for what must be erased. Until its row is there, and once it is gone, the
/// key is in a table of content to delete, so what a crash leaves is known, and `sweep` deletes it. The sweep never goes by what an engine
/// lists: another installation may keep its blobs in the same place.
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

    /// Content without a row in `blobs_content`: it is being stored, or should be gone. Backups have none of it: what is being stored while
    /// a backup is made may be stored when the backup is restored.
    static let unclaimed = Table(
        "blobs_unclaimed", [Column("key", .text), Column("since", .int64)], primaryKey: ["key"], indexes: [["since"]])
    public static let unclaimedTable = unclaimed.name

    public static let migrations = [
        Migration("001-create", on: .control, [.createTable(table)]),
        Migration("002-unclaimed", on: .control, [.createTable(unclaimed)]),
    ]

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
        try await engine.list(project: project) { [engine] keys in for key in keys { try await engine.delete(key) } }
        try await control.write("/* blobs.erase_project */ DELETE FROM blobs_content WHERE project_id = \(project)")
    }

    // MARK: Content without a row

    /// Notes a key before its content is stored.
    func announce(_ key: BlobKey) async throws {
        try await control.write(
            "/* blobs.announce */ INSERT INTO blobs_unclaimed (key, since) VALUES (\(key.description), \(time.now.milliseconds))")
    }

    /// Deletes content whose row is gone. What can't be deleted now is deleted by the sweep.
    func discard(_ keys: [BlobKey]) async {
        for key in keys { try? await remove(key) }
    }

    private func remove(_ key: BlobKey) async throws {
        try await engine.delete(key)
        try await control.write("/* blobs.removed */ DELETE FROM blobs_unclaimed WHERE key = \(key.description)")
    }

    /// Deletes content that has had no row for a day, and all blobs of deleted projects.
    /// - Returns: the number of keys without a row.
    @discardableResult
    public func sweep() async throws -> Int {
        let gone = try await control.read(
            """
            /* blobs.deleted_projects */ SELECT DISTINCT project_id FROM blobs_content
            WHERE project_id IN (SELECT id FROM access_projects WHERE deleted_at IS NOT NULL)
            """)
        for row in gone { try await erase(project: row.text("project_id")) }
        let limit = time.now.adding(days: -1)
        // Zero marks keys whose content is being deleted, so that nobody who is still storing it claims it meanwhile.
        let left = try await control.write(
            "/* blobs.unclaimed */ UPDATE blobs_unclaimed SET since = 0 WHERE since < \(limit.milliseconds) RETURNING key")
        for row in left { if let key = BlobKey(row.text("key")) { try await remove(key) } }
        return left.count
    }
}
