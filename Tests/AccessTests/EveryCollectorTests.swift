@_spi(Host) import Access
import AllModules
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Ingest
@_spi(Host) import Platform
@_spi(Host) import Questions
@_spi(Host) import Settings
@_spi(Host) import Storage
import Testing
import TestSupport

/// The access checks of `POST /api/collect`, which depend on the module of each payload. The payload types come from the registry, so new
/// types are covered automatically.
@Suite("Access checks: every payload type", .modules(.all))
struct EveryCollectorTests {
    struct Payload {
        let module: String
        let type: String
        let body: String
    }

    private static func payloads(_ fixture: AccessFixture) -> [Payload] {
        fixture.app.installation.registry.modules.flatMap { module in
            module.collectors.map { collector in
                let fields = collector.fields.filter(\.isRequired).map { #","\#($0.name)":\#($0.schema.sample)"# }.joined()
                return Payload(
                    module: module.name, type: collector.type,
                    body: ModuleSamples.all.payloads[collector.type] ?? #"{"type":"\#(collector.type)"\#(fields)}"#)
            }
        }
    }

    /// The total number of rows in all fact tables.
    private static func facts(_ fixture: AccessFixture) async throws -> Int64 {
        try await fixture.app.installation.writer.settle()
        var count: Int64 = 0
        for table in fixture.app.installation.registry.factTables {
            count += try await fixture.app.installation.engines.events.query(
                "SELECT count(*) AS n FROM \(sql: table.name)", timeoutSeconds: 10)[0].int("n")
        }
        return count
    }

    @Test("is accepted only from authorized callers", arguments: Profile.available)
    func walk(profile: Profile) async throws {
        try await AccessFixture.open(profile) { fixture in
            let app = fixture.app, payloads = Self.payloads(fixture)
            #expect(payloads.count >= 3)
            #expect(Set(payloads.map(\.module)).isSuperset(of: ["core", "probe"]))
            let query = TestApp.Caller.key(try await fixture.key([.query]))
            for payload in payloads {
                let module = payload.module
                func expect(_ caller: TestApp.Caller, _ status: Int, _ sentence: String) async throws {
                    let before = try await Self.facts(fixture)
                    let single = try await app.collect(payload.body, as: caller)
                    #expect(single.status == status, "\(payload.type): \(single.body)")
                    #expect(single.body == #"{"error":"\#(sentence)"}"#, "\(payload.type)")
                    let batch = try await app.collect("[\(payload.body)]", as: caller)
                    #expect(batch.status >= 400 && batch.body.contains(sentence), "\(payload.type) in a batch: \(batch.body)")
                    #expect(try await Self.facts(fixture) == before, "\(payload.type) was rejected but still stored")
                }
                try await expect(.nobody, 401, "Missing API key. Provide it via X-Pulse-Key header or ?key= query parameter.")
                try await expect(query, 403, "API key does not have the required 'ingest' scope for this endpoint.")
                let restricted = TestApp.Caller.key(try await fixture.key([.ingest], modules: [fixture.module(otherThan: module)]))
                try await expect(restricted, 403, "API key is not allowed to use module '\(module)'.")
                try await fixture.set(module, access: .read)
                try await expect(.ingest, 403, "Module '\(module)' does not allow write access for this project.")
                if module != "core" {
                    try await fixture.set(module, isEnabled: false)
                    try await expect(restricted, 403, "Module '\(module)' is not enabled for this project.")
                    try await expect(.admin, 403, "Module '\(module)' is not enabled for this project.")
                }
                try await fixture.openEverything()
                let before = try await Self.facts(fixture)
                let own = TestApp.Caller.key(try await fixture.key([.ingest], modules: [module]))
                let accepted = try await app.collect(payload.body, as: own)
                #expect(
                    accepted.body == #"{"ok":true}"#,
                    "\(payload.type) rejects the sample made from its fields: \(accepted.body) Add one to the module's samples.json.")
                #expect(try await Self.facts(fixture) > before, "\(payload.type) stores nothing")
            }
        }
    }

    @Test("each payload in a batch is checked against its own module", arguments: Profile.available)
    func batch(profile: Profile) async throws {
        try await AccessFixture.open(profile) { fixture in
            try await fixture.set("probe", isEnabled: false)
            let answer = try await fixture.app.collect(
                #"[{"type":"pageview","path":"/"},{"type":"probe","label":"a"},{"type":"event","name":"b"}]"#)
            #expect(answer.status == 200)
            #expect(
                answer.body
                    == #"{"accepted":2,"errors":[{"error":"Module 'probe' is not enabled for this project.","index":1}],"ok":false}"#)
            let stats = try await fixture.app.get("/api/v1/stats").json()["current"]
            #expect(stats?["pageviews"]?.integer == 1)
            #expect(stats?["events"]?.integer == 1)
        }
    }
}
