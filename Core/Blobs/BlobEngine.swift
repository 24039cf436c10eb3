import Common

/// Where the content of blobs is kept: a folder or a bucket. Content never changes under its key: `BlobStore` makes a new key for each.
@_spi(Host) public protocol BlobEngine: Sendable {
    /// Where that is, without secrets, such as `the folder data/objects`.
    var place: String { get }
    /// The folder that a backup copies; nil if backups don't include the content.
    var folder: String? { get }

    /// Stores the content under a new key. If it can't be stored to its end, nothing is.
    /// - Throws: 413 if the content is longer than `maximumBytes`; 503 if the store is unavailable; whatever the content throws.
    func put(_ key: BlobKey, _ content: ByteStream, maximumBytes: Int64) async throws -> StoredContent

    /// The bytes in the range, which must be within the content; nil if there is no content.
    func get(_ key: BlobKey, _ range: Range<Int64>) async throws -> ByteStream?

    /// The size of the content; nil if there is none.
    func size(of key: BlobKey) async throws -> Int64?

    /// Deletes the content. Does nothing if there is none.
    func delete(_ key: BlobKey) async throws

    /// Calls `body` with the keys of all content of a project, in batches. `body` may delete it.
    func list(project: String, _ body: @Sendable ([BlobKey]) async throws -> Void) async throws

    /// Returns once the store has answered.
    func ping() async throws

    func close() async
}

/// The size and the hash of content.
@_spi(Host) public struct StoredContent: Sendable, Equatable {
    public let bytes: Int64
    /// SHA-256 in lower-case hex.
    public let sha256: String

    public init(bytes: Int64, sha256: String) {
        self.bytes = bytes
        self.sha256 = sha256
    }
}

/// The key of content: the project and the module that it belongs to, and an id. None of it comes from outside, and no part can be a
/// special name in a file system or a URL.
@_spi(Host) public struct BlobKey: Sendable, Hashable, CustomStringConvertible {
    // exact: ids and module names are ours
    public let project, module, id: String

    /// Returns nil if a part is empty, or has characters other than `a-z`, `0-9`, `_` and `-`.
    public init?(project: String, module: String, id: String) {
        guard [project, module, id].allSatisfy({ !$0.isEmpty && $0.utf8.count <= 100 && $0.utf8.allSatisfy(Self.isPlain) }) else {
            return nil
        }
        self.project = project
        self.module = module
        self.id = id
    }

    /// Parses `description`.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3 else { return nil }
        self.init(project: parts[0], module: parts[1], id: parts[2])
    }

    public var description: String { "\(project)/\(module)/\(id)" }

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

extension ServiceError {
    /// 413 for content that is longer than its store or its module accepts.
    @_spi(Host) public static func blobTooLarge(_ maximumBytes: Int64) -> ServiceError {
        ServiceError(status: 413, code: "body_too_large", message: "The content is too large; the limit is \(maximumBytes) bytes.")
    }

    /// 503 for a store of blobs that does not answer, or answers with an error.
    @_spi(Host) public static let blobsUnavailable = unavailable(
        "object_storage_unavailable", "The object storage is not available. Try again in 5 seconds.", retryAfterSeconds: 5)
}
