@_spi(Host) import Access
import AllModules
import Core
import Testing
import TestSupport

/// No module shows facts of another one that the caller may not read.
@Suite("Facts of other modules", .modules(.all))
struct ForeignFactsTests {
    /// The reports that read facts of other modules than their own, each with those modules.
    private static let reports = [
        "GET /api/v1/marketing/attribution": "revenue", "GET /api/v1/marketing/campaign-costs": "revenue",
        "GET /api/v1/marketing/revenue": "revenue",
    ]

    /// Asks every report of every module, and returns the modules that a report was refused for, by report.
    /// - Parameter prepare: makes all modules but this one unreadable, for the caller that it returns.
    private func refusals(
        _ fixture: AccessFixture, _ sentence: (_ module: String) -> String, to prepare: (_ module: String) async throws -> TestApp.Caller
    ) async throws -> [String: String] {
        try await fixture.openEverything()
        for payload in ModuleSamples.all.payloads.values.sorted() + [#"{"type":"pageview","path":"/?utm_source=a","visitor_id":"v"}"#] {
            #expect(try await fixture.app.collect(payload).status == 200)
        }
        var refusals: [String: String] = [:]
        let modules = fixture.directory.defaults.modules
        for module in modules {
            let caller = try await prepare(module)
            for endpoint in fixture.endpoints
            where endpoint.module == module && endpoint.kind == .query && endpoint.route.method == .get && !endpoint.isStream {
                let answer = try await fixture.app.get(endpoint.address(in: fixture.project), as: caller)
                #expect(answer.status < 500, "\(endpoint): \(answer.body)")
                guard answer.status == 403 else { continue }
                let named = modules.first { $0 != module && answer.body == #"{"error":"\#(sentence($0))"}"# }
                refusals[endpoint.description] = named ?? answer.body
            }
        }
        return refusals
    }

    @Test("are not shown while all modules are off but the report's own and core", arguments: Profile.available)
    func modulesOff(profile: Profile) async throws {
        try await AccessFixture.open(profile) { fixture in
            let others = fixture.directory.defaults.modules.filter { $0 != "core" }
            let refusals = try await refusals(fixture, { "Module '\($0)' is not enabled for this project." }) { module in
                try await fixture.directory.setModules(
                    others.map { .init(module: $0, isEnabled: $0 == module, access: .all) }, in: fixture.project, by: "test")
                return .query
            }
            #expect(refusals == Self.reports)
        }
    }

    @Test("are not shown to a key that is limited to the report's own module", arguments: Profile.available)
    func limitedKey(profile: Profile) async throws {
        try await AccessFixture.open(profile) { fixture in
            let refusals = try await refusals(fixture, { "API key is not allowed to use module '\($0)'." }) { module in
                .key(try await fixture.key([.query], modules: [module]))
            }
            #expect(refusals == Self.reports)
        }
    }
}
