import Core
@_spi(Host) @testable import Host
@_spi(Host) import Settings
import TrafficModule

/// A module that only tests use, with a little of everything that a module can add: a definition with its five routes, a
/// route for each kind of key, its own facts, and a setting. Load it in addition to the binary's modules:
///
///     try await TestApp.run(profile, modules: ProbeModule.withLoadedModules()) { app in ... }
package struct ProbeModule: AnalyticsModule {
    package static let manifest = ModuleManifest(
        name: "probe", category: .platform, summaries: ["en": "Exercises the platform in tests."])

    package static let facts = FactTable(
        "probe_facts",
        [
            Column("label", .text), Column("amount", .double, nullable: true), Column("is_lucky", .bool), Column("seen_at", .int64),
            Column("data", .text, nullable: true),
        ])

    package static let gadgets = Resource(
        "Gadget", path: "/api/v1/gadgets", table: "probe_gadgets",
        fields: [
            .required("name", .text(40), "The gadget's name, unique within the project."),
            .optional("size", .integer(1...1_000), "The size in millimetres."),
            .optional("tags", .array(.text(20), count: 0...5), "Tags, without duplicates."),
        ],
        unique: "name"
    ) { gadget in
        let tags = gadget["tags"]?.elements.compactMap(\.string) ?? []
        for (index, tag) in tags.enumerated() where tags[..<index].contains(tag) {
            throw ServiceError.body(field: "tags", "contains '\(tag)' twice.")
        }
    }

    let greeting: String

    package init(_ setup: ModuleSetup = ModuleSetup()) throws {
        greeting = try setup.settings.read { section in
            section.value("greeting", .text(1...100), default: "hello", summary: "The greeting for the front end.")
        }
    }

    /// The binary's modules with their default settings, and this one.
    package static func withLoadedModules() throws -> [any AnalyticsModule] {
        try ModuleList.current.load() + [ProbeModule()]
    }

    /// The types of the core module and this one.
    package static var coreTypes: [any AnalyticsModule.Type] { [TrafficModule.self, ProbeModule.self] }

    /// The core module and this one, for tests whose responses list all modules.
    package static func withCore() throws -> [any AnalyticsModule] { [try TrafficModule(ModuleSetup()), try ProbeModule()] }

    package var factTables: [FactTable] { [Self.facts] }

    package var migrations: [Migration] {
        [
            Migration("001-create-gadgets", on: .control, [Self.gadgets.creation]),
            Migration("002-create-facts", on: .events, [.createFactTable(Self.facts)]),
        ]
    }

    package var collectors: [Collector] {
        [
            Collector(
                "probe", "A payload that only tests send.",
                fields: [
                    .required("label", .text(50)), .optional("amount", .number(-1e9...1e9)), .optional("data", .map(.any)),
                ]
            ) { payload in
                let label = payload.text("label")
                guard label != "cursed" else { throw ServiceError.body(field: "label", "must not be 'cursed'.") }
                let amount = payload.number("amount").map(Value.double) ?? .null
                let data = payload.jsonText("data").map(Value.text) ?? .null
                return Draft(facts: { visit in
                    [(Self.facts, [.text(label), amount, .bool(label == "seven"), .int(visit.at.milliseconds), data])]
                })
            }
        ]
    }

    package var datasets: [Dataset] {
        [
            Dataset(
                "probe_facts", "One row per probe.",
                columns: [("label", "The label that was sent."), ("amount", "The amount that was sent.")])
        ]
    }
}

// MARK: Routes

extension ProbeModule {
    package var routes: [Route] {
        let greeting = Shape<String>([.required("greeting", \.self, .text(100))])
        return Self.gadgets.routes + [
            Route(
                .get, "/api/v1/probe/facts", "Number of facts and total amount by label.", scope: .query, access: .read,
                parameters: ScopeParameters.list,
                answer: Report.shape, use: report),
            Route(
                .post, "/api/v1/probe/echo", "Echoes the text.", scope: .query, access: .write,
                body: .object([.required("text", .text(100))]), answer: Shape<String>([.required("text", \.self, .text(100))])
            ) { call in try await call.body()["text"]?.string ?? "" },
            Route(
                .post, "/api/v1/probe/ping", "Confirms that an ingest key was accepted.", scope: .ingest, access: .write,
                answer: Shape<Bool>([.required("ok", \.self, .boolean)])
            ) { _ in true },
            Route(
                .get, "/api/v1/probe/greeting", "Returns the greeting to a front end.", scope: .frontend, access: .read,
                answer: greeting
            ) { _ in self.greeting },
            Route(
                .get, "/api/admin/projects/{id}/probe", "Returns the greeting to an administrator.", scope: .admin, access: .read,
                answer: greeting
            ) { _ in self.greeting },
            Route(
                .put, "/api/admin/projects/{id}/probe", "Accepts text from an administrator and discards it.", scope: .admin,
                access: .write,
                body: .object([.required("text", .text(100))])
            ) { call in _ = try await call.body() },
        ]
    }

    private struct Report: Sendable {
        struct Line: Sendable {
            let label: String, count: Int64, amount: Double

            static let shape = Shape<Line>([
                .required("label", \.label, .text(50)), .required("count", \.count, .count),
                .required("amount", \.amount, .number(-1e12...1e12)),
            ])
        }

        let data: [Line], visitors: Int64

        static let shape = Shape<Report>([.required("data", \.data, .list(Line.shape)), .required("visitors", \.visitors, .count)])
    }

    /// `GET /api/v1/probe/facts`: labels, most frequent first, and the total number of visitors.
    @Sendable private func report(_ call: ProjectRequest) async throws -> Report {
        let scope = try await call.scope()
        let rows = try await scope.rows(
            "probe.facts",
            [.tally("labelled", by: ["label"], [.count("facts"), .sum("amount", of: "amount")], from: "probe_facts")],
            """
            SELECT label, facts AS count, coalesce(amount, 0) AS amount FROM labelled
            ORDER BY facts DESC, label LIMIT \(scope.limit) OFFSET \(scope.offset)
            """)
        let visitors = try await scope.rows(
            "probe.visitors", [.tally("counted", [.visitors("visitors")], from: "probe_facts")], "SELECT visitors FROM counted")
        return Report(
            data: rows.map { .init(label: $0.text("label"), count: $0.int("count"), amount: $0.double("amount")) },
            visitors: visitors[0].int("visitors"))
    }
}
