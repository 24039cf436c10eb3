@_spi(Host) import Blobs
@_spi(Host) import Common
import Foundation

/// Copies the files of blobs.
enum ObjectFiles {
    /// Copies all blobs from one folder to another, and waits until they are on disk. Skips files that are deleted meanwhile, and everything
    /// that is not a blob.
    static func copy(from source: String, to target: String) throws {
        let files = FileManager.default
        for path in try files.fileExists(atPath: source) ? files.subpathsOfDirectory(atPath: source).sorted() : [] {
            guard BlobKey(path) != nil, isFile(source + "/" + path) else { continue }
            let copy = target + "/" + path
            try files.createDirectory(atPath: Folder.of(copy), withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            if files.fileExists(atPath: copy) { try files.removeItem(atPath: copy) }
            do { try files.copyItem(atPath: source + "/" + path, toPath: copy) } catch {
                guard files.fileExists(atPath: source + "/" + path) else { continue }
                throw error
            }
            let file = try FileHandle(forUpdating: URL(fileURLWithPath: copy))
            defer { try? file.close() }
            try file.synchronize()
            Folder.sync(Folder.of(copy))
        }
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
