@_spi(Host) import Access
import Core
@_spi(Host) @testable import Host
import Testing
import TestSupport

/// Nobody gains rights through what they make.
@Suite("Principals", .modules(ProbeModule.self))
struct PrincipalTests {
    private static let soon = Instant(milliseconds: 1_000), later = Instant(milliseconds: 2_000)

    private static func rights(
        _ scopes: Set<KeyScope> = [.query], modules: [String]? = nil, projects: Set<String>? = ["a"], until end: Instant? = nil
    ) -> Rights { Rights(scopes: scopes, modules: modules, projects: projects, expiresAt: end) }

    @Test(
        "rights cover other rights if they permit at least as much, for at least as long",
        arguments: [
            (rights(), rights(), true), (rights([.admin]), rights([.ingest, .query]), true), (rights(), rights([.ingest]), false),
            (rights(), rights(modules: ["core"]), true), (rights(modules: ["core"]), rights(), false),
            (rights(modules: ["core", "utm"]), rights(modules: ["utm"]), true),
            (rights(modules: ["core"]), rights(modules: ["utm"]), false),
            (rights(), rights(projects: nil), false), (rights(projects: nil), rights(), true), (rights(), rights(projects: ["b"]), false),
            (rights(until: later), rights(until: soon), true), (rights(until: soon), rights(until: later), false),
            (rights(until: soon), rights(), false), (.everything, rights(projects: nil), true), (rights([.admin]), .everything, false),
        ] as [(Rights, Rights, Bool)])
    func cover(own: Rights, others: Rights, covers: Bool) { #expect(own.cover(others) == covers) }

    @Test(
        "a public token shows at most what its maker may read now, and nothing once the maker's key is gone", arguments: Profile.available)
    func publicToken(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let directory = app.installation.directory
            func key(_ scopes: [KeyScope], _ modules: [String]?, until end: Instant? = nil) async throws -> String {
                try await directory.createKey(
                    .init(name: "k", scopes: scopes, expiresAt: end, allowedModules: modules), in: app.project, by: "test"
                ).key.id
            }
            func shown(_ modules: [String]?, by key: String?) -> [String]?? {
                let token = PublicToken(project: app.project.id, holder: "embed 1", allowedModules: modules, maker: key.map(Maker.key))
                return directory.current(.publicToken(token)).map(\.allowedModules)
            }
            let limited = try await key([.query], ["core", "probe"]), whole = try await key([.query], nil)
            #expect(shown(nil, by: limited) == .some(["core", "probe"]))
            #expect(shown(["core", "utm"], by: limited) == .some(["core"]))
            #expect(shown(["core", "utm"], by: whole) == .some(["core", "utm"]))
            #expect(shown(nil, by: whole) == .some(nil) && shown(nil, by: nil) == .some(nil))
            #expect(shown(nil, by: try await key([.ingest], nil)) == nil, "the maker may no longer read")
            let ending = try await key([.query], nil, until: app.time.now.adding(seconds: 1))
            #expect(shown(nil, by: ending) == .some(nil))
            app.time.advance(seconds: 1)
            #expect(shown(nil, by: ending) == nil)
            try await directory.revokeKey(whole, in: app.project, by: "test")
            #expect(shown(nil, by: whole) == nil)
        }
    }

    @Test(
        "a maker is stored as text, and text of a newer version is nobody",
        arguments: [
            (.module, "module"), (.key("k1"), "key k1"), (.administrator, "administrator"), (.nobody, "nobody"),
            (.member(surface: "kiosk", kind: "user", id: "auth0 | ada "), "member kiosk user auth0 | ada "),
        ] as [(Maker, String)])
    func stored(maker: Maker, text: String) {
        #expect(maker.description == text && Maker(stored: text) == maker)
        for unknown in ["", "robot r2", "key", "member kiosk user", text + " more"] where Maker(stored: unknown).description != unknown {
            #expect(Maker(stored: unknown) == .nobody)
        }
    }
}
