import Core

/// Who visitors are: profiles, the visitors of one user, accounts and their members, and people provisioned by SCIM. The tables that
/// segments and `count_by=people` read are defined in Core (`Identity`).
public struct IdentityModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "identity", category: .core, reads: ["core", "revenue"],
        summaries: [
            "en": "Profiles of visitors, the users and accounts behind them, and which visitors are the same person.",
            "de": "Profile der Besucher, die Benutzer und Konten dahinter, und wer dieselbe Person ist.",
        ])

    /// One row for each trait of an account; `value` is JSON text.
    static let accountTraits = FactTable(
        "identity_account_traits", [Column("account_id", .text), Column("name", .text), Column("value", .text), .arrival])

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    public var pages: [DashboardPage] { [DashboardPage("people", titles: ["en": "People", "de": "Personen"], Embedded.page_js)] }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var factTables: [FactTable] { [Identity.profiles, Identity.traits, Identity.memberships, Self.accountTraits] }

    public var migrations: [Migration] {
        [
            Migration("001-create-facts", on: .events, factTables.map { .createFactTable($0.without(.arrival)) }),
            Migration(
                "002-create-definitions", on: .control, [.createTable(PersonMerge.table), SCIM.users.creation, SCIM.groups.creation]),
            Migration("003-arrival", on: .events, factTables.map { .addColumn(table: $0.name, .arrival) }),
        ]
    }

    public var collectors: [Collector] { [Identify.collector] }

    public var datasets: [Dataset] {
        [
            Dataset(
                "identity_profiles", "One row for each identify event.",
                columns: [
                    ("occurred_at", "When it happened, in epoch milliseconds."), ("user_id", "The user id that was sent, or null."),
                ]),
            Dataset(
                "identity_traits", "One row for each trait sent with an identify event; the latest row counts.",
                columns: [
                    ("occurred_at", "When it happened, in epoch milliseconds."), ("name", "Name of the trait."),
                    ("value", "Value of the trait, as JSON."),
                ]),
            Dataset(
                "identity_memberships", "One row for each identify event that names an account; the latest row counts.",
                columns: [
                    ("occurred_at", "When it happened, in epoch milliseconds."), ("account_id", "Id of the account."),
                    ("account_name", "Name of the account, if sent."),
                    ("role", "The visitor's role in the account, if sent."),
                ]),
        ]
    }

    public var routes: [Route] { profileRoutes + accountRoutes + mergeRoutes + SCIM.routes }
}
