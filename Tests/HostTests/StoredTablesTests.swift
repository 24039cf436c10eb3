import AllModules
import Core
import Foundation
@_spi(Host) @testable import Host
@_spi(Host) import Platform
@_spi(Host) import Storage
import Synchronization
import Testing
import TestSupport

/// A module with rows about visitors in both stores. An upgrade gives its fact table a column.
private struct Diary: AnalyticsModule {
    static let manifest = ModuleManifest(name: "diary", category: .platform, summaries: ["en": "Diary."])
    static let page = Table(
        "diary_pages", [Column("id", .text), Column("project_id", .text), .visitorID()], primaryKey: ["id"])
    static let mood = Column("mood", .text, nullable: true)

    /// Whether this is the module after the upgrade.
    var isNew = true

    init(_ setup: ModuleSetup) {}
    init(isNew: Bool) { self.isNew = isNew }

    var lines: FactTable { FactTable("diary_lines", [Column("text", .text)] + (isNew ? [Self.mood] : [])) }
    var factTables: [FactTable] { [lines] }
    var migrations: [Migration] {
        [
            Migration("001-pages", on: .control, [.createTable(Self.page)]),
            Migration("002-lines", on: .events, [.createFactTable(lines.without(Self.mood))]),
        ] + (isNew ? [Migration("003-mood", on: .events, [.addColumn(table: lines.name, Self.mood)])] : [])
    }
    var collectors: [Collector] {
        [
            Collector("line", "A line.", fields: [.required("text", .text(50))]) { payload in
                Draft(facts: { _ in [(lines, [.text(payload.text("text"))] + (isNew ? [.null] : []))] })
            }
        ]
    }
}

/// Export, erasure and retention cover the tables of modules that are not loaded.
@Suite("Tables of modules that are not loaded", .modules(ModuleList(ModuleList.all.types + [Diary.self])))
struct StoredTablesTests {
    private static let off = "modules: {disabled: [diary, identity, logs, search]}"
    private static let tables = ["identity_profiles", "identity_traits", "logs_entries", "search_queries", "diary_lines"]

    private static func collect(_ app: TestApp, _ visitor: String, _ payloads: [String]) async throws {
        let body = payloads.map { $0.dropLast() + #","visitor_id":"\#(visitor)"}"# }.joined(separator: ",")
        #expect(try await app.collect("[\(body)]").body == #"{"accepted":\#(payloads.count),"ok":true}"#)
        _ = try await app.get("/api/v1/stats")
    }

    private static let log = #"{"type":"log","message":"hello","level":"info"}"#
    private static let payloads = [
        #"{"type":"pageview","path":"/"}"#, #"{"type":"search_query","query":"blå skor","results_count":3}"#, log,
        #"{"type":"identify","payload":{"user_id":"u","traits":{"plan":"pro"}}}"#, #"{"type":"line","text":"dear diary"}"#,
    ]

    private static func counts(_ app: TestApp) async throws -> [Int64] {
        var counts: [Int64] = []
        for table in tables {
            let rows = try await app.installation.engines.events.query("SELECT count(*) AS n FROM \(sql: table)", timeoutSeconds: 10)
            counts.append(rows[0].int("n"))
        }
        let pages = try await app.installation.engines.control.read("SELECT count(*) AS n FROM diary_pages")
        return counts + [pages[0].int("n")]
    }

    private static func export(_ app: TestApp, _ visitor: String) async throws -> String {
        try await app.get("/api/admin/projects/\(app.project.id)/privacy/visitors/\(visitor)/export", as: .token).body
    }

    @Test("a visitor's export is the same while modules are off, and erasure erases their rows", arguments: Profile.available)
    func visitor(profile: Profile) async throws {
        let scratch = try Scratch(), data = scratch.path + "/data", environment = try await profile.environment()
        let before = try ModuleList.current.load().filter { $0.name != "diary" } + [Diary(isNew: false)]
        let exports = Mutex([String: String]())
        try await TestApp.run(in: data, environment: environment, modules: before) { app in
            let project = app.project.id
            for visitor in ["ada", "bob"] {
                try await Self.collect(app, visitor, Self.payloads)
                try await app.installation.engines.control.write(
                    "INSERT INTO diary_pages (id, project_id, visitor_id) VALUES (\(visitor), \(project), \(visitor))")
                let export = try await Self.export(app, visitor)
                exports.withLock { $0[visitor] = export }
            }
            #expect(try await Self.counts(app) == [2, 2, 2, 2, 2, 2])
        }
        let all = exports.withLock { $0 }
        for text in ["blå skor", "hello", "pro", "dear diary", #""diary_pages":[{"id":"ada"}]"#] {
            #expect(all["ada"]?.contains(text) == true, "\(text)")
        }
        // The program has the diary's new version, whose column the store lacks.
        try await TestApp.run(in: data, environment: environment, yaml: Self.off) { app in
            #expect(!app.installation.registry.modules.contains { ["diary", "identity", "logs", "search"].contains($0.name) })
            let path = "/api/admin/projects/\(app.project.id)"
            for visitor in ["ada", "bob"] { #expect(try await Self.export(app, visitor) == all[visitor]) }
            for _ in 1...2 { #expect(try await app.delete("\(path)/privacy/visitors/ada", as: .token).status == 204) }
            let entries = try await app.get("\(path)/audit-logs?limit=100", as: .token).json()["data"]?.elements ?? []
            let erased = entries.filter { $0["action"]?.string == "visitor.erase" }.map { entry in
                (Self.tables + ["diary_pages"]).map { entry["metadata"]?[$0]?.string }
            }
            #expect(Set(erased) == [Array(repeating: "0", count: 6), Array(repeating: "1", count: 6)])
            #expect(try await Self.export(app, "bob") == all["bob"])
        }
        try await TestApp.run(in: data, environment: environment) { app in
            #expect(try await Self.counts(app) == [1, 1, 1, 1, 1, 1])
            let nothing = try await Self.export(app, "ada")
            #expect(try await Self.export(app, "nobody").replacing("nobody", with: "ada") == nothing)
        }
    }

    @Test("tables of modules that never ran are not missed", arguments: Profile.available)
    func never(profile: Profile) async throws {
        try await TestApp.run(
            in: try Scratch().path + "/data", environment: try await profile.environment(),
            yaml: Self.off + "\nretention: {events_months: 1}"
        ) { app in
            try await Self.collect(app, "ada", [Self.payloads[0]])
            let telemetry = try JSON.parse(try await Self.export(app, "ada"))["telemetry"]?.members.map(\.name) ?? []
            #expect(!telemetry.isEmpty && Set(telemetry).isDisjoint(with: Self.tables + ["diary_pages"]))
            let path = "/api/admin/projects/\(app.project.id)/privacy/visitors/ada"
            #expect(try await app.delete(path, as: .token).status == 204)
            try await app.installation.retention.run(now: app.time.now)
        }
    }

    @Test(
        "retention deletes old rows of modules that are off, and keeps the ids of visitors whom the others need",
        arguments: Profile.available)
    func retention(profile: Profile) async throws {
        let scratch = try Scratch(), data = scratch.path + "/data", environment = try await profile.environment()
        let modules = try ModuleList.current.load()
        try await TestApp.run(in: data, environment: environment, modules: modules, now: "2026-01-01T12:00:00Z") { app in
            for visitor in ["ada", "bob"] { try await Self.collect(app, visitor, Self.payloads) }
            // Too early for ada's id to be written again.
            app.time.advance(seconds: 20 * 86_400)
            try await Self.collect(app, "ada", [Self.log])
        }
        let yaml = Self.off + "\nretention: {events_months: 1}"
        try await TestApp.run(in: data, environment: environment, now: "2026-02-10T12:00:00Z", yaml: yaml) { app in
            try await app.installation.retention.run(now: app.time.now)
            #expect(try await Self.counts(app) == [0, 0, 1, 0, 0, 0])
            let ids = try await app.installation.engines.events.query("SELECT id FROM core_visitors", timeoutSeconds: 10)
            #expect(ids.map { $0.text("id") } == ["ada"])
        }
    }
}
