import Access
import Common
import Foundation
import HTTPTypes
import Logging
import NIOCore
import Synchronization

/// `POST /api/admin/backups`: `pulse backup` calls it to get a backup from the running host.
struct BackupRoutes: Sendable {
    let backup: Backup
    /// The folder that backups are written to; created when needed.
    let folder: String
    private let turn = Turn()

    init(backup: Backup, folder: String) {
        self.backup = backup
        self.folder = folder
    }

    /// Allows one backup at a time.
    private final class Turn: Sendable { let isTaken = Mutex(false) }

    var routes: [Route] {
        [
            Route(
                installation: .post, "/api/admin/backups", "Back up the whole installation into a folder on the host.", access: .write,
                body: Self.body,
                answer: Made.shape, status: 201, use: create
            ).withoutTimeLimit()
        ]
    }

    private static let body = Schema.object([
        .optional("name", .text(64), "Letters, digits, '.', '_' and '-'. Default: the date and time.")
    ])

    struct Made: Sendable {
        let name: String, path: String, bytes: Int64, files: Int64

        static let shape = Shape<Made>([
            .required("name", \.name, .text(64)), .required("path", \.path, .text(4_096), "The backup's folder on the host's machine."),
            .required("bytes", \.bytes, .count), .required("files", \.files, .count),
        ])
    }

    @Sendable private func create(_ call: InstallationRequest) async throws -> Made {
        let name = try await wantedName(call)
        let path = folder + "/" + name
        guard !FileManager.default.fileExists(atPath: path) else {
            throw ServiceError(
                status: 400, code: "backup_exists", message: "Backup '\(name)' already exists; choose another name.")
        }
        guard
            turn.isTaken.withLock({ taken in
                defer { taken = true }
                return !taken
            })
        else {
            throw ServiceError(
                status: 400, code: "backup_running", message: "Another backup is running; try again when it has finished.")
        }
        defer { turn.isTaken.withLock { $0 = false } }
        Backup.removeUnfinished(in: folder)
        call.logger.info("backup started", metadata: ["backup.name": "\(name)"])
        do {
            let manifest = try await backup.write(to: path)
            call.logger.info("backup finished", metadata: ["backup.name": "\(name)", "backup.bytes": "\(manifest.bytes)"])
            let absolute = URL(fileURLWithPath: path).standardizedFileURL.path
            return Made(name: name, path: absolute, bytes: manifest.bytes, files: Int64(manifest.files.count))
        } catch let error as ServiceError { throw error } catch {
            call.logger.error("a backup failed", metadata: ["backup.name": "\(name)", "error": "\(error)"])
            throw ServiceError.unavailable(
                "backup_failed", "The backup could not be made; the log has the details under request id \(call.request.id).",
                retryAfterSeconds: 60)
        }
    }

    /// Returns the name that the body asks for. If the body is empty or has no name, returns a name made from the time.
    private func wantedName(_ call: InstallationRequest) async throws -> String {
        let bytes = try await call.rawBody()
        guard bytes.readableBytes > 0 else { return Backup.name(at: call.now) }
        let json = try bytes.withUnsafeReadableBytes { try JSON.parse($0) }
        try Self.body.check(json)
        guard let name = json["name"]?.string else { return Backup.name(at: call.now) }
        let isPlain = name.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0 & 0xDF) || [45, 46, 95].contains($0) }
        guard isPlain, !name.hasPrefix("."), !name.hasSuffix(Backup.partialSuffix) else {
            throw ServiceError.body(
                field: "name", "may contain only letters, digits, '.', '_' and '-', and must not begin with '.'; got '\(name.excerpt(60))'."
            )
        }
        return name
    }
}
