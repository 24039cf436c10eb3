import AllModules
@_spi(Host) import Access
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Jobs
@_spi(Host) import Storage
import Testing
import TestSupport
import TrafficModule

/// A module that counts each project's pageviews at night, and when somebody asks.
private struct DiaryModule: AnalyticsModule {
    static let manifest = ModuleManifest(
        name: "diary", category: .platform, reads: ["revenue"], summaries: ["en": "Counts pageviews in tests."])

    init(_ setup: ModuleSetup) {}

    private static let days = Table(
        "diary_days", [Column("project_id", .text), Column("pageviews", .int64)], primaryKey: ["project_id"])

    var migrations: [Migration] { [Migration("001-create", on: .control, [.createTable(Self.days)])] }

    var routes: [Route] {
        let count = Shape<Int64>([.required("pageviews", { $0 }, .count)])
        return [
            Route(.post, "/api/v1/diary", "Counts soon.", scope: .query, access: .write) { call in
                let project = call.project.id
                try await call.store.write { transaction in
                    try await transaction.run("/* diary.forget */ DELETE FROM diary_days WHERE project_id = \(project)")
                    try await call.tasks.enqueue("count", for: project, unique: project, in: transaction)
                }
            },
            Route(.get, "/api/v1/diary", "The count.", scope: .query, access: .read, answer: count) { call in
                let rows = try await call.store.read(
                    "/* diary.get */ SELECT pageviews FROM diary_days WHERE project_id = \(call.project.id)")
                return rows.first?.int("pageviews") ?? 0
            },
        ]
    }

    var schedules: [Schedule] { [Schedule("night", .daily(at: TimeOfDay(3)))] }

    func tasks(_ context: ModuleContext) -> [TaskKind] {
        [
            TaskKind("night", "Counts in all projects.") { _ in
                for project in context.projects { try await Self.count(try await context.work(for: project.id), context) }
            },
            TaskKind("count", "Counts in one project.", maximumAttempts: 2) { task in
                try await Self.count(try await context.work(for: task), context)
            },
            TaskKind("later", "Leaves the counting to another task, for whom it is itself for.", maximumAttempts: 1) { task in
                try await context.tasks.enqueue("count", for: task.project)
            },
            TaskKind("record", "Writes, for whoever may send events.", maximumAttempts: 1) { task in
                _ = try await context.work(for: task, .write, scope: .ingest)
            },
            TaskKind("peek", "Reads what it may not.", maximumAttempts: 1) { task in
                let call = try await context.work(for: task.project ?? "")
                _ = try await call.wholeScope().rows(
                    "diary.peek", [.tally("counted", [.count("n")], from: "revenue_orders")], "SELECT n FROM counted")
            },
            TaskKind("administer", "Does what only administrators may.", maximumAttempts: 1) { task in
                try await context.work(for: task).requireAdmin(for: "this")
            },
            TaskKind("tell", "Hands in events.", maximumAttempts: 1) { task in
                let events = task.payload["events"]?.elements.map { event in
                    IncomingEvent(
                        event["type"]?.string ?? "", visitor: event["visitor_id"]?.string, session: event["session_id"]?.string,
                        id: event["event_id"]?.string, path: event["path"]?.string, isConsentGranted: event["consent_granted"]?.boolean,
                        address: event["ip"]?.string, userAgent: event["user_agent"]?.string, fields: event)
                }
                let maker = task.payload["key"]?.string.map(Maker.key) ?? .module, project = task.project ?? ""
                // Work that a handler's code does is the same sender.
                let sender = try? await EventSender(context.work(for: project, .write))
                guard sender.map({ $0.who == .module("diary") && $0.isServer && !$0.isCounted }) ?? true else { throw GiveUp("\(sender!)") }
                let outcomes = try await context.collect(events ?? [], for: project, as: maker)
                throw GiveUp(outcomes.map { "\($0)".prefix { $0 != "(" } }.joined(separator: " "))
            },
            TaskKind("trespass", "Reads the table of others.", maximumAttempts: 1) { _ in
                _ = try await context.store.read("/* diary.trespass */ SELECT id FROM access_keys")
            },
        ]
    }

    private static func count(_ call: ProjectRequest, _ context: ModuleContext) async throws {
        let project = call.project.id
        let count = try await call.wholeScope().rows(
            "diary.count", [.tally("counted", [.count("n")], from: "pageviews")], "SELECT n FROM counted")[0].int("n")
        try await context.store.write(
            """
            /* diary.count */ INSERT INTO diary_days (project_id, pageviews) VALUES (\(project), \(count))
            ON CONFLICT (project_id) DO UPDATE SET pageviews = excluded.pageviews
            """)
    }
}

@Suite("Work of modules without a request", .modules(.all))
struct ModuleContextTests {
    private static func run(_ profile: Profile, _ body: @escaping @Sendable (TestApp) async throws -> Void) async throws {
        try await TestApp.run(profile, modules: try ModuleList.current.load() + [DiaryModule(ModuleSetup())]) { app in
            _ = try await app.installation.directory.setModules(
                [.init(module: "diary", isEnabled: true, access: .all)], in: app.project, by: "test")
            try await app.collect(#"[{"type":"pageview","path":"/"},{"type":"pageview","path":"/b"}]"#)
            try await body(app)
        }
    }

    /// The state and the last error of the latest task of a kind.
    private static func outcome(of kind: String, _ app: TestApp) async throws -> String {
        await app.installation.taskRunner.settle()
        let task = try await app.installation.tasks.tasks(of: "diary.\(kind)", limit: 1).first
        return "\(task?.state.rawValue ?? "none") \(task?.lastError ?? "")"
    }

    @Test(
        "a handler enqueues a task with its change; the task reads the project's facts and writes the module's tables",
        arguments: Profile.available)
    func task(profile: Profile) async throws {
        try await Self.run(profile) { app in
            let asked = try await app.post("/api/v1/diary", as: .query)
            #expect(asked.status == 204)
            #expect(try await Self.outcome(of: "count", app) == "done ")
            #expect(try await app.get("/api/v1/diary").body == #"{"pageviews":2}"#)
        }
    }

    @Test("a schedule works in the projects where the module is on", arguments: Profile.available)
    func schedule(profile: Profile) async throws {
        try await Self.run(profile) { app in
            let other = try await app.installation.createProject("Other", domain: "other.example")
            try await app.installation.directory.setModules(
                [.init(module: "diary", isEnabled: false, access: nil)], in: other, by: "test")
            app.time.advance(seconds: 86_400)
            #expect(try await Self.outcome(of: "night", app) == "done ")
            #expect(try await app.get("/api/v1/diary").body == #"{"pageviews":2}"#)
            let projects = try await app.installation.engines.control.read("SELECT project_id FROM diary_days")
            #expect(projects.map { $0.text("project_id") } == [app.project.id])
        }
    }

    @Test("work has the rights that its maker has then, and the project's switches", arguments: Profile.available)
    func rights(profile: Profile) async throws {
        try await Self.run(profile) { app in
            let (directory, tasks) = (app.installation.directory, app.installation.tasks), project = app.project.id
            /// Enqueues a task as a handler does for `maker`, and runs it and what it enqueues.
            func outcome(_ kind: String, for maker: Maker, shown: String? = nil, before: (() async throws -> Void)? = nil) async throws
                -> String
            {
                try await TaskQueue(tasks, module: "diary", maker: maker).enqueue(kind, for: project, at: app.time.now.adding(seconds: 1))
                try await before?()
                app.time.advance(seconds: 1)
                await app.installation.taskRunner.settle()
                let task = try #require(try await tasks.tasks(of: "diary.\(shown ?? kind)", limit: 1).first)
                #expect(task.maker == maker)
                return "\(task.state.rawValue) \(task.lastError ?? "")"
            }
            func key(_ scopes: [KeyScope], _ modules: [String]? = nil, until end: Instant? = nil) async throws -> String {
                try await directory.createKey(
                    .init(name: "maker", scopes: scopes, expiresAt: end, allowedModules: modules), in: app.project, by: "test"
                ).key.id
            }
            let gone =
                "dead The key that this was made with no longer exists, or has no rights here. Create it again with valid credentials."
            let whole = try await key([.query]), limited = try await key([.query], ["goals"]), sender = try await key([.ingest])
            #expect(try await outcome("count", for: .key(whole)) == "done ")
            #expect(try await outcome("count", for: .administrator) == "done ")
            #expect(try await outcome("administer", for: .administrator) == "done ")
            #expect(try await outcome("count", for: .key(limited)) == "dead The credentials are not allowed to use module 'diary'.")
            #expect(
                try await outcome("count", for: .key(sender))
                    == "dead The key that this was made with does not have the 'query' permission. Grant it, or create this again with credentials that have it."
            )
            #expect(try await outcome("record", for: .key(sender)) == "done ")
            #expect(try await outcome("record", for: .key(whole)).contains("does not have the 'ingest' permission"))
            #expect(try await outcome("administer", for: .key(whole)) == "dead The 'admin' permission is required for 'this'.")
            #expect(try await outcome("count", for: .nobody) == "dead This was made by someone for whom nothing may run later.")
            // A task that another one enqueues is for the same maker, who may lose its rights between the two.
            #expect(try await outcome("later", for: .key(whole), shown: "count") == "done ")
            #expect(try await outcome("later", for: .key(limited)) == "dead The credentials are not allowed to use module 'diary'.")
            #expect(
                try await outcome("count", for: .key(whole)) { try await directory.revokeKey(whole, in: app.project, by: "test") } == gone)
            let ending = try await key([.query], until: app.time.now.adding(seconds: 60))
            #expect(try await outcome("count", for: .key(ending)) == "done ")
            app.time.advance(seconds: 60)
            #expect(try await outcome("count", for: .key(ending)) == gone)
            let other = try await app.installation.createProject("Other", domain: "other.example")
            let (stranger, _) = try await directory.createKey(.init(name: "stranger", scopes: [.query]), in: other, by: "test")
            #expect(try await outcome("count", for: .key(stranger.id)) == gone)

            #expect(try await outcome("peek", for: .module) == "done ")
            try await directory.setModules([.init(module: "revenue", isEnabled: false, access: nil)], in: app.project, by: "test")
            #expect(try await outcome("peek", for: .module) == "dead Module 'revenue' is not enabled for this project.")
            #expect(try await outcome("administer", for: .module) == "dead The 'admin' permission is required for 'this'.")
            #expect(
                try await outcome("trespass", for: .module)
                    == "dead A statement of module 'diary' names 'access_keys', which belongs to 'access'. Use what Core offers for it.")

            try await directory.setModules([.init(module: "diary", isEnabled: false, access: nil)], in: app.project, by: "test")
            #expect(try await outcome("peek", for: .module) == "dead Module 'diary' is not enabled for this project.")
        }
    }

    @Test("a maker's task doesn't run in place of another maker's with the same unique key", arguments: Profile.available)
    func unique(profile: Profile) async throws {
        try await Self.run(profile) { app in
            func enqueue(_ maker: Maker) async throws -> String {
                try await TaskQueue(app.installation.tasks, module: "diary", maker: maker).enqueue(
                    "count", for: app.project.id, at: app.time.now.adding(seconds: 60), unique: "u")
            }
            let one = try await enqueue(.key("a")), other = try await enqueue(.key("b")), own = try await enqueue(.module)
            #expect(Set([one, other, own]).count == 3)
            for (maker, id) in [(Maker.key("a"), one), (.key("b"), other), (.module, own)] {
                #expect(try await enqueue(maker) == id)
            }
        }
    }

    private static let told = [
        #"{"type":"pageview","visitor_id":"ada","path":"/told","ip":"203.0.113.7","user_agent":"\#(TestApp.chrome)"}"#,
        #"{"type":"event","visitor_id":"ada","name":"buy","revenue_amount":2,"revenue_currency":"EUR","event_id":"1"}"#,
        #"{"type":"event","visitor_id":"ada","name":"buy","revenue_amount":2,"revenue_currency":"EUR","event_id":"1"}"#,
        #"{"type":"pageview","visitor_id":"bob","path":"/no","consent_granted":false}"#,
        #"{"type":"pageview","path":"/bot","user_agent":"Googlebot/2.1 (+http://www.google.com/bot.html)"}"#,
        #"{"type":"event","visitor_id":"bob"}"#, #"{"type":"outlink","visitor_id":"bob","url":"https://example.org/"}"#,
        #"{"type":"pageview","visitor_id":"bob","path":"/told","session_id":"s"}"#,
    ]

    @Test("events from a task are treated like those of a server's requests", arguments: Profile.available)
    func collects(profile: Profile) async throws {
        try await Self.run(profile) { app in
            let (directory, installation) = (app.installation.directory, app.installation)
            var answers: [[String]] = []
            for isTask in [true, false] {
                let project = try await installation.createProject("Told", domain: "told.example"),
                    keys = try await installation.createKeys(in: project)
                try await directory.setModules([.init(module: "outlinks", isEnabled: false, access: nil)], in: project, by: "test")
                let payload = try JSON.parse(#"{"events":[\#(Self.told.joined(separator: ","))]}"#)
                if isTask {
                    let queue = TaskQueue(installation.tasks, module: "diary", maker: .module)
                    try await queue.enqueue("tell", Shaped(payload, .any), for: project.id)
                    #expect(
                        try await Self.outcome(of: "tell", app)
                            == "dead accepted accepted accepted dropped dropped refused refused accepted")
                } else {
                    let answer = try await app.collect("[\(Self.told.joined(separator: ","))]", as: .key(keys[.server] ?? ""))
                    #expect(try answer.json()["accepted"]?.integer == 6)
                }
                var found: [String] = []
                for path in ["ingest/ledger", "stats", "pages", "devices", "revenue", "events"] {
                    found.append(try await app.get("/api/v1/\(path)", as: .key(keys[.query] ?? "")).body)
                }
                answers.append(found)
            }
            #expect(answers[0] == answers[1])
            #expect(
                answers[0][1].hasPrefix(
                    #"{"current":{"avg_duration":0,"bounce_rate":100,"events":1,"pageviews":2,"sessions":2,"visitors":2}"#),
                "\(answers[0][1])")
        }
    }

    @Test("a task collects only where its module may, and what its maker may then")
    func collectsWithin() async throws {
        try await Self.run(.embedded) { app in
            let (directory, tasks) = (app.installation.directory, app.installation.tasks), project = app.project.id
            func outcome(_ key: String?) async throws -> String {
                let payload = try JSON.parse(#"{"events":[\#(Self.told[0])]\#(key.map { #","key":"\#($0)""# } ?? "")}"#)
                let id = try await TaskQueue(tasks, module: "diary", maker: .module).enqueue("tell", Shaped(payload, .any), for: project)
                await app.installation.taskRunner.settle()
                let task = try await tasks.task(id)
                return "\(task.state.rawValue) \(task.lastError ?? "")"
            }
            func key(_ scopes: [KeyScope], _ modules: [String]? = nil) async throws -> String {
                try await directory.createKey(.init(name: "k", scopes: scopes, allowedModules: modules), in: app.project, by: "test").key.id
            }
            #expect(try await outcome(try await key([.ingest])) == "dead accepted")
            #expect(try await outcome(try await key([.ingest], ["diary"])) == "dead refused")
            #expect(
                try await outcome(try await key([.query]))
                    == "dead The key that this was made with does not have the 'ingest' permission. Grant it, or create this again with credentials that have it."
            )
            try await directory.setModules([.init(module: "diary", isEnabled: true, access: .read)], in: app.project, by: "test")
            #expect(try await outcome(nil) == "dead Module 'diary' does not allow write access for this project.")
            #expect(try await app.get("/api/v1/pages?filter=path:/told").json()["data"]?.elements.first?["views"]?.integer == 1)
        }
    }
}
