import AllModules
@_spi(Host) import Access
@_spi(Host) import Common
@_spi(Host) @testable import Host
@_spi(Host) import Jobs
import Synchronization
import Testing
import TestSupport

@Suite("Administration of tasks", .modules())
struct TaskRoutesTests {
    /// A kind that fails until it is told otherwise.
    private final class Flaky: Sendable {
        let isMended = Mutex(false)
        /// The member `n` of the payload of each run.
        let runs = Mutex<[String]>([])
        var kind: TaskKind {
            TaskKind("flaky", "Fails.", maximumAttempts: 1) { [self] task in
                runs.withLock { $0.append(task.payload["n"]?.string ?? "") }
                if !isMended.withLock({ $0 }) { throw ServiceError.unavailable("away", "The other side is away.") }
            }
        }
    }

    @Test("a dead task is listed, read, retried and done", arguments: Profile.available)
    func retry(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let flaky = Flaky(), installation = app.installation
            installation.tasks.declare([flaky.kind], of: "test")
            let queue = TaskQueue(installation.tasks, module: "test")
            let id = try await queue.enqueue("flaky", Shaped(["to": "ada"], .map(.optionalText(100))), for: app.project.id, order: "ada")
            await installation.taskRunner.settle()
            let listed = try await app.get("/api/admin/tasks?state=dead&kind=test.flaky", as: .token)
            #expect(
                listed.body == """
                    {"data":[{"attempts":1,"created_at":"2026-03-02T12:00:00Z","due_at":"2026-03-02T12:00:00Z","finished_at":"2026-03-02T12:00:00Z",\
                    "id":"\(id)","kind":"test.flaky","last_error":"The other side is away.","lease_until":null,"maker":"module","order_key":"test ada",\
                    "owner":null,"project_id":"\(app.project.id)","run_at":"2026-03-02T12:00:00Z","started_at":"2026-03-02T12:00:00Z",\
                    "state":"dead","unique_key":null}],"total":1}
                    """)
            #expect(try await app.get("/api/admin/tasks?state=waiting", as: .token).json()["total"]?.integer == 0)
            let one = try await app.get("/api/admin/tasks/\(id)", as: .token).json()
            #expect(one["payload"]?["to"]?.string == "ada")
            flaky.isMended.withLock { $0 = true }
            let retried = try await app.post("/api/admin/tasks/\(id)/retry", as: .token)
            #expect(retried.status == 200)
            await installation.taskRunner.settle()
            #expect(try await app.get("/api/admin/tasks/\(id)", as: .token).json()["state"]?.string == "done")
            #expect(try await app.get("/metrics").body.contains(#"pulse_tasks_ended_total{kind="test.flaky",outcome="dead"} 1"#))
            #expect(try await app.get("/metrics").body.contains(#"pulse_tasks_ended_total{kind="test.flaky",outcome="done"} 1"#))
            let audit = try await AuditLog.entries(of: app.project.id, limit: 20, offset: 0, in: installation.engines.control)
            let retries = audit.filter { $0.action == "task.retry" }
            #expect(retries.map { "\($0.resource) by \($0.actor)" } == ["task \(id) by admin token"])
        }
    }

    @Test("a task is paused and resumed; what its state doesn't permit is refused", arguments: Profile.available)
    func pause(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let installation = app.installation
            installation.tasks.declare([TaskKind("note", "Notes.") { _ in }], of: "test")
            let id = try await TaskQueue(installation.tasks, module: "test").enqueue("note", at: app.time.now.adding(seconds: 60))
            let task = "/api/admin/tasks/\(id)"
            #expect(try await app.post("\(task)/pause", as: .token).json()["state"]?.string == "paused")
            let again = try await app.post("\(task)/pause", as: .token)
            #expect(again.status == 409)
            #expect(again.body == #"{"error":"Task '\#(id)' is paused; only a task that is waiting accepts 'pause'."}"#)
            app.time.advance(seconds: 60)
            await installation.taskRunner.settle()
            #expect(try await app.post("\(task)/resume", as: .token).json()["state"]?.string == "waiting")
            await installation.taskRunner.settle()
            #expect(try await app.get(task, as: .token).json()["state"]?.string == "done")
            let gone = try await app.get("/api/admin/tasks/nothing", as: .token)
            #expect(gone.status == 404)
            #expect(gone.body == #"{"error":"Task 'nothing' not found."}"#)
            #expect(
                try await app.get("/api/admin/tasks?state=lost", as: .token).body
                    == #"{"error":"Invalid query parameter 'state': must be one of 'waiting', 'running', 'paused', 'dead', 'done'; got 'lost'."}"#
            )
            #expect(try await app.get("/api/admin/tasks", as: .admin).status == 401)
        }
    }

    @Test("a kind is held back, and all its dead tasks are retried, those that do the same once", arguments: Profile.available)
    func kinds(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let flaky = Flaky(), installation = app.installation
            installation.tasks.declare([flaky.kind], of: "test")
            let queue = TaskQueue(installation.tasks, module: "test")
            func enqueue(_ names: [(String, unique: String?)]) async throws {
                for (name, unique) in names {
                    try await queue.enqueue("flaky", Shaped(["n": name], .map(.optionalText(100))), for: app.project.id, unique: unique)
                    await installation.taskRunner.settle()
                    app.time.advance(seconds: 1)
                }
            }
            func overview() async throws -> String {
                let kinds = try await app.get("/api/admin/task-kinds", as: .token).body
                return kinds.firstMatch(of: #/{[^{}]*test\.flaky[^{}]*}/#).map { String($0.output) } ?? "none"
            }
            try await enqueue([("a", nil), ("b", nil), ("c1", "c"), ("c2", "c"), ("d", "d")])
            #expect(flaky.runs.withLock { $0 } == ["a", "b", "c1", "c2", "d"])
            #expect(
                try await overview() == """
                    {"dead":5,"done":0,"is_paused":false,"kind":"test.flaky","last_done_at":null,"next_at":null,"paused":0,"running":0,\
                    "summary":"Fails.","waiting":0}
                    """)
            #expect(try await app.post("/api/admin/task-kinds/test.flaky/pause", as: .token).json()["is_paused"]?.boolean == true)
            try await enqueue([("d2", "d"), ("e", nil)])
            flaky.isMended.withLock { $0 = true }
            #expect(try await app.post("/api/admin/task-kinds/test.flaky/retry", as: .token).body == #"{"retried":3}"#)
            await installation.taskRunner.settle()
            // None has begun while the kind is paused.
            #expect(flaky.runs.withLock { $0.count } == 5)
            #expect(try await app.post("/api/admin/task-kinds/test.flaky/resume", as: .token).json()["is_paused"]?.boolean == false)
            await installation.taskRunner.settle()
            #expect(flaky.runs.withLock { $0.dropFirst(5).sorted() } == ["a", "b", "c2", "d2", "e"])
            #expect(
                try await overview() == """
                    {"dead":0,"done":5,"is_paused":false,"kind":"test.flaky","last_done_at":"2026-03-02T12:00:07Z","next_at":null,"paused":0,\
                    "running":0,"summary":"Fails.","waiting":0}
                    """)
            let audit = try await AuditLog.entries(of: app.project.id, limit: 20, offset: 0, in: installation.engines.control)
            #expect(
                audit.first { $0.action == "task.retry" }.map { [$0.resource, $0.metadata["tasks"]?.string] } == ["tasks test.flaky", "3"])
            let unknown = try await app.post("/api/admin/task-kinds/test.nothing/pause", as: .token)
            #expect(unknown.status == 404)
            #expect(unknown.body == #"{"error":"Kind of task 'test.nothing' not found."}"#)
            #expect(try await app.get("/api/admin/task-kinds", as: .admin).status == 401)
        }
    }

    @Test("schedules are listed, with when they came last and come next", arguments: Profile.available)
    func schedules(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            func retention() async throws -> String {
                try await app.get("/api/admin/task-schedules?limit=1&offset=0", as: .token).body
            }
            #expect(
                try await retention() == """
                    {"data":[{"is_declared":true,"kind":"pulse.retention","last_at":null,"name":"pulse retention",\
                    "next_at":"2026-03-02T13:00:00Z","project_id":null,"rhythm":"hourly 00"}],"total":3}
                    """)
            app.time.advance(seconds: 2 * 3_600)
            await app.installation.taskRunner.settle()
            #expect(
                try await retention() == """
                    {"data":[{"is_declared":true,"kind":"pulse.retention","last_at":"2026-03-02T14:00:00Z","name":"pulse retention",\
                    "next_at":"2026-03-02T15:00:00Z","project_id":null,"rhythm":"hourly 00"}],"total":3}
                    """)
            let kinds = try await app.get("/api/admin/task-kinds", as: .token).json()["data"]?.elements ?? []
            #expect(kinds.first { $0["kind"]?.string == "pulse.retention" }?["last_done_at"]?.string == "2026-03-02T14:00:00Z")
        }
    }

    @Test("the command line changes a task next to a running host", arguments: Profile.available)
    func commandLine(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let flaky = Flaky(), installation = app.installation
            installation.tasks.declare([flaky.kind], of: "test")
            let id = try await TaskQueue(installation.tasks, module: "test").enqueue("flaky")
            await installation.taskRunner.settle()
            flaky.isMended.withLock { $0 = true }
            let dead = try await ControlPlane.with(installation.configuration) { control in
                let dead = try await control.tasks.tasks(in: .dead, limit: 10)
                _ = try await control.tasks.change(id, .retry, by: ControlPlane.actor)
                return dead
            }
            #expect(dead.map(\.lastError) == ["The other side is away."])
            // The command's clock is the machine's, far ahead of the host's.
            app.time.set(SystemTime().now)
            await installation.taskRunner.settle()
            #expect(try await installation.tasks.task(id).state == .done)
        }
    }
}
