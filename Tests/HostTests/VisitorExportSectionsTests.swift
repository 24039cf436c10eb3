@_spi(Host) import Access
import AllModules
import Core
@_spi(Host) @testable import Host
import TestSupport
import Testing

/// The members of a visitor's export that have all facts of one module.
@Suite("Visitor export: sections", .modules(.all))
struct VisitorExportSectionsTests {
    private struct Surveys: AnalyticsModule {
        static let manifest = ModuleManifest(name: "surveys", category: .experience, summaries: ["en": "Surveys."])
        static let answers = FactTable("surveys_answers", [Column("answer", .text)]), shown = FactTable("surveys_shown", [])

        init(_ setup: ModuleSetup = ModuleSetup()) {}

        var factTables: [FactTable] { [Self.answers, Self.shown] }
        var migrations: [Migration] { [Migration("001", on: .events, factTables.map { .createFactTable($0) })] }
        var collectors: [Collector] {
            [
                Collector("survey", "An answer.", fields: [.required("answer", .text(50))]) { payload in
                    let answer = payload.text("answer")
                    return Draft(facts: { _ in [(Self.answers, [.text(answer)]), (Self.shown, [])] })
                }
            ]
        }
    }

    @Test("the facts of surveys are listed by themselves, and erased", arguments: Profile.available)
    func surveys(profile: Profile) async throws {
        try await TestApp.run(profile, modules: ModuleList.current.load() + [Surveys()]) { app in
            let change = Directory.ModuleChange(module: "surveys", isEnabled: true, access: .all)
            try await app.installation.directory.setModules([change], in: app.project, by: "test")
            for visitor in ["ada", "bob", "ada"] {
                #expect(try await app.collect(#"{"type":"survey","answer":"\#(visitor)","visitor_id":"\#(visitor)"}"#).status == 200)
            }
            let path = "/api/admin/projects/\(app.project.id)/privacy/visitors/ada"
            let export = try await app.get(path + "/export", as: .token)
            let answer = #"{"occurred_at":"2026-03-02T12:00:00Z","answer":"ada"}"#, shown = #"{"occurred_at":"2026-03-02T12:00:00Z"}"#
            #expect(export.body.contains(#""surveys":[\#(answer),\#(answer),\#(shown),\#(shown)],"experiments":[],"replays":[],"#))
            #expect(!export.body.contains("surveys_answers"))
            #expect(try await app.delete(path, as: .token).status == 204)
            #expect(try await app.get(path + "/export", as: .token).body.contains(#""surveys":[],"#))
        }
    }
}
