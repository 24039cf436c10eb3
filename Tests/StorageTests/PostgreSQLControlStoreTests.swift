import Common
@_spi(Host) @testable import PostgreSQLEngine
import Storage
import Synchronization
import TestSupport
import Testing

// Only what differs from SQLite; the rest is in ControlStoreTests. Needs a server: see PostgreSQLTestServer.
@Suite("PostgreSQL control store", .enabled(if: PostgreSQLTestServer.isThere, "PULSE_TEST_DATABASE_URL is not set"))
struct PostgreSQLControlStoreTests {
    @Test("a read in batches gives every row once, in order, and ends with an error of its reader")
    func batches() async throws {
        try await PostgreSQLTestServer.withControlStore { store, _ in
            try await store.write("CREATE TABLE probe (id BIGINT, number BIGINT)")
            try await store.write("INSERT INTO probe SELECT n, -n FROM generate_series(1, 2500) n")
            try await expectBatches(of: store)
        }
    }

    @Test("concurrent writers of one row on two hosts lose no updates")
    func serialization() async throws {
        try await PostgreSQLTestServer.withControlStore { store, schema in
            try await store.write("CREATE TABLE counter (n BIGINT)")
            try await store.write("INSERT INTO counter VALUES (0)")
            let other = try PostgreSQLControlStore(url: PostgreSQLTestServer.url!, maximumConnections: 5, schema: schema, logger: .quiet)
            try await PostgreSQLTestServer.closing(other.close) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<100 {
                        group.addTask {
                            try await (number % 2 == 0 ? store : other).write { transaction in
                                let n = try await transaction.run("SELECT n FROM counter")[0].int("n")
                                try await transaction.run("UPDATE counter SET n = \(n + 1)")
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
            #expect(try await store.read("SELECT n FROM counter")[0].int("n") == 100)
        }
    }

    @Test("two transactions that each read what the other writes are serialized")
    func writeSkew() async throws {
        try await PostgreSQLTestServer.withControlStore { store, _ in
            try await store.write("CREATE TABLE duty (name TEXT, is_on BOOLEAN)")
            try await store.write("INSERT INTO duty VALUES ('ada', TRUE), ('bob', TRUE)")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for name in ["ada", "bob"] {
                    group.addTask {
                        try await store.write { transaction in
                            let count = try await transaction.run("SELECT count(*) AS n FROM duty WHERE is_on")[0].int("n")
                            try await Task.sleep(for: .milliseconds(50))
                            if count > 1 { try await transaction.run("UPDATE duty SET is_on = FALSE WHERE name = \(name)") }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.read("SELECT count(*) AS n FROM duty WHERE is_on")[0].int("n") == 1)
        }
    }

    @Test("a conflict is retried even if the body hides the error")
    func hiddenConflict() async throws {
        try await PostgreSQLTestServer.withControlStore { store, _ in
            try await store.write("CREATE TABLE counter (n BIGINT)")
            try await store.write("INSERT INTO counter VALUES (0)")
            struct Hidden: Error {}
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await store.write { transaction in
                            let n = try await transaction.run("SELECT n FROM counter")[0].int("n")
                            do { try await transaction.run("UPDATE counter SET n = \(n + 1)") } catch { throw Hidden() }
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.read("SELECT n FROM counter")[0].int("n") == 20)
        }
    }

    @Test("a transaction whose connection breaks is retried on another connection")
    func brokenTransaction() async throws {
        try await PostgreSQLTestServer.withControlStore { store, _ in
            try await store.write("CREATE TABLE note (n BIGINT)")
            let broken = Flag()
            try await store.write { transaction in
                try await transaction.run("INSERT INTO note VALUES (1)")
                if broken.raise() { try await transaction.run("SELECT pg_terminate_backend(pg_backend_pid())") }
            }
            #expect(try await store.read("SELECT n FROM note").count == 1)
        }
    }

    @Test("a write inside a write throws an error instead of deadlocking")
    func nested() async throws {
        try await PostgreSQLTestServer.withControlStore(connections: 1) { store, _ in
            await #expect(throws: PostgreSQLError.self) {
                try await store.write { _ in try await store.write("SELECT 1") }
            }
        }
    }

    @Test("several hosts can create the schema at the same time")
    func schema() async throws {
        try await PostgreSQLTestServer.withSchema { schema in
            let stores = try (0..<8).map { _ in
                try PostgreSQLControlStore(url: PostgreSQLTestServer.url!, maximumConnections: 1, schema: schema, logger: .quiet)
            }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for store in stores { group.addTask { try await store.ping() } }
                try await group.waitForAll()
            }
            #expect(try await stores[0].read("SELECT current_schema() AS name")[0].text("name") == schema)
            for store in stores { await store.close() }
        }
    }

    @Test("sessions use UTC and the application name pulse")
    func session() async throws {
        try await PostgreSQLTestServer.withControlStore { store, _ in
            let row = try await store.read(
                """
                SELECT current_setting('TimeZone') AS zone, current_setting('application_name') AS name,
                  current_setting('standard_conforming_strings') AS strings
                """
            )[0]
            #expect(row.values == [.text("UTC"), .text("pulse"), .text("on")])
        }
    }
}

/// A flag that stays raised after the first `raise`.
private final class Flag: Sendable {
    private let isUp = Mutex(false)

    /// Raises the flag. Returns true only the first time.
    func raise() -> Bool {
        isUp.withLock { isUp in
            defer { isUp = true }
            return !isUp
        }
    }
}
