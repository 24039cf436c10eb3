import AllModules
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Platform
import Testing
import TestSupport

/// References to definitions of other modules, tested with alerts that refer to a goal and list reports.
@Suite("References to definitions", .modules(.all))
struct DefinitionCatalogTests {
    private struct Alerts: AnalyticsModule {
        static let manifest = ModuleManifest(name: "bells", category: .platform, summaries: ["en": "Rings in tests."])
        static let alerts = Resource(
            "Alert", path: "/api/v1/bells", table: "bells_alerts",
            fields: [
                .required("name", .text(40)), .optional("goal_id", .nullable(.text(100))),
                .optional("reports", .array(.object([.required("id", .text(100))]), count: 0...5)),
            ],
            references: { body in
                let reports = (body["reports"]?.elements ?? []).enumerated().map { index, report in
                    DefinitionReference(report["id"], to: "report", in: "dashboards", at: "reports[\(index)].id")
                }
                return [DefinitionReference(body["goal_id"], to: "goal", in: "goals", at: "goal_id")] + reports
            })

        init(_ setup: ModuleSetup = ModuleSetup()) throws {}

        var migrations: [Migration] { [Migration("001-create", on: .control, [Self.alerts.creation])] }
        var definitionKinds: [DefinitionKind] { [Self.alerts.referable(as: "alert")] }
        var routes: [Route] {
            Self.alerts.routes + [
                Route(
                    .get, Self.alerts.path + "/{id}/goal", "The name of an alert's goal.", scope: .query, access: .read,
                    answer: Shape<String>([.required("name", { $0 }, .text(200))])
                ) { call in
                    let alert = try await Self.alerts.require(call)
                    let goal = try await call.definition(alert.fields["goal_id"]?.string ?? "", of: "goal", in: "goals")
                    return goal.fields["name"]?.string ?? ""
                }
            ]
        }
    }

    private static let path = "/api/v1/bells"
    private static let goal = #"{"name":"Signed up","goal_type":"event","config":{"event_name":"signup"}}"#
    private static let report = #"{"name":"Pages","report_type":"pages"}"#
    private static let nowhere = "00000000-0000-4000-8000-000000000000"

    private static func run(_ profile: Profile, _ body: @escaping @Sendable (TestApp) async throws -> Void) async throws {
        let modules: [any AnalyticsModule] = try ModuleList.current.load() + [Alerts()]
        try await TestApp.run(profile, modules: modules, body)
    }

    private static func create(_ app: TestApp, _ path: String, _ body: String, as caller: TestApp.Caller = .query) async throws -> String {
        let answer = try await app.post(path, body, as: caller)
        #expect(answer.status == 201, "\(answer.body)")
        return try #require(try answer.json()["id"]?.string)
    }

    private static func refusal(_ sentence: String) -> String { #"{"error":"Invalid request body: \#(sentence)"}"# }

    @Test(
        "a reference must exist when it is saved, and a definition that is referred to stays until the other is changed",
        arguments: Profile.available)
    func existence(profile: Profile) async throws {
        try await Self.run(profile) { app in
            let goal = try await Self.create(app, "/api/v1/goals", Self.goal)
            let report = try await Self.create(app, "/api/v1/reports", Self.report)
            let alert = try await Self.create(app, Self.path, #"{"name":"A","goal_id":"\#(goal)","reports":[{"id":"\#(report)"}]}"#)
            #expect(try await app.get("\(Self.path)/\(alert)/goal").body == #"{"name":"Signed up"}"#)

            let unknown = try await app.post(Self.path, #"{"name":"B","goal_id":"\#(Self.nowhere)"}"#, as: .query)
            #expect(unknown.status == 400)
            #expect(unknown.body == Self.refusal("field 'goal_id': Goal '\(Self.nowhere)' not found."))
            // An id of another kind is as unknown.
            let wrong = try await app.put("\(Self.path)/\(alert)", #"{"reports":[{"id":"\#(report)"},{"id":"\#(goal)"}]}"#, as: .query)
            #expect(wrong.status == 400)
            #expect(wrong.body == Self.refusal("field 'reports[1].id': Report '\(goal)' not found."))

            let used = try await app.delete("/api/v1/goals/\(goal)", as: .query)
            #expect(used.status == 400)
            #expect(
                used.body
                    == #"{"error":"Goal '\#(goal)' is used by alert 'A' (\#(alert)); change or delete that alert first."}"#)
            #expect(try await app.delete("/api/v1/reports/\(report)", as: .query).status == 400)
            #expect(try await app.get("\(Self.path)/\(alert)/goal").status == 200)
            // A key that may not use the module learns that an alert is in the way, but not which.
            let directory = app.installation.directory
            let limited = try await directory.createKey(
                .init(name: "limited", scopes: [.query], allowedModules: ["goals"]), in: app.project, by: "test")
            let hidden = try await app.delete("/api/v1/goals/\(goal)", as: .key(limited.secret))
            #expect(hidden.status == 400)
            #expect(
                hidden.body
                    == #"{"error":"Goal '\#(goal)' is used by a definition of the module 'bells'; change or delete that one first."}"#)
            // Changes other than deletion stay possible, and so does deletion while the module is off.
            #expect(try await app.put("/api/v1/goals/\(goal)", #"{"name":"Joined"}"#, as: .query).status == 200)
            try await directory.setModules([.init(module: "bells", isEnabled: false, access: nil)], in: app.project, by: "test")
            #expect(try await app.delete("/api/v1/goals/\(goal)", as: .query).status == 204)
            try await directory.setModules([.init(module: "bells", isEnabled: true, access: nil)], in: app.project, by: "test")
            let gone = try await app.get("\(Self.path)/\(alert)/goal")
            #expect(gone.status == 404 && gone.body == #"{"error":"Goal '\#(goal)' not found."}"#)
            // What doesn't touch the reference can still be changed.
            #expect(try await app.put("\(Self.path)/\(alert)", #"{"name":"C"}"#, as: .query).status == 200)
            #expect(try await app.put("\(Self.path)/\(alert)", #"{"goal_id":null}"#, as: .query).status == 200)
        }
    }

    @Test("a reference needs the other module's switch and the caller's right to read it, and never leads to another project")
    func rights() async throws {
        try await Self.run(.embedded) { app in
            let directory = app.installation.directory
            let goal = try await Self.create(app, "/api/v1/goals", Self.goal), body = #"{"name":"A","goal_id":"\#(goal)"}"#
            let limited = try await directory.createKey(
                .init(name: "limited", scopes: [.query], allowedModules: ["bells"]), in: app.project, by: "test")
            let refused = try await app.post(Self.path, body, as: .key(limited.secret))
            #expect(refused.status == 403)
            #expect(refused.body == #"{"error":"API key is not allowed to use module 'goals'."}"#)

            try await directory.setModules([.init(module: "goals", isEnabled: false, access: nil)], in: app.project, by: "test")
            let off = try await app.post(Self.path, body, as: .query)
            #expect(off.status == 403)
            #expect(off.body == #"{"error":"Module 'goals' is not enabled for this project."}"#)

            let other = try await app.installation.createProject("Other", domain: "other.example")
            let key = TestApp.Caller.key(try #require(try await app.installation.createKeys(in: other)[.query]))
            let stranger = try await app.post(Self.path, body, as: key)
            #expect(stranger.status == 400)
            #expect(stranger.body == Self.refusal("field 'goal_id': Goal '\(goal)' not found."))
        }
    }

    @Test("a module that this host doesn't load is off for references")
    func absent() async throws {
        let modules: [any AnalyticsModule] = [try Alerts()]
        try await TestApp.run(modules: modules) { app in
            let answer = try await app.post(Self.path, #"{"name":"A","goal_id":"\#(Self.nowhere)"}"#, as: .query)
            #expect(answer.status == 403)
            #expect(answer.body == #"{"error":"Module 'goals' is not enabled for this project."}"#)
        }
    }

    @Test("a module can't list a kind of definition twice")
    func clash() throws {
        struct Twice: AnalyticsModule {
            static let manifest = ModuleManifest(name: "twice", category: .platform, summaries: ["en": "Clashes in tests."])
            init(_ setup: ModuleSetup = ModuleSetup()) throws {}
            var definitionKinds: [DefinitionKind] { [Alerts.alerts.referable(as: "alert"), Alerts.alerts.referable(as: "alert")] }
        }
        #expect {
            try ModuleRegistry(modules: [Twice()], hostRoutes: [])
        } throws: { error in
            "\(error)" == "Kind of definition 'twice/alert' is claimed by twice and twice."
        }
    }
}
