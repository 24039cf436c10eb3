import Common
import Foundation

/// The folder of the embedded engines, the journal, and the secrets that Pulse makes for itself.
struct DataFolder: Sendable {
    let root: String

    init(_ root: String) { self.root = root }

    func path(_ name: String) -> String { root + "/" + name }

    /// Makes the folder, readable by its owner alone.
    func create() throws {
        try FileManager.default.createDirectory(
            atPath: root, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    /// The secret in file `name`, made at the first start and kept.
    func secret(_ name: String, prefix: String) throws -> String {
        let file = path(name)
        if let text = try? String(contentsOfFile: file, encoding: .utf8) {
            let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
            if !secret.isEmpty { return secret }
        }
        let secret = Identifiers.token(prefix: prefix, length: 43)
        // Created with its final rights, so that it is never readable by others, not even for an instant.
        guard FileManager.default.createFile(atPath: file, contents: Data((secret + "\n").utf8), attributes: [.posixPermissions: 0o600])
        else { throw ServiceError.unavailable("data_folder", "Can't write \(file). Is the folder writable?") }
        return secret
    }
}
