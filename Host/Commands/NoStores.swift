@_spi(Host) import Blobs
@_spi(Host) import Common
import Coordination
@_spi(Host) import Storage

/// Empty stores that reject writes. Commands use them to describe a host without opening its stores, and in place of stores that
/// don't exist yet.
extension Engines {
    static func none(lock: FolderLock) -> Engines {
        Engines(
            control: NoControlStore(dialect: .sqlite), events: NoEventStore(dialect: .duckdb), readers: 1,
            coordination: LocalCoordination(time: SystemTime()), blobs: NoBlobEngine(), isAlone: true, lock: lock)
    }
}

struct NoControlStore: ControlEngine {
    let dialect: Dialect

    func read(_ statement: SQL) async throws -> Rows { Rows() }
    func write<Result: Sendable>(_ body: @escaping @Sendable (any ControlTransaction) async throws -> Result) async throws -> Result {
        throw NoStore()
    }
    func ping() async throws { throw NoStore() }
    func backup(to path: String, emptying emptied: Set<String>) async throws -> [String: Int64] { throw NoStore() }
    func restore(from path: String) async throws { throw NoStore() }
    func close() async {}
}

struct NoEventStore: EventStore {
    let dialect: Dialect

    func query(_ statement: SQL, timeoutSeconds: Double) async throws -> Rows { Rows() }
    func reader(of project: Int32, secondsPerBatch: Double) throws -> any BatchReader { throw NoStore() }
    func apply(_ batch: FactBatch) async throws -> AppliedBatch { throw NoStore() }
    func change(_ statements: [SQL]) async throws { throw NoStore() }
    func position(of journal: String) async throws -> JournalPosition? { nil }
    func ping() async throws { throw NoStore() }
    func backup(to path: String) async throws -> [String: Int64] { throw NoStore() }
    func restore(from path: String) async throws { throw NoStore() }
    func close() async {}
}

struct NoBlobEngine: BlobEngine {
    let place = "nowhere"
    let folder: String? = nil

    func put(_ key: BlobKey, _ content: ByteStream, maximumBytes: Int64) async throws -> StoredContent { throw NoStore() }
    func get(_ key: BlobKey, _ range: Range<Int64>) async throws -> ByteStream? { nil }
    func size(of key: BlobKey) async throws -> Int64? { nil }
    func delete(_ key: BlobKey) async throws { throw NoStore() }
    func list(project: String, _ body: @Sendable ([BlobKey]) async throws -> Void) async throws {}
    func ping() async throws { throw NoStore() }
    func close() async {}
}

struct NoStore: Error, CustomStringConvertible {
    var description: String { "There is no store here." }
}
