import Core

/// Collects clicks on outbound links and downloads, and reports them.
public struct OutlinksModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "outlinks", category: .tracking,
        summaries: [
            "en": "Clicks on outbound links and downloads, by URL, host and file type.",
            "de": "Klicks auf Links, die von der Website wegführen, und Downloads, nach Adresse, Host und Art der Datei.",
        ])

    enum LinkType: String, Sendable, CaseIterable {
        case external, download
        static let names = allCases.map(\.rawValue)
    }

    /// One row for each click.
    static let clicks = FactTable(
        "outlinks_clicks",
        FactTable.sessionColumns + [
            Column("path", .text),
            /// As normalized by `OutboundURL`.
            Column("url", .text), Column("host", .text), Column("file_type", .text),
            Column("link_type", .text),
        ])

    public static let scriptFeatures = [ScriptFeature("outlinks", Embedded.outlinks_min_js, sends: "outlink")]

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    public var pages: [DashboardPage] {
        [DashboardPage("outlinks", titles: ["en": "Outbound links", "de": "Ausgehende Links"], Embedded.page_js)]
    }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var factTables: [FactTable] { [Self.clicks] }
    public var migrations: [Migration] { [Migration("001-create", on: .events, [.createFactTable(Self.clicks)])] }

    public var datasets: [Dataset] {
        [
            Dataset(
                "outlinks_clicks", "One row for each click on an outbound link or download link.",
                columns: [
                    ("occurred_at", "When the link was clicked, in epoch milliseconds."), ("path", "Path of the page with the link."),
                    ("url", "URL of the link."),
                    ("host", "Host of the URL; empty for mailto and tel."), ("link_type", "Type of link: external or download."),
                    ("file_type", "File extension, such as pdf; empty if there is none."), ("source", "Where the session came from."),
                    ("country", "ISO 3166-1 code."), ("device", "Desktop, Mobile, Tablet ..."), ("browser", "Browser of the session."),
                    ("os", "Operating system."),
                ])
        ]
    }

    public var collectors: [Collector] {
        [
            Collector(
                "outlink", "A visitor clicked an outbound link or a download link.",
                fields: [
                    .required("url", .text(2_048), "URL of the link: http, https, mailto or tel. Credentials in it are removed."),
                    .optional("link_type", .choice(LinkType.names), "Type of link. Default: derived from the file extension."),
                    .optional("path", .optionalText(8_192), "Path of the page with the link. Default: the session's last page."),
                ]
            ) { payload in
                let url = try OutboundURL(payload.text("url")), path = payload.text("path")
                let type = LinkType(rawValue: payload.text("link_type")) ?? (url.isDownload ? .download : .external)
                return Draft(facts: { visit in
                    [
                        (
                            Self.clicks,
                            visit.sessionValues + [visit.page(path), url.text, url.host, url.fileType, type.rawValue].map(Value.text)
                        )
                    ]
                })
            }
        ]
    }

    public var routes: [Route] {
        let type = Parameter("link_type", .choice(LinkType.names, default: nil), "Type of link. Default: both types.")
        return [
            .report(
                "/api/v1/outlinks", "Links, most clicked first.", parameters: ScopeParameters.list + [type],
                answer: .data(ClickedLink.shape)
            ) {
                call, scope in
                try await ClickedLink.run(scope, call.text("link_type"))
            },
            .report(
                "/api/v1/outlinks/hosts", "Hosts of clicked links, most clicked first.", parameters: ScopeParameters.list + [type],
                answer: .data(Clicks.shape(.host))
            ) { call, scope in try await Clicks.run(scope, by: .host, call.text("link_type")) },
            .report("/api/v1/outlinks/file-types", "Downloads by file type, most clicked first.", answer: .data(Clicks.shape(.fileType))) {
                _, scope in
                try await Clicks.run(scope, by: .fileType, LinkType.download.rawValue)
            },
        ]
    }
}
