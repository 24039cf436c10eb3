import Common
import Foundation
@_spi(Host) import SQLiteEngine
@_spi(Host) import Storage
import Testing

/// Tests of the database file, in addition to `ControlStoreTests` for every engine.
@Suite("Control store in SQLite")
struct ControlStoreSQLiteTests {
    /// Runs `body` with a folder that is removed after the test.
    private func inFolder(_ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "/pulse-test-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    private func accounts(_ store: SQLiteControlStore) async throws {
        try await store.write("CREATE TABLE account (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL)")
        try await store.write("INSERT INTO account (id, amount) VALUES (1, 500), (2, 500)")
    }

    private static func move(_ amount: Int, in store: SQLiteControlStore) async throws {
        try await store.write { transaction in
            try await transaction.run("UPDATE account SET amount = amount - \(amount) WHERE id = 1")
            try await transaction.run("UPDATE account SET amount = amount + \(amount) WHERE id = 2")
        }
    }

    private func sum(_ store: SQLiteControlStore) async throws -> Int64 {
        try await store.read("SELECT sum(amount) AS total FROM account")[0].int("total")
    }

    @Test("a committed change survives reopening the file")
    func reopen() async throws {
        try await inFolder { folder in
            let path = folder + "/deep/control.sqlite"
            let first = try SQLiteControlStore(path: path)
            try await accounts(first)
            await first.close()
            let second = try SQLiteControlStore(path: path)
            #expect(try await sum(second) == 1_000)
            await second.close()
        }
    }

    @Test("deleted data is in neither the database file nor the WAL")
    func deleted() async throws {
        try await inFolder { folder in
            let store = try SQLiteControlStore(path: folder + "/control.sqlite")
            func files(with text: String) throws -> [String] {
                try FileManager.default.contentsOfDirectory(atPath: folder).filter {
                    try Data(contentsOf: URL(fileURLWithPath: folder + "/" + $0)).range(of: Data(text.utf8)) != nil
                }
            }
            try await store.write("CREATE TABLE person (name TEXT NOT NULL)")
            try await store.write("INSERT INTO person (name) VALUES ('ada of the tests'), ('bob of the tests')")
            #expect(try files(with: "ada of the tests") == ["control.sqlite-wal"])
            try await store.write { transaction in
                try await transaction.run("/* a label */ DELETE FROM person WHERE name LIKE 'ada%'")
                try await transaction.run("INSERT INTO person (name) VALUES ('eve of the tests')")
            }
            #expect(try files(with: "ada of the tests") == [])
            #expect(try files(with: "bob of the tests") == ["control.sqlite"])
            await store.close()
        }
    }

    @Test("after closing, the database file is complete without the WAL")
    func closed() async throws {
        try await inFolder { folder in
            let store = try SQLiteControlStore(path: folder + "/control.sqlite")
            try await accounts(store)
            #expect(try await sum(store) == 1_000)
            await store.close()
            try FileManager.default.copyItem(atPath: folder + "/control.sqlite", toPath: folder + "/copy.sqlite")
            let copy = try SQLiteControlStore(path: folder + "/copy.sqlite")
            #expect(try await sum(copy) == 1_000)
            await copy.close()
        }
    }

    // SQLite's own limit on the file size fails like a full disk.
    @Test("statements and transactions fail with 503 and Retry-After while the disk is full")
    func full() async throws {
        try await inFolder { folder in
            let store = try SQLiteControlStore(path: folder + "/control.sqlite")
            try await store.write("CREATE TABLE note (text TEXT)")
            try await store.write("PRAGMA max_page_count = 8")
            let long = String(repeating: "x", count: 100_000)
            for _ in 0..<2 {
                let error = await #expect(throws: ServiceError.self) { try await store.write("INSERT INTO note VALUES (\(long))") }
                #expect(error?.status == 503 && error?.retryAfterSeconds == 5)
                #expect(
                    error?.message
                        == "The configuration database can't be used at the moment: database or disk is full. Try again in 5 seconds.")
            }
            #expect(try await store.read("SELECT * FROM note").isEmpty)
            try await store.write("PRAGMA max_page_count = 1000000")
            try await store.write("INSERT INTO note VALUES (\(long))")
            #expect(try await store.read("SELECT * FROM note").count == 1)
            await store.close()
        }
    }

    @Test("commits sync to disk, and foreign keys are enforced")
    func pragmas() async throws {
        try await inFolder { folder in
            let store = try SQLiteControlStore(path: folder + "/control.sqlite")
            let found = try await store.write { transaction in
                try await [
                    transaction.run("PRAGMA synchronous")[0].values[0], transaction.run("PRAGMA foreign_keys")[0].values[0],
                    transaction.run("PRAGMA journal_mode")[0].values[0],
                ]
            }
            #expect(found == [.int(2), .int(1), .text("wal")])
            await store.close()
        }
    }

    @Test("the file is readable only by its owner")
    func permissions() async throws {
        try await inFolder { folder in
            let store = try SQLiteControlStore(path: folder + "/control.sqlite")
            try await accounts(store)
            for name in ["control.sqlite", "control.sqlite-wal", "control.sqlite-shm"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: folder + "/" + name)
                #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600, "\(name)")
            }
            await store.close()
        }
    }

    @Test("rejects a file that can't be opened or isn't a database")
    func unreadable() async throws {
        try await inFolder { folder in
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try "not a database, and long enough to be seen as such".write(toFile: folder + "/text", atomically: true, encoding: .utf8)
            #expect(throws: SQLiteError.self) { try SQLiteControlStore(path: folder + "/text") }
            #expect(throws: SQLiteError.self) { try SQLiteControlStore(path: folder) }
        }
    }

    @Test("a write inside a write throws an error instead of deadlocking")
    func nested() async throws {
        let store = try SQLiteControlStore.temporary()
        try await accounts(store)
        await #expect(throws: SQLiteError.self) {
            try await store.write { _ in try await store.write("DELETE FROM account") }
        }
        #expect(try await sum(store) == 1_000)
        await store.close()
    }

    @Test("a statement that ends its transaction itself is rejected")
    func commitInside() async throws {
        let store = try SQLiteControlStore.temporary()
        try await accounts(store)
        await #expect(throws: SQLiteError.self) {
            try await store.write { transaction in
                try await transaction.run("ROLLBACK")
                try await transaction.run("DELETE FROM account")
            }
        }
        #expect(try await sum(store) == 1_000)
        await store.close()
    }

    @Test("read rejects statements that change data")
    func readOnly() async throws {
        let store = try SQLiteControlStore.temporary()
        try await accounts(store)
        let error = await #expect(throws: ServiceError.self) { try await store.read("DELETE FROM account") }
        #expect(error?.message.contains("readonly database") == true)
        #expect(try await sum(store) == 1_000)
        await store.close()
    }

    @Test("a task cancelled while waiting leaves the queue; the others get their turn")
    func cancelledWaiter() async throws {
        let store = try SQLiteControlStore.temporary()
        try await accounts(store)
        let inside = Door(), leave = Door()
        let holder = Task {
            try await store.write { _ in
                inside.open(); await leave.wait()
            }
        }
        await inside.wait()
        let waiters = (0..<10).map { _ in Task { try await Self.move(1, in: store) } }
        for task in waiters.prefix(5) { task.cancel() }
        for task in waiters.prefix(5) { await #expect(throws: CancellationError.self) { try await task.value } }
        leave.open()
        try await holder.value
        for task in waiters.suffix(5) { try await task.value }
        #expect(try await store.read("SELECT amount FROM account WHERE id = 1")[0].int("amount") == 495)
        await store.close()
    }

    @Test("two stores on one file wait for each other")
    func twoStores() async throws {
        try await inFolder { folder in
            let first = try SQLiteControlStore(path: folder + "/control.sqlite")
            try await accounts(first)
            let second = try SQLiteControlStore(path: folder + "/control.sqlite")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<40 {
                    let store = index.isMultiple(of: 2) ? first : second
                    group.addTask { try await Self.move(1, in: store) }
                }
                try await group.waitForAll()
            }
            #expect(try await second.read("SELECT amount FROM account ORDER BY id").map { $0.int("amount") } == [460, 540])
            await first.close()
            await second.close()
        }
    }

    @Test("runs more distinct statements than it keeps prepared")
    func manyStatements() async throws {
        let store = try SQLiteControlStore.temporary()
        for number in 0..<1_200 {
            let rows = try await store.read("SELECT \(sql: String(number)) AS number, \(number) AS bound")
            #expect(rows[0].int("number") == rows[0].int("bound"))
        }
        await store.close()
    }

    @Test("a backup taken during writes is a consistent snapshot")
    func backup() async throws {
        try await inFolder { folder in
            let store = try SQLiteControlStore(path: folder + "/control.sqlite")
            try await accounts(store)
            let writers = (0..<4).map { _ in Task { for _ in 0..<50 { try await Self.move(1, in: store) } } }
            for number in 0..<5 { try await store.backup(to: folder + "/backup\(number)") }
            for writer in writers { try await writer.value }
            for number in 0..<5 {
                #expect(try FileManager.default.contentsOfDirectory(atPath: folder + "/backup\(number)") == ["control.sqlite"])
                let copy = try SQLiteControlStore(path: folder + "/backup\(number)/control.sqlite")
                #expect(try await sum(copy) == 1_000)
                await copy.close()
            }
            await store.close()
        }
    }

    @Test("a restore replaces all data while the store stays open")
    func restore() async throws {
        try await inFolder { folder in
            let store = try SQLiteControlStore(path: folder + "/control.sqlite")
            try await accounts(store)
            try await store.backup(to: folder + "/backup")
            try await Self.move(100, in: store)
            try await store.write("CREATE TABLE later (id INTEGER PRIMARY KEY)")
            #expect(try await store.read("SELECT id FROM later").isEmpty)
            try await store.restore(from: folder + "/backup")
            #expect(try await store.read("SELECT amount FROM account ORDER BY id").map { $0.int("amount") } == [500, 500])
            await #expect(throws: SQLiteError.self) { try await store.read("SELECT id FROM later") }
            try await Self.move(1, in: store)
            await store.close()
            let again = try SQLiteControlStore(path: folder + "/control.sqlite")
            #expect(try await again.read("SELECT amount FROM account ORDER BY id").map { $0.int("amount") } == [499, 501])
            await again.close()
        }
    }

    @Test("a missing or damaged backup changes nothing")
    func damagedBackup() async throws {
        try await inFolder { folder in
            let store = try SQLiteControlStore(path: folder + "/control.sqlite")
            try await accounts(store)
            await #expect(throws: SQLiteError.self) { try await store.restore(from: folder + "/backup") }
            try await store.backup(to: folder + "/backup")
            let file = try #require(FileHandle(forUpdatingAtPath: folder + "/backup/control.sqlite"))
            try file.seek(toOffset: 4_096)
            try file.write(contentsOf: Data(repeating: 0xFF, count: 4_096))
            try file.close()
            await #expect(throws: SQLiteError.self) { try await store.restore(from: folder + "/backup") }
            #expect(try await sum(store) == 1_000)
            await store.close()
        }
    }
}
