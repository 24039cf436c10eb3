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
        var kind: TaskKind {
            TaskKind("flaky", "Fails.", maximumAttempts: 1) { [self] _ in
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
