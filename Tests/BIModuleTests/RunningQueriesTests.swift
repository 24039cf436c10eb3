import AllModules
import BIModule
import Core
import Testing
import TestSupport

@Suite("Running queries", .modules(.all))
struct RunningQueriesTests {
    /// Scans 6 to the power of 12 rows, two billion, so it never finishes within a test.
    private static let endless =
        "SELECT sum(length(p.path || p11.path)) AS n FROM pageviews p "
        + (1..<12).map { "JOIN pageviews p\($0) ON p\($0).month = p.month" }.joined(separator: " ") + " WHERE p.project_id = {{project_id}}"

    private static func body(_ statement: String, _ id: String) -> String { #"{"sql_text":"\#(statement)","run_id":"\#(id)"}"# }
    private static func path(_ id: String) -> String { "/api/v1/bi/query-runs/\(id)" }

    /// Stops the run as soon as it has started.
    private static func stop(_ id: String, _ app: TestApp) async throws {
        while try await app.delete(path(id), as: .query).status != 204 { await Task.yield() }
    }

    @Test("can be stopped by id", arguments: Profile.available)
    func stop(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            let id = "0b8f2f0c-6c0e-4c59-9b0f-1c2f5c1f7a01"
            async let waiting = app.bi("sql", Self.body(Self.endless, id))
            try await Self.stop(id, app)
            let answer = try await waiting
            #expect(answer.status == 400)
            #expect(answer.body == #"{"error":"The query was stopped."}"#)
            let latest = try await app.get("/api/v1/bi/query-runs").json()["data"]?.elements.first
            #expect(
                latest?["id"]?.string == id && latest?["status"]?.string == "error" && latest?["error"]?.string == "The query was stopped.")
            // Stopping again is no error, and other projects can't stop it.
            let again = try await app.delete(Self.path(id), as: .query)
            #expect(again.status == 204)
            let other = try await app.installation.createProject("Other", domain: "other.example")
            let key = try #require(try await app.installation.createKeys(in: other)[.query])
            let strange = try await app.delete(Self.path(id), as: .key(key))
            #expect(strange.status == 404)
            #expect(strange.body == #"{"error":"Query run '\#(id)' not found."}"#)
        }
    }

    @Test("each have an id", arguments: Profile.available)
    func ids(profile: Profile) async throws {
        try await Traffic.run(profile) { app in
            let id = "0b8f2f0c-6c0e-4c59-9b0f-1c2f5c1f7a02"
            let statement = "SELECT count(*) AS n FROM pageviews WHERE project_id = {{project_id}}"
            let first = try await app.bi("sql", Self.body(statement, id)).json()
            #expect(first["run"]?["id"]?.string == id && first["rows"]?.elements.first?["n"]?.integer == 6)
            let again = try await app.bi("sql", Self.body(statement, id))
            #expect(again.status == 400)
            #expect(again.body.contains("field 'run_id': the run '\(id)' already exists; use a new id for each run."))
            let wrong = try await app.bi("sql", Self.body(statement, "mine"))
            #expect(wrong.status == 400 && wrong.body.contains("field 'run_id'"))
        }
    }

    private static let oneAtATime = "modules:\n  settings:\n    bi:\n      queries_at_a_time: 1\n"

    @Test("wait for their turn")
    func turns() async throws {
        try await Traffic.run(.embedded, yaml: "storage:\n  query_timeout_seconds: 1\n" + Self.oneAtATime) { app in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for id in 0..<3 {
                    group.addTask { _ = try await app.bi("sql", Self.body(Self.endless, "0b8f2f0c-6c0e-4c59-9b0f-1c2f5c1f7c0\(id)")) }
                }
                try await group.waitForAll()
            }
            // Each runs for its one second, which begins with its turn. In parallel they would all end after one second.
            let runs = try await app.get("/api/v1/bi/query-runs").json()["data"]?.elements ?? []
            #expect(runs.count == 3 && runs.allSatisfy { $0["error"]?.string?.contains("took longer than 1 seconds") == true }, "\(runs)")
            #expect(runs.compactMap { $0["duration_ms"]?.integer }.max()! >= 2_900)
        }
    }

    @Test("leave a slot to other projects, however many of one project wait")
    func places() async throws {
        try await Traffic.run(.embedded) { app in
            let other = try await app.installation.createProject("Other", domain: "other.example")
            let key = try #require(try await app.installation.createKeys(in: other)[.query])
            let ids = (0..<3).map { "0b8f2f0c-6c0e-4c59-9b0f-1c2f5c1f7e0\($0)" }
            try await withThrowingTaskGroup(of: String.self) { group in
                for id in ids { group.addTask { try await app.bi("sql", Self.body(Self.endless, id)).body } }
                // Repeatedly, because at first the other project's queries may not have started.
                for _ in 0..<5 {
                    let quick = try await app.post(
                        "/api/v1/bi/sql", #"{"sql_text":"SELECT count(*) AS n FROM pageviews WHERE project_id = {{project_id}}"}"#,
                        as: .key(key))
                    #expect(quick.status == 200, "\(quick.body)")
                }
                for id in ids { try await Self.stop(id, app) }
                for try await body in group { #expect(body == #"{"error":"The query was stopped."}"#) }
            }
        }
    }

    @Test("are limited to 20 per project, including waiting ones")
    func tooMany() async throws {
        try await Traffic.run(.embedded, yaml: Self.oneAtATime) { app in
            let ids = Set((10..<35).map { "0b8f2f0c-6c0e-4c59-9b0f-1c2f5c1f7d\($0)" })
            try await withThrowingTaskGroup(of: (id: String, answer: TestApp.Answer).self) { group in
                for id in ids { group.addTask { (id, try await app.bi("sql", Self.body(Self.endless, id))) } }
                // Accepted queries never end by themselves, so the first to end are the rejected ones.
                var refused: Set<String> = []
                for _ in 0..<5 {
                    let (id, answer) = try #require(try await group.next())
                    #expect(answer.status == 429 && answer.headers[.retryAfter] == "5")
                    let sentence = "The project already has 20 queries running or waiting. Wait for one to finish, or stop one."
                    #expect(answer.body == #"{"error":"\#(sentence)"}"#)
                    refused.insert(id)
                }
                for id in ids.subtracting(refused) { try await Self.stop(id, app) }
                for try await (_, answer) in group { #expect(answer.body == #"{"error":"The query was stopped."}"#) }
            }
        }
    }

    @Test("can be stopped while they wait")
    func stopWaiting() async throws {
        try await Traffic.run(.embedded, yaml: Self.oneAtATime) { app in
            let ids = (0..<3).map { "0b8f2f0c-6c0e-4c59-9b0f-1c2f5c1f7b0\($0)" }
            let answers = try await withThrowingTaskGroup(of: String.self) { group in
                for id in ids { group.addTask { try await app.bi("sql", Self.body(Self.endless, id)).body } }
                for id in ids.reversed() { try await Self.stop(id, app) }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers == Array(repeating: #"{"error":"The query was stopped."}"#, count: 3))
            // Nothing is left that occupies the only slot.
            let rows = try await app.sql("SELECT count(*) AS n FROM pageviews WHERE project_id = {{project_id}}")
            #expect(rows == "n\n6")
        }
    }
}
