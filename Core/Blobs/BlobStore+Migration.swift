import Common
import NIOCore
@_spi(Host) import Storage

extension BlobStore {
    /// What the work of a module's migrations may use.
    public func work(of module: String) -> any MigrationWork { Work(store: self, module: module) }

    private struct Work: MigrationWork {
        let store: BlobStore
        let module: String

        func read(_ statement: SQL) async throws -> Rows { try await store.control.read(statement) }
        func write(_ statement: SQL) async throws { try await store.control.write(statement) }
        func storeBlob(_ name: String, _ content: [UInt8], in project: String) async throws {
            try await store.blobs(of: module, in: project).put(name, ByteBuffer(bytes: content), about: nil)
        }
    }
}
