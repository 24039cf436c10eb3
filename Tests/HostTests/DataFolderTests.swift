import AllModules
@_spi(Host) import Common
import Foundation
@testable import Host
import Testing
import TestSupport

@Suite("Data folder", .modules(.all))
struct DataFolderTests {
    @Test("belongs to one process at a time, and names it")
    func lock() throws {
        let scratch = try Scratch(), folder = DataFolder(scratch.path + "/data")
        #expect(folder.holder() == nil)
        let lock = try folder.lock()
        #expect(folder.holder() == DataFolder.Holder(process: getpid(), address: nil))
        lock.announce("127.0.0.1:8080")
        #expect(folder.holder() == DataFolder.Holder(process: getpid(), address: "127.0.0.1:8080"))
        let error = #expect(throws: FolderInUse.self) { try folder.lock() }
        #expect(
            error?.description == """
                Another Pulse (process \(getpid())) is using the data folder \(folder.root). \
                Stop it first, or give this one its own folder (PULSE_DATA).
                """)
        lock.release()
        lock.release()
        #expect(folder.holder() == nil)
        let again = try folder.lock()
        #expect(folder.holder()?.address == nil)
        again.release()
    }

    @Test("is free again once its holder is gone, regardless of what the lock file says")
    func leftBehind() throws {
        let scratch = try Scratch(), folder = DataFolder(scratch.path)
        try "4194304\n127.0.0.1:8080\n".write(toFile: folder.path("lock"), atomically: true, encoding: .utf8)
        #expect(folder.holder() == nil)
        do { _ = try folder.lock() }  // dropped without a release
        #expect(folder.holder() == nil)
    }

    @Test("makes the files of an earlier start private, and touches nothing else")
    func privacy() throws {
        let scratch = try Scratch(), folder = DataFolder(scratch.path), files = FileManager.default
        let own = [
            "events.duckdb", "events.duckdb.wal", "control.sqlite-wal", "journal/0000000000000001.journal", "backups/monday/manifest.json",
        ]
        for name in own + ["notes.txt"] {
            try files.createDirectory(atPath: Folder.of(folder.path(name)), withIntermediateDirectories: true)
            #expect(files.createFile(atPath: folder.path(name), contents: Data(), attributes: [.posixPermissions: 0o644]))
        }
        try files.createSymbolicLink(atPath: folder.path("spill"), withDestinationPath: folder.path("notes.txt"))
        folder.makePrivate()
        func rights(_ name: String) throws -> Int {
            try #require(try files.attributesOfItem(atPath: folder.path(name))[.posixPermissions] as? Int)
        }
        for name in own { #expect(try rights(name) == 0o600, "\(name)") }
        for name in ["journal", "backups", "backups/monday"] { #expect(try rights(name) == 0o700, "\(name)") }
        #expect(try rights("notes.txt") == 0o644)
    }

    @Test(
        "says why it can't be created",
        arguments: [
            ("/proc/nope/data", "No such file or directory"), ("/dev/null/data", "Not a directory"),
            ("/dev/null", "a file with this name exists"),
        ])
    func impossible(path: String, reason: String) {
        let error = #expect(throws: FolderError.self) { try DataFolder(path).create() }
        #expect(error?.description.contains(reason) == true, "\(error?.description ?? "")")
        #expect(error?.description.hasSuffix("or use another (PULSE_DATA).") == true)
    }

    @Test("is readable only by its owner")
    func rights() throws {
        let scratch = try Scratch(), folder = DataFolder(scratch.path + "/data")
        let lock = try folder.lock()
        defer { lock.release() }
        let secret = try folder.secret(DataFolder.adminToken, prefix: "padm_")
        func rights(_ path: String) throws -> Int {
            try #require(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
        }
        #expect(try rights(folder.root) == 0o700)
        #expect(try rights(folder.path("admin-token")) == 0o600)
        #expect(try rights(folder.path("lock")) == 0o600)
        #expect(try folder.secret(DataFolder.adminToken, prefix: "padm_") == secret)
        #expect(folder.existingSecret(DataFolder.adminToken) == secret)
        #expect(folder.existingSecret(DataFolder.cookieSecret) == nil)
    }
}
