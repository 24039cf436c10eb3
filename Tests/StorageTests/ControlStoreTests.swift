@_spi(Host) import Storage
import Synchronization
import Testing

/// The guarantees of every control store engine.
@Suite("Control store")
struct ControlStoreTests {
    struct Stop: Error {}

    @Test("stores every type of value", arguments: ControlStoreEngine.all)
    func values(engine: ControlStoreEngine) async throws {
        try await engine.use { store in
            try await store.write(
                """
                INSERT INTO probe (id, number, ratio, name, flag) VALUES
                (\(1), \(Int64.max), \(0.1), \("a"), \(true)), (\(2), \(Int64.min), \(-1e300), \(""), \(false)),
                (\(3), \(Int64?.none), \(Double?.none), \(String?.none), \(Bool?.none))
                """
            )
            let rows = try await store.read("SELECT id, number, ratio, name, flag FROM probe ORDER BY id")
            #expect(rows.columns == ["id", "number", "ratio", "name", "flag"])
            #expect(rows.map { $0["number"] } == [.int(.max), .int(.min), .null])
            #expect(rows.map { $0["ratio"] } == [.double(0.1), .double(-1e300), .null])
            #expect(rows.map { $0["name"] } == [.text("a"), .text(""), .null])
            #expect(rows.map { $0["flag"].bool } == [true, false, nil])
        }
    }

    @Test("a read in batches gives every row once, in order, and ends with an error of its reader", arguments: ControlStoreEngine.all)
    func batches(engine: ControlStoreEngine) async throws {
        try await engine.use { store in
            try await store.write { transaction in
                for number in 1...2_500 { try await transaction.run("INSERT INTO probe (id, number) VALUES (\(number), \(-number))") }
            }
            try await expectBatches(of: store)
        }
    }

    @Test("finds rows by every type of value, and by null only with IS NULL", arguments: ControlStoreEngine.all)
    func conditions(engine: ControlStoreEngine) async throws {
        try await engine.use { store in
            try await store.write("INSERT INTO probe (id, number, ratio, name, flag) VALUES (\(1), \(7), \(0.5), \("x"), \(true))")
            try await store.write("INSERT INTO probe (id) VALUES (\(2))")
            let conditions: [SQL] = [
                "number = \(7)", "ratio = \(0.5)", "name = \("x")", "flag = \(true)", "id IN \(list: [1, 9])",
            ]
            for condition in conditions {
                let rows = try await store.read("SELECT id FROM probe WHERE \(condition)")
                #expect(rows.map { $0.int("id") } == [1])
            }
            #expect(try await store.read("SELECT id FROM probe WHERE name IS NULL").map { $0.int("id") } == [2])
            #expect(try await store.read("SELECT id FROM probe WHERE id IN \(list: [Int]())").isEmpty)
        }
    }

    @Test(
        "stores text byte for byte",
        arguments: ControlStoreEngine.all,
        [
            "grüße 日本語 🇩🇪", "e\u{301} is not \u{E9}", "it's \"quoted\"; -- no", "tab\tline\r\n", "?1 $1 :name",
            String(repeating: "x", count: 1_000_000),
        ]
    )
    func unicode(engine: ControlStoreEngine, text: String) async throws {
        try await engine.use { store in
            try await store.write("INSERT INTO probe (id, name) VALUES (\(1), \(text))")
            let kept = try await store.read("SELECT name FROM probe")[0].text("name")
            #expect(Array(kept.utf8) == Array(text.utf8))
        }
    }

    @Test("rejects text with a NUL character instead of truncating it", arguments: ControlStoreEngine.all)
    func nul(engine: ControlStoreEngine) async throws {
        try await engine.use { store in
            await #expect(throws: (any Error).self) {
                try await store.write("INSERT INTO probe (id, name) VALUES (\(1), \("a\u{0}b"))")
            }
            let rows = try await store.read("SELECT id FROM probe")
            #expect(rows.isEmpty)
        }
    }

    @Test("returns the rows of RETURNING, and the column names of an empty result", arguments: ControlStoreEngine.all)
    func returning(engine: ControlStoreEngine) async throws {
        try await engine.use { store in
            let rows = try await store.write("INSERT INTO probe (id, name) VALUES (\(1), \("a")), (\(2), \("b")) RETURNING id, name")
            #expect(rows.map { $0.text("name") } == ["a", "b"])
            let none = try await store.write("DELETE FROM probe WHERE id = \(9) RETURNING id")
            #expect(none.isEmpty)
            #expect(none.columns == ["id"])
            #expect(try await store.write("DELETE FROM probe WHERE id = \(1)").isEmpty)
        }
    }

    @Test("throws UniqueViolation for a duplicate key", arguments: ControlStoreEngine.all)
    func uniqueness(engine: ControlStoreEngine) async throws {
        try await engine.use { store in
            try await store.write("INSERT INTO probe (id, name) VALUES (\(1), \("a"))")
            await #expect(throws: UniqueViolation.self) { try await store.write("INSERT INTO probe (id) VALUES (\(1))") }
            await #expect(throws: UniqueViolation.self) {
                try await store.write("INSERT INTO probe (id, name) VALUES (\(2), \("a"))")
            }
            #expect(try await store.read("SELECT id FROM probe").count == 1)
        }
    }

    @Test("rolls back when the body throws", arguments: ControlStoreEngine.all)
    func rollback(engine: ControlStoreEngine) async throws {
        try await engine.use { store in
            await #expect(throws: Stop.self) {
                try await store.write { transaction in
                    try await transaction.run("INSERT INTO probe (id) VALUES (\(1))")
                    try await transaction.run("INSERT INTO probe (id) VALUES (\(2))")
                    throw Stop()
                }
            }
            #expect(try await store.read("SELECT id FROM probe").isEmpty)
            try await store.write("INSERT INTO probe (id) VALUES (\(1))")
        }
    }

    @Test("rolls back when the task is cancelled, and serves the next one", arguments: ControlStoreEngine.all)
    func cancellation(engine: ControlStoreEngine) async throws {
        try await engine.use { store in
            let inside = Door(), cancelled = Door()
            let task = Task {
                try await store.write { transaction in
                    try await transaction.run("INSERT INTO probe (id) VALUES (\(1))")
                    inside.open()
                    await cancelled.wait()
                }
            }
            await inside.wait()
            task.cancel()
            cancelled.open()
            await #expect(throws: CancellationError.self) { try await task.value }
            #expect(try await store.read("SELECT id FROM probe").isEmpty)
            try await store.write("INSERT INTO probe (id) VALUES (\(1))")
        }
    }

    @Test("a failed statement fails its transaction, even if the body ignores the error", arguments: ControlStoreEngine.all)
    func spoilt(engine: ControlStoreEngine) async throws {
        try await engine.use { store in
            await #expect(throws: UniqueViolation.self) {
                try await store.write { transaction in
                    try await transaction.run("INSERT INTO probe (id) VALUES (\(1))")
                    _ = try? await transaction.run("INSERT INTO probe (id) VALUES (\(1))")
                }
            }
            let rows = try await store.read("SELECT id FROM probe")
            #expect(rows.isEmpty)
        }
    }

    @Test("a transaction can't be used after its body returns", arguments: ControlStoreEngine.all)
    func escaped(engine: ControlStoreEngine) async throws {
        try await engine.use { store in
            let escaped = try await store.write { $0 }
            await #expect(throws: (any Error).self) { try await escaped.run("INSERT INTO probe (id) VALUES (\(1))") }
            #expect(try await store.read("SELECT id FROM probe").isEmpty)
        }
    }

    @Test("concurrent writers lose no updates", arguments: ControlStoreEngine.all)
    func concurrentWriters(engine: ControlStoreEngine) async throws {
        try await engine.use { store in
            try await store.write("INSERT INTO probe (id, number) VALUES (\(1), \(0))")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        try await store.write { transaction in
                            let number = try await transaction.run("SELECT number FROM probe WHERE id = \(1)")[0].int("number")
                            await Task.yield()
                            try await transaction.run("UPDATE probe SET number = \(number + 1) WHERE id = \(1)")
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await store.read("SELECT number FROM probe")[0].int("number") == 100)
        }
    }

    @Test("readers don't wait for a writer, and see only committed data", arguments: ControlStoreEngine.all)
    func readers(engine: ControlStoreEngine) async throws {
        try await engine.use { store in
            try await store.write("INSERT INTO probe (id, number) VALUES (\(1), \(1))")
            let inside = Door(), read = Door()
            let writer = Task {
                try await store.write { transaction in
                    try await transaction.run("UPDATE probe SET number = \(2) WHERE id = \(1)")
                    let own = try await transaction.run("SELECT number FROM probe")
                    #expect(own[0].int("number") == 2)
                    inside.open()
                    await read.wait()
                }
            }
            await inside.wait()
            // If the readers waited for the writer, which waits for them, the test would never end.
            let seen = try await withThrowingTaskGroup(of: Int64.self) { group in
                for _ in 0..<20 { group.addTask { try await store.read("SELECT number FROM probe")[0].int("number") } }
                return try await group.reduce(into: Set()) { $0.insert($1) }
            }
            #expect(seen == [1])
            read.open()
            try await writer.value
            #expect(try await store.read("SELECT number FROM probe")[0].int("number") == 2)
        }
    }

    @Test("an error contains the statement but no bound values", arguments: ControlStoreEngine.all)
    func errors(engine: ControlStoreEngine) async throws {
        try await engine.use { store in
            let error = await #expect(throws: (any Error).self) {
                try await store.write("INSERT INTO nowhere (id, name) VALUES (\(1), \("secret"))")
            }
            let text = error.map { String(describing: $0) } ?? ""
            #expect(text.contains("INSERT INTO nowhere"))
            #expect(!text.contains("secret"))
        }
    }

    @Test("ping succeeds until the store is closed", arguments: ControlStoreEngine.all)
    func ping(engine: ControlStoreEngine) async throws {
        try await engine.use { store in
            try await store.ping()
            await store.close()
            await #expect(throws: (any Error).self) { try await store.ping() }
            await #expect(throws: (any Error).self) { try await store.write("INSERT INTO probe (id) VALUES (\(1))") }
            await store.close()
        }
    }
}

/// Checks reads in batches of a store whose table `probe` has the ids 1 to 2,500.
func expectBatches(of store: any ControlStore) async throws {
    let seen = Mutex<[[Int64]]>([])
    try await store.read(
        "SELECT id, number FROM probe WHERE id > \(100) ORDER BY id",
        inBatches: { rows in
            #expect(rows.columns == ["id", "number"])
            seen.withLock { $0.append(rows.map { $0.int("id") }) }
            #expect(rows.allSatisfy { $0.int("number") == -$0.int("id") })
        })
    #expect(seen.withLock { $0.map(\.count) } == [1_000, 1_000, 400])
    #expect(seen.withLock { $0.flatMap(\.self) } == Array(101...2_500))
    try await store.read("SELECT id FROM probe WHERE id > \(9_000)", inBatches: { _ in Issue.record("there are no rows") })
    await #expect(throws: ControlStoreTests.Stop.self) {
        try await store.read("SELECT id FROM probe", inBatches: { _ in throw ControlStoreTests.Stop() })
    }
    #expect(try await store.read("SELECT count(*) AS n FROM probe")[0].int("n") == 2_500)
}
