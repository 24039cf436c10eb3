import AllModules
import Core
@_spi(Host) @testable import Host
@_spi(Host) import Platform
import Testing
import TestSupport

/// Export and erasure of a visitor include only those control tables that say which visitor a row is about.
@Suite("Columns about visitors", .modules(.all))
struct VisitorColumnsTests {
    /// Words that a column or a member of a definition has in its name if it may say who a visitor is.
    private static let telling: Set<String> = [
        "visitor", "visitors", "user", "users", "person", "people", "customer", "customers", "email", "emails", "phone", "traits",
        "external",
        "ip", "respondent", "subscriber", "recipient",
    ]

    /// Columns and members with such names in tables without a declaration, and why they need none.
    private static let reasons = [
        "identity_merges.user_id": "a user of the site, whom several visitors may be; a merge ends when it is undone",
        "identity_merges.into_user_id": "likewise",
        "utm_import_rows.users": "a number of users, from an advertising platform's report",
        "blobs_content.visitor": "the blob store exports and erases its blobs itself",
    ]

    /// The columns and members that seem to say who a visitor is, of tables that don't declare any column about a visitor.
    private static func undeclared(in migrations: [Migration]) -> [String] {
        var columns: [String: [Column]] = [:]
        for step in migrations.filter({ $0.plane == .control }).flatMap(\.steps) {
            switch step {
            case .createTable(let table): columns[table.name] = table.columns
            case .addColumn(let table, let column): columns[table, default: []].append(column)
            case .createFactTable, .createIndex, .statements, .work: break
            }
        }
        var found: [String] = []
        for (table, columns) in columns where !columns.contains(where: { $0.visitor != nil }) {
            for name in columns.flatMap({ [$0.name] + $0.members }) {
                if !telling.isDisjoint(with: name.split(separator: "_").map(String.init)) { found.append("\(table).\(name)") }
            }
        }
        return found.sorted()
    }

    @Test("every control table that seems to have data of visitors declares it, or has a listed reason")
    func declared() throws {
        let all = ModuleRegistry.migrations(of: try ModuleList.current.load()).flatMap(\.migrations)
        #expect(Self.undeclared(in: all) == Self.reasons.keys.sorted())
    }

    @Test("a column, a field of a definition and a member of one are found; a declaration settles it")
    func found() {
        func resource(_ visitors: Resource.Visitors?) -> Resource {
            Resource(
                "Answer", path: "/api/v1/answers", table: "surveys_answers",
                fields: [
                    .required("text", .text(200)), .optional("external_id", .nullable(.text(200))),
                    .optional("by", .array(.object([.required("email", .text(200))]), count: 0...3)),
                ], visitors: visitors)
        }
        let tickets = Table("surveys_tickets", [Column("id", .text)], primaryKey: ["id"])
        func migrations(_ visitors: Resource.Visitors?) -> [Migration] {
            [
                Migration("001-create", on: .control, [resource(visitors).creation, .createTable(tickets)]),
                Migration("002-user", on: .control, [.addColumn(table: tickets.name, Column("user_name", .text, nullable: true))]),
            ]
        }
        #expect(
            Self.undeclared(in: migrations(nil)) == ["surveys_answers.email", "surveys_answers.external_id", "surveys_tickets.user_name"])
        #expect(Self.undeclared(in: migrations(.each(prefix: "answer:"))) == ["surveys_tickets.user_name"])
    }
}
