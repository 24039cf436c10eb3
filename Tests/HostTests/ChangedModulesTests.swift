import AllModules
import Core
import Foundation
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
@_spi(Host) import Platform
@_spi(Host) import Storage
import Testing
import TestSupport

/// A host that is killed and started with other modules, or with another version of a module, stores what it had acknowledged.
@Suite("Changed modules after a crash", .modules(.all))
struct ChangedModulesTests {
    private static let payloads = [
        #"{"type":"pageview","path":"/","utm_source":"news","utm_medium":"email","event_id":"1"}"#,
        #"{"type":"event","name":"buy","revenue_amount":12.5,"revenue_currency":"EUR","event_id":"2"}"#,
        #"{"type":"identify","payload":{"user_id":"u","traits":{"plan":"pro"}}}"#,
        #"{"type":"outlink","url":"https://example.org/"}"#,
        #"{"type":"search_query","query":"blå skor","results_count":3}"#,
        #"{"type":"scroll_depth","path":"/","max_depth":50}"#,
        #"{"type":"log","message":"hello","level":"info"}"#,
        #"{"type":"js_error","message":"boom","path":"/"}"#,
        #"{"type":"web_vital","name":"LCP","value":1200.25,"path":"/"}"#,
    ]

    private static func modules(without names: Set<String> = [], adding module: (any AnalyticsModule)? = nil) throws
        -> [any AnalyticsModule]
    {
        try ModuleList.current.load().filter { !names.contains($0.name) } + (module.map { [$0] } ?? [])
    }

    /// Collects with a host whose store applies nothing, and ends it.
    private static func crash(
        _ data: String, _ environment: [String: String] = [:], _ modules: [any AnalyticsModule], _ payloads: [String] = payloads
    ) async throws {
        try await TestApp.run(in: data, environment: environment, modules: modules, events: { StallingEventStore($0, refusing: true) }) {
            app in
            let change = modules.map { Directory.ModuleChange(module: $0.name, isEnabled: true, access: .all) }
            try await app.installation.directory.setModules(change.filter { $0.module != "core" }, in: app.project, by: "test")
            let body = payloads.map { $0.dropLast() + #","visitor_id":"ada"}"# }.joined(separator: ",")
            let answer = try await app.collect("[\(body)]")
            #expect(answer.body == #"{"accepted":\#(payloads.count),"ok":true}"#)
        }
    }

    /// What a start with `modules` leaves in the fact tables of `modules`, and what is set aside.
    private static func start(
        _ data: String, _ environment: [String: String] = [:], _ modules: [any AnalyticsModule]
    ) async throws -> (facts: [String: [String]], setAside: [String: Int]) {
        let found = Found()
        try await TestApp.run(in: data, environment: environment, modules: modules) { app in
            for table in app.installation.registry.factTables where table != SetAside.table {
                // What differs between two runs.
                let columns = table.allColumns.filter { !["arrival", "number"].contains($0.name) }.map(\.name).joined(separator: ", ")
                let rows = try await app.installation.engines.events.query(
                    "SELECT \(sql: columns) FROM \(sql: table.name)", timeoutSeconds: 10)
                await found.add(table.name, rows.map { "\($0.values)" }.sorted())
            }
            await found.set(app.installation.writer.setAsideRows)
            // Every event is stored, wherever its rows are.
            let ledger = try await app.get("/api/v1/ingest/ledger?start_at=2026-03-01&end_at=2026-03-03").json()["data"]?.elements.first
            #expect(ledger?["received"]?.integer == ledger?["stored"]?.integer)
            #expect(ledger?["waiting"]?.integer == 0)
        }
        return (await found.facts, await found.setAside)
    }

    private actor Found {
        private(set) var facts: [String: [String]] = [:]
        private(set) var setAside: [String: Int] = [:]
        func add(_ table: String, _ rows: [String]) { facts[table] = rows }
        func set(_ rows: [String: Int]) { setAside = rows }
    }

    @Test("with any module off the others' events are stored, and its own when it is back", arguments: Profile.available)
    func off(profile: Profile) async throws {
        let scratch = try Scratch(), all = try Self.modules()
        func fresh(_ name: String) async throws -> (String, [String: String]) {
            let data = scratch.path + "/" + name
            if profile == .embedded, name != "expected" {
                try FileManager.default.copyItem(atPath: scratch.path + "/crashed", toPath: data)
                return (data, [:])
            }
            let environment = try await profile.environment()
            try await Self.crash(data, environment, all)
            return (data, environment)
        }
        let (data, environment) = try await fresh("expected")
        if profile == .embedded { try FileManager.default.copyItem(atPath: data, toPath: scratch.path + "/crashed") }
        let (expected, none) = try await Self.start(data, environment, all)
        #expect(none.isEmpty)
        let kept = all.filter { !$0.factTables.isEmpty && $0.name != "core" }
        #expect(kept.count >= 9)
        // On PostgreSQL, one module stands for all: translation doesn't depend on the engine.
        for module in profile == .embedded ? kept : kept.filter({ $0.name == "search" }) {
            let own = Set(module.factTables.map(\.name)), counts = expected.filter { own.contains($0.key) }.mapValues(\.count)
            #expect(counts.values.contains { $0 > 0 }, "no payload of \(module.name)")
            let (data, environment) = try await fresh(module.name)
            let (facts, setAside) = try await Self.start(data, environment, try Self.modules(without: [module.name]))
            #expect(facts == expected.filter { !own.contains($0.key) }, "without \(module.name)")
            #expect(setAside == counts.filter { $0.value > 0 })
            for _ in 0..<2 {
                let (facts, setAside) = try await Self.start(data, environment, all)
                #expect(facts == expected, "\(module.name) is back")
                #expect(setAside.isEmpty)
            }
        }
    }

    @Test("doctor says of a running host which tables' events are set aside, and what to do")
    func doctor() async throws {
        let scratch = try Scratch(), data = scratch.path + "/data"
        try await Self.crash(data, [:], try Self.modules())
        let modules = try Self.modules(without: ["search", "logs"])
        try await TestApp.run(in: data, modules: modules, yaml: "modules: {disabled: [search]}", over: .socket) { app in
            let findings = await Doctor(configuration: app.installation.configuration, file: nil, now: app.time.now).examine()
            #expect(
                findings.filter { $0.subject == "set aside" } == [
                    .warn(
                        "set aside",
                        "events of table logs_entries wait in the event store (rows: 1). They are stored when a host starts that loads the module 'logs'. "
                            + "If one does, its log says why they don't fit."),
                    .warn(
                        "set aside",
                        "events of table search_queries wait in the event store (rows: 1). Its module is not loaded. Remove 'search' from modules.disabled and "
                            + "restart, and they are stored."),
                ])
        }
    }

    /// A module whose table gets a column, in a place of the list that shifts all others.
    private struct Notes: AnalyticsModule {
        static let manifest = ModuleManifest(name: "annotations", category: .platform, summaries: ["en": "Notes."])
        let columns: [Column]

        init(_ setup: ModuleSetup) { columns = [] }
        init(_ columns: Column...) { self.columns = [Column("text", .text)] + columns }

        var table: FactTable { FactTable("annotations_notes", columns) }
        var factTables: [FactTable] { [table] }
        var migrations: [Migration] {
            [Migration("001", on: .events, [.createFactTable(FactTable("annotations_notes", [columns[0]]))])]
                + columns.dropFirst().enumerated().map {
                    Migration("00\($0 + 2)", on: .events, [.addColumn(table: "annotations_notes", $1)])
                }
        }
        var collectors: [Collector] {
            [
                Collector("note", "A note.", fields: [.required("text", .text(50))]) { payload in
                    let values: [Value] = [.text(payload.text("text"))] + columns.dropFirst().map { _ in .int(7) }
                    return Draft(facts: { _ in [(table, values)] })
                }
            ]
        }
    }

    @Test("doctor names a module whose tables the program lacks", arguments: Profile.available)
    func stranger(profile: Profile) async throws {
        let scratch = try Scratch(), environment = try await profile.environment()
        let modules = [Notes()] + (try Self.modules())
        try await TestApp.run(in: scratch.path + "/data", environment: environment, modules: modules) { app in
            try await app.collect(#"{"type":"pageview","path":"/"}"#)
        }
        let configuration = try scratch.configuration(environment: environment)
        let findings = await Doctor(configuration: configuration, file: nil, now: Instant("2026-03-02T12:00:00Z")!).examine()
        let text =
            "the stores have tables of the module 'annotations', which this program lacks. Export, erasure and retention don't reach them: use "
            + "a program with the module, or drop its tables, whose names begin with annotations_."
        #expect(findings.filter { $0.subject == "modules" } == [.warn("modules", text)])
    }

    @Test("an event's own id and its order's are known after a crash, with the module or without it", arguments: Profile.available)
    func ids(profile: Profile) async throws {
        let scratch = try Scratch(), environment = try await profile.environment(), data = scratch.path + "/data"
        func order(_ id: String, _ order: String) -> String {
            #"{"type":"event","name":"buy","revenue_amount":10,"event_id":"\#(id)","data":{"order_id":"\#(order)"}}"#
        }
        let all = try Self.modules()
        try await Self.crash(data, environment, all, [order("EV-1", "O-1")])
        for (modules, event) in [(try Self.modules(without: ["revenue"]), order("EV-1", "O-1")), (all, order("EV-2", "O-1"))] {
            try await TestApp.run(in: data, environment: environment, modules: modules) { app in
                let answer = try await app.collect(event)
                #expect(answer.body == #"{"ok":true}"#)
            }
        }
        try await TestApp.run(in: data, environment: environment, modules: all) { app in
            let ledger = try await app.get("/api/v1/ingest/ledger").json()["data"]?.elements.first
            #expect(ledger?["received"]?.integer == 3)
            #expect(ledger?["stored"]?.integer == 1)
            #expect(ledger?["duplicate"]?.integer == 2)
            #expect(try await app.get("/api/v1/revenue").json()["orders"]?.integer == 1)
        }
    }

    @Test("a module that is new shifts no table", arguments: Profile.available)
    func added(profile: Profile) async throws {
        let scratch = try Scratch(), environment = try await profile.environment(), other = try await profile.environment()
        let notes = Notes()
        try await Self.crash(scratch.path + "/a", environment, try Self.modules())
        let (facts, _) = try await Self.start(scratch.path + "/a", environment, [notes] + Self.modules())
        try await Self.crash(scratch.path + "/b", other, try Self.modules())
        let (expected, _) = try await Self.start(scratch.path + "/b", other, try Self.modules())
        #expect(facts == expected.merging(["annotations_notes": []]) { first, _ in first })
    }

    @Test(
        "a column that is new has its default, null or zero in older rows, also in those that were set aside", arguments: Profile.available)
    func column(profile: Profile) async throws {
        let note = #"{"type":"note","text":"é \"1\""}"#
        let new = [Column("size", .int32, default: .int(4)), Column("place", .text, nullable: true)]
        for isSetAside in [false, true] {
            let scratch = try Scratch(), environment = try await profile.environment(), data = scratch.path + "/data"
            try await Self.crash(data, environment, [Notes()] + Self.modules(), [note])
            if isSetAside {
                let (_, setAside) = try await Self.start(data, environment, try Self.modules())
                #expect(setAside == ["annotations_notes": 1])
            }
            let (facts, setAside) = try await Self.start(data, environment, [Notes(new[0], new[1])] + Self.modules())
            let row = try #require(facts["annotations_notes"]?.first)
            #expect(row.hasSuffix(#"Storage.Value.text("é \"1\""), Storage.Value.int(4), Storage.Value.null]"#), "\(row)")
            #expect(facts["annotations_notes"]?.count == 1)
            #expect(setAside.isEmpty)
        }
    }

    @Test("a row that doesn't fit its table is set aside with the reason, and stops no other", arguments: Profile.available)
    func misfit(profile: Profile) async throws {
        let scratch = try Scratch(), environment = try await profile.environment(), data = scratch.path + "/data"
        let wrong = Notes(Column("size", .text, default: .text("")))  // its collector writes a number
        let note = #"{"type":"note","text":"x"}"#
        try await Self.crash(data, environment, [wrong] + Self.modules(), [note, Self.payloads[4], note, Self.payloads[4]])
        for _ in 0..<2 {
            let (facts, setAside) = try await Self.start(data, environment, [wrong] + Self.modules())
            #expect(facts["annotations_notes"] == [])
            #expect(facts["search_queries"]?.count == 2)
            #expect(setAside == ["annotations_notes": 2])
        }
    }
}
