import Core

/// Collects Web Vitals measured in visitors' browsers, and reports their percentiles.
public struct WebVitalsModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "webvitals", category: .tracking,
        summaries: [
            "en": "Web Vitals (LCP, FCP, CLS, INP, TTFB) from real visits, by page, device and country, with Google's ratings.",
            "de": "Web Vitals (LCP, FCP, CLS, INP, TTFB) echter Besuche, nach Seite, Gerät und Land, mit Googles Bewertung.",
        ])

    /// One row for each measurement.
    static let measurements = FactTable(
        "webvitals_measurements",
        FactTable.sessionColumns + [Column("path", .text), Column("metric", .text), Column("value", .double)])

    public static let scriptFeatures = [ScriptFeature("vitals", Embedded.vitals_min_js, sends: "web_vital")]

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    public var pages: [DashboardPage] {
        [DashboardPage("webvitals", titles: ["en": "Web vitals", "de": "Web Vitals"], Embedded.page_js)]
    }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var factTables: [FactTable] { [Self.measurements] }
    public var migrations: [Migration] { [Migration("001-create", on: .events, [.createFactTable(Self.measurements)])] }

    public var datasets: [Dataset] {
        [
            Dataset(
                "webvitals_measurements", "One row for each measurement of a vital.",
                columns: [
                    ("occurred_at", "When it was measured, in epoch milliseconds."), ("path", "Path of the page."),
                    ("metric", "Name of the vital: LCP, FCP, CLS, INP or TTFB."),
                    ("value", "Measured value in milliseconds; CLS has no unit."), ("source", "Where the session came from."),
                    ("country", "ISO 3166-1 code."),
                    ("device", "Desktop, Mobile, Tablet ..."), ("browser", "Browser of the session."), ("os", "Operating system."),
                ])
        ]
    }

    public var collectors: [Collector] {
        [
            Collector(
                "web_vital", "A Web Vital was measured.",
                fields: [
                    .required("name", .choice(Metric.names), "Name of the vital."),
                    .required(
                        "value", .number(0...Metric.maximum),
                        "Measured value in milliseconds; for CLS, a score without a unit, at most 300."),
                    .optional("rating", Metric.Rating.shape.schema, "Rating of the value. Not stored: reports derive it from the value."),
                    .optional("path", .optionalText(8_192), "Path of the page. Default: the session's last page."),
                ]
            ) { payload in
                let path = payload.text("path")
                guard let metric = Metric(rawValue: payload.text("name")), let value = payload.number("value") else {
                    throw ServiceError.body("fields 'name' and 'value' are required.")
                }
                guard metric.accepted.contains(value) else {
                    throw ServiceError.body(
                        field: "value",
                        "must be a number from 0 to \(Int(metric.accepted.upperBound)) for \(metric.rawValue); got \(value).")
                }
                // Adding 0 turns negative zero into ordinary zero.
                return Draft(facts: { visit in
                    [(Self.measurements, visit.sessionValues + [.text(visit.page(path)), .text(metric.rawValue), .double(value + 0)])]
                })
            }
        ]
    }
}
