@_spi(Host) import Common
import NIOCore
import Storage

/// A blob: content of any size under a name.
public struct Blob: Sendable, Equatable {
    /// The name, in the module and project that the blob belongs to.
    public let name: String
    public let bytes: Int64
    /// SHA-256 of the content, in lower-case hex.
    public let sha256: String
    public let createdAt: Instant

    init(_ row: Row) {
        name = row.text("name")
        bytes = row.int("bytes")
        sha256 = row.text("sha256")
        createdAt = Instant(milliseconds: row.int("created_at"))
    }

    public static func == (left: Blob, right: Blob) -> Bool {
        left.name.isExactly(right.name) && left.bytes == right.bytes && left.sha256.isExactly(right.sha256)
            && left.createdAt == right.createdAt
    }
}

/// The blobs of one module in one project; `call.blobs` returns them. Other modules' blobs can't be reached.
///
/// A name may be any text: it is never part of a path or an address. If a blob holds something about a visitor, say which: the visitor's
/// export then has its content, and erasure deletes it.
public struct Blobs: Sendable {
    let store: BlobStore
    let module, project: String

    /// The most bytes of a name.
    static let maximumName = 1_000

    /// Stores content, and replaces what was stored under the name.
    /// - Parameters:
    ///   - visitor: the key of the visitor whom the content is about: `Visit.visitor`, or `call.visitor(id)`. Nil if it is about none.
    ///   - maximumBytes: content that is longer is not stored.
    /// - Throws: 413 if the content is longer; 503 if the store is unavailable; whatever the content throws.
    @discardableResult
    public func put(_ name: String, _ content: ByteStream, about visitor: Int64?, maximumBytes: Int64) async throws -> Blob {
        guard (1...Self.maximumName).contains(name.utf8.count), !name.utf8.contains(0) else {
            throw ServiceError.invalid(
                "blob_name", "A blob's name needs 1 to \(Self.maximumName) bytes without NUL; got \(name.utf8.count).")
        }
        guard let key = BlobKey(project: project, module: module, id: Identifiers.uuid()) else {
            throw ServiceError.invalid("blob_key", "Module '\(module)' or project '\(project)' has a name that can't be in a blob's key.")
        }
        try await store.announce(key)
        let stored: StoredContent, blob: Blob, replaced: [BlobKey]
        do {
            stored = try await store.engine.put(key, content, maximumBytes: maximumBytes)
            (blob, replaced) = try await claim(key, for: name, stored, about: visitor)
        } catch {
            await store.discard([key])
            throw error
        }
        await store.discard(replaced)
        return blob
    }

    /// Makes stored content the content of `name`.
    /// - Returns: the blob, and the keys of the content that it replaces.
    private func claim(
        _ key: BlobKey, for name: String, _ stored: StoredContent, about visitor: Int64?
    ) async throws -> (Blob, replaced: [BlobKey]) {
        let now = store.time.now.milliseconds
        let rows = try await store.control.write { [module, project] transaction in
            let claimed = try await transaction.run(
                "/* blobs.claim */ DELETE FROM blobs_unclaimed WHERE key = \(key.description) AND since > 0 RETURNING key")
            // It took longer than a day, and the sweep deletes the content, or has done so.
            guard !claimed.isEmpty else { throw ServiceError.blobsUnavailable }
            let old = try await transaction.run(
                "/* blobs.replaced */ SELECT key FROM blobs_content WHERE project_id = \(project) AND module = \(module) AND name = \(name)"
            )
            for row in old { try await transaction.run(Self.unclaim(row.text("key"), at: now)) }
            let new = try await transaction.run(
                """
                /* blobs.put */ INSERT INTO blobs_content (key, project_id, module, name, visitor, bytes, sha256, created_at)
                VALUES (\(key.description), \(project), \(module), \(name), \(visitor), \(stored.bytes), \(stored.sha256), \(now))
                ON CONFLICT (project_id, module, name) DO UPDATE SET key = excluded.key, visitor = excluded.visitor,
                  bytes = excluded.bytes, sha256 = excluded.sha256, created_at = excluded.created_at
                RETURNING name, bytes, sha256, created_at
                """)
            return (old: old, new: new)
        }
        return (Blob(rows.new[0]), rows.old.compactMap { BlobKey($0.text("key")) })
    }

    private static func unclaim(_ key: String, at now: Int64) -> SQL {
        "/* blobs.unclaim */ INSERT INTO blobs_unclaimed (key, since) VALUES (\(key), \(now))"
    }

    /// Stores content that is in memory.
    @discardableResult
    public func put(_ name: String, _ content: ByteBuffer, about visitor: Int64?) async throws -> Blob {
        try await put(name, ByteStream(content), about: visitor, maximumBytes: .max)
    }

    /// The blob of this name; nil if there is none.
    public func find(_ name: String) async throws -> Blob? { try await row(name).map(Blob.init) }

    public func exists(_ name: String) async throws -> Bool { try await row(name) != nil }

    /// The content of a blob, or the part of it that lies in `range`; nil if there is no blob of this name.
    public func get(_ name: String, range: Range<Int64>? = nil) async throws -> (blob: Blob, content: ByteStream)? {
        guard let row = try await row(name), let key = BlobKey(row.text("key")) else { return nil }
        let blob = Blob(row), all = 0..<blob.bytes
        guard let content = try await store.engine.get(key, range?.clamped(to: all) ?? all) else { return nil }
        return (blob, content)
    }

    /// The whole content of a small blob; nil if there is no blob of this name.
    /// - Throws: 413 if the blob is larger.
    public func bytes(of name: String, maximumBytes: Int64) async throws -> ByteBuffer? {
        guard let (blob, content) = try await get(name) else { return nil }
        guard blob.bytes <= maximumBytes else { throw ServiceError.blobTooLarge(maximumBytes) }
        var all = ByteBuffer()
        while let piece = try await content.next() { all.writeImmutableBuffer(piece) }
        return all
    }

    /// The blobs whose names begin with `prefix`, in the order of the names' bytes.
    /// - Parameter after: a name; only names after it are listed.
    public func list(prefix: String = "", after: String = "", limit: Int) async throws -> [Blob] {
        let order = store.control.dialect.byCodePoints("name"), bound = store.control.dialect.byCodePoints("\(after)")
        let rows = try await store.control.read(
            """
            /* blobs.list */ SELECT name, bytes, sha256, created_at FROM blobs_content
            WHERE project_id = \(project) AND module = \(module) AND substr(name, 1, CAST(\(prefix.unicodeScalars.count) AS integer)) = \(prefix)
              AND \(order) > \(bound)
            ORDER BY \(order) LIMIT \(limit)
            """)
        return rows.map(Blob.init)
    }

    /// Deletes a blob. Returns false if there is none.
    @discardableResult
    public func delete(_ name: String) async throws -> Bool {
        let now = store.time.now.milliseconds
        let keys = try await store.control.write { [module, project] transaction in
            let gone = try await transaction.run(
                "/* blobs.delete */ DELETE FROM blobs_content WHERE project_id = \(project) AND module = \(module) AND name = \(name) RETURNING key"
            )
            for row in gone { try await transaction.run(Self.unclaim(row.text("key"), at: now)) }
            return gone.compactMap { BlobKey($0.text("key")) }
        }
        await store.discard(keys)
        return !keys.isEmpty
    }

    private func row(_ name: String) async throws -> Row? {
        try await store.control.read(
            """
            /* blobs.find */ SELECT key, name, bytes, sha256, created_at FROM blobs_content
            WHERE project_id = \(project) AND module = \(module) AND name = \(name)
            """
        ).first
    }
}
