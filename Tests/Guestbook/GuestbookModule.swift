import Core

/// Counts the entries that visitors write in a guest book, by page.
public struct GuestbookModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "guestbook", category: .tracking,
        summaries: ["en": "Entries in the guest book, by page.", "de": "Einträge im Gästebuch, nach Seite."])

    /// Every fact table begins with project, time and visitor. These are the module's own columns.
    static let entries = FactTable("guestbook_entries", [Column("path", .text), Column("length", .int32)])

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    public var factTables: [FactTable] { [Self.entries] }
    public var migrations: [Migration] { [Migration("001-create", on: .events, [.createFactTable(Self.entries)])] }

    public var pages: [DashboardPage] {
        [DashboardPage("guestbook", titles: ["en": "Guest book", "de": "Gästebuch"], Embedded.page_js)]
    }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }

    public var collectors: [Collector] {
        [
            Collector(
                "guestbook_entry", "An entry in the guest book.",
                fields: [
                    .required("path", .text(2_048), "Path of the page."),
                    .required("text", .text(5_000), "Text of the entry. Only its length is stored."),
                ]
            ) { payload in
                let path = payload.text("path"), length = Int64(payload.text("text").unicodeScalars.count)
                return Draft(facts: { visit in [(Self.entries, [.text(visit.page(path)), .int(length)])] })
            }
        ]
    }

    public var routes: [Route] {
        [
            .report("/api/v1/guestbook", "Guest book entries by page, busiest first.", answer: .data(PageEntries.shape)) { _, scope in
                try await PageEntries.run(scope)
            }
        ]
    }
}
