import Common
import Foundation
import Logging
@_spi(Host) @testable import PostgreSQLEngine
@_spi(Host) import Storage
import TestSupport
import Testing

// Needs a server: set PULSE_TEST_DATABASE_URL to postgresql://user@127.0.0.1:5432/postgres.
@Suite("PostgreSQL connection", .enabled(if: PostgreSQLTestServer.isThere, "PULSE_TEST_DATABASE_URL is not set"))
struct PostgreSQLConnectionTests {
    @Test("converts every PostgreSQL type")
    func types() async throws {
        try await PostgreSQLTestServer.withControlStore { store, _ in
            let cases: [(String, Value)] = [
                ("true", .bool(true)), ("false", .bool(false)), ("7::smallint", .int(7)), ("-7::integer", .int(-7)),
                ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
                ("0.1::real", .double(0.1)), ("0.1::double precision", .double(0.1)), ("1e300::double precision", .double(1e300)),
                ("'Infinity'::double precision", .double(.infinity)),
                ("sum(3::bigint)", .int(3)), ("12::numeric", .int(12)), ("1.50::numeric", .double(1.5)),
                ("100000000000000000000::numeric", .double(1e20)), ("avg(2::bigint)", .double(2)),
                ("'a'::text", .text("a")), ("'a'::varchar(3)", .text("a")), ("'a'::name", .text("a")), ("''", .text("")),
                ("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid", .text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")),
                (#"'{"a":1}'::json"#, .text(#"{"a":1}"#)), (#"'{"a":1}'::jsonb"#, .text(#"{"a": 1}"#)),
                ("'2026-03-01 10:00:00.25'::timestamp", .text("2026-03-01T10:00:00.25")),
                ("'2026-03-01 10:00:00+02'::timestamptz", .text("2026-03-01T08:00:00Z")), ("'2026-03-01'::date", .text("2026-03-01")),
                ("ARRAY[1,2]", .text("{1,2}")), ("NULL", .null), ("NULL::bigint", .null), ("pg_sleep(0)", .null),
            ]
            for (expression, value) in cases {
                let rows = try await store.read("SELECT \(sql: expression) AS value")
                #expect(rows[0]["value"] == value, "\(expression)")
            }
        }
    }

    @Test(
        "returns bound values unchanged",
        arguments: [
            Value.int(.max), .int(.min), .double(0.1), .double(-1e-300), .double(.leastNonzeroMagnitude), .bool(true), .bool(false), .null,
            .text(""),
            .text("grüße 日本語 🇩🇪 it's \"quoted\" \\ $1 \r\n"), .text(String(repeating: "äx", count: 500_000)),
        ])
    func roundTrip(value: Value) async throws {
        try await PostgreSQLTestServer.withControlStore { store, _ in
            for _ in 0..<2 {
                let row = try await store.read("SELECT \(value) AS value")[0]
                #expect(row["value"] == value)
            }
        }
    }

    @Test("runs more distinct statements than it keeps prepared")
    func manyStatements() async throws {
        try await PostgreSQLTestServer.withControlStore(connections: 1) { store, _ in
            for round in 0..<2 {
                for number in 0..<200 {
                    let row = try await store.read("SELECT \(sql: String(number)) + \(round) AS value")[0]
                    #expect(row.int("value") == Int64(number + round))
                }
            }
            let kept = try await store.read("SELECT count(*) AS n FROM pg_prepared_statements")[0].int("n")
            #expect(kept == 128)
        }
    }

    @Test("a prepared statement survives a schema change of its table")
    func stalePlan() async throws {
        try await PostgreSQLTestServer.withControlStore(connections: 1) { store, _ in
            try await store.write("CREATE TABLE grows (a BIGINT)")
            try await store.write("INSERT INTO grows VALUES (1)")
            #expect(try await store.read("SELECT * FROM grows").columns == ["a"])
            try await store.write("ALTER TABLE grows ADD COLUMN b BIGINT")
            #expect(try await store.read("SELECT * FROM grows").columns == ["a", "b"])
            #expect(try await store.write("SELECT * FROM grows").columns == ["a", "b"])
            try await store.write("ALTER TABLE grows ADD COLUMN c BIGINT")
            #expect(try await store.write("SELECT * FROM grows").columns == ["a", "b", "c"])
            #expect(try await store.read("SELECT * FROM grows").columns == ["a", "b", "c"])
        }
    }

    @Test("an error contains code, message and statement, but no values")
    func errors() async throws {
        try await PostgreSQLTestServer.withControlStore { store, _ in
            let error = await #expect(throws: PostgreSQLError.self) { try await store.read("SELECT \("secret")::bigint AS value") }
            #expect(error?.sqlState == "22P02")
            #expect(error?.statement == "SELECT $1::text::bigint AS value")
            #expect(!"\(error!)".contains("secret"))
        }
    }

    @Test("stops a statement at its timeout, and serves the next one on the same connection")
    func timeout() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            let start = ContinuousClock.now
            let error = await #expect(throws: QueryTimeout.self) { try await store.query("SELECT pg_sleep(30)", timeoutSeconds: 0.2) }
            #expect(error?.seconds == 0.2)
            #expect(ContinuousClock.now - start < .seconds(20))
            #expect(try await store.query("SELECT 1 AS one", timeoutSeconds: 5)[0].int("one") == 1)
            let running = try await store.query(
                "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(30)%' AND state = 'active'", timeoutSeconds: 5
            )
            #expect(running[0].int("n") == 0)
        }
    }

    @Test(
        "a server out of disk, memory or connections causes a 503, not an internal error",
        arguments: ["53100", "53200", "53300", "57P01", "58030"])
    func exhausted(code: String) async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            let failing: SQL = "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '\(sql: code)'; END $$"
            let error = await #expect(throws: ServiceError.self) { try await store.change([failing]) }
            #expect(error?.status == 503 && error?.retryAfterSeconds != nil)
        }
        try await PostgreSQLTestServer.withControlStore { store, _ in
            let failing: SQL = "DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '\(sql: code)'; END $$"
            let error = await #expect(throws: ServiceError.self) { try await store.write(failing) }
            #expect(error?.status == 503 && error?.retryAfterSeconds != nil)
        }
    }

    @Test("stops a statement when its task is cancelled")
    func cancellation() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            let (started, isStarted) = AsyncStream<Void>.makeStream()
            let task = Task {
                isStarted.finish()
                _ = try await store.query("SELECT pg_sleep(30)", timeoutSeconds: 60)
            }
            for await _ in started {}
            try await Task.sleep(for: .milliseconds(100))
            let start = ContinuousClock.now
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(ContinuousClock.now - start < .seconds(20))
            #expect(try await store.query("SELECT 1 AS one", timeoutSeconds: 5)[0].int("one") == 1)
        }
    }

    @Test("reports are read-only")
    func readOnly() async throws {
        try await PostgreSQLTestServer.withEventStore { store, _ in
            let error = await #expect(throws: PostgreSQLError.self) {
                try await store.query("DELETE FROM ingest_positions", timeoutSeconds: 5)
            }
            #expect(error?.sqlState == "25006")
        }
    }

    @Test("an idle connection that the server has closed is replaced transparently")
    func terminatedWhileIdle() async throws {
        try await PostgreSQLTestServer.withControlStore(connections: 1) { store, _ in
            try await PostgreSQLTestServer.withControlStore(connections: 1) { other, _ in
                let process = try await store.read("SELECT pg_backend_pid() AS pid")[0]["pid"]
                _ = try await other.read("SELECT pg_terminate_backend(\(process)::integer, 5000)")
                let next = try await store.read("SELECT pg_backend_pid() AS pid")[0]["pid"]
                #expect(next != process)
            }
        }
    }

    @Test("a statement whose connection breaks fails with 503, and the next one works")
    func terminatedMidway() async throws {
        try await PostgreSQLTestServer.withControlStore(connections: 1) { store, _ in
            let error = await #expect(throws: ServiceError.self) {
                _ = try await store.read("SELECT pg_terminate_backend(pg_backend_pid())")
            }
            #expect(error?.status == 503)
            try await store.ping()
        }
    }

    @Test("statements wait when all connections are in use")
    func waiting() async throws {
        try await PostgreSQLTestServer.withControlStore(connections: 2) { store, _ in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<50 { group.addTask { _ = try await store.read("SELECT pg_sleep(0.002)") } }
                try await group.waitForAll()
            }
            let count = try await store.read("SELECT 1 AS one").count
            #expect(count == 1)
        }
    }

    @Test("without a server, every call immediately fails with 503, and the password is never logged")
    func away() async throws {
        let (logger, lines) = Logger.recording()
        let store = try PostgreSQLControlStore(
            url: "postgresql://ada:geheim@127.0.0.1:1/pulse", maximumConnections: 2, logger: logger)
        for _ in 0..<3 {
            let error = await #expect(throws: ServiceError.self) { try await store.ping() }
            #expect(error?.status == 503 && error?.retryAfterSeconds != nil)
        }
        await store.close()
        let warnings = lines().filter { $0.hasPrefix("warning") }
        #expect(warnings.count == 1 && warnings[0].contains("127.0.0.1:1/pulse") && warnings[0].contains("refused"))
        #expect(!lines().contains { $0.contains("geheim") })
    }
}
