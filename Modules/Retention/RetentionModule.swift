import Core

/// Reports how many visitors come back, and when.
public struct RetentionModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "retention", category: .analysis,
        summaries: [
            "en": "How many visitors come back after the day, week or month in which they started.",
            "de": "Wie viele der Besucher, die an einem Tag, in einer Woche oder einem Monat begannen, später wiederkommen.",
        ])

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    private static let period = Parameter(
        "period", .choice(RetentionPeriod.names, default: "weekly"), "Period by which visitors are grouped into cohorts.")

    private static let grid = [
        Parameter(
            "period", .choice(RetentionPeriod.names, default: "weekly"),
            "Period by which visitors are grouped into cohorts, and length of an interval."),
        Parameter(
            "intervals", .integer(1...RetentionQuestion.maximumIntervals, default: RetentionQuestion.defaultIntervals),
            "Number of intervals after the cohort's own period."),
        Parameter(
            "mode", .choice(RetentionQuestion.Mode.names, default: "first_time"),
            "Whether a visitor joins only one cohort, by first activity ever, or the cohort of every active period."),
        Parameter(
            "variant", .choice(RetentionQuestion.Variant.names, default: "on"),
            "When a visitor counts as returning: active in the interval, in it or later, or in windows from the visitor's own start."),
        Parameter("event", .text(maximum: 200), "Name of the event that puts a visitor into a cohort. Default: any activity."),
        Parameter("return_event", .text(maximum: 200), "Name of the event that counts as coming back. Default: any activity."),
    ]

    public var pages: [DashboardPage] {
        [DashboardPage("retention", titles: ["en": "Retention", "de": "Retention"], Embedded.page_js)]
    }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var routes: [Route] {
        [
            .report(
                "/api/v1/retention",
                "Cohorts of new visitors, with the share active 1, 7, 14, 30, 60 and 90 days after their first day.",
                parameters: ScopeParameters.range + [Self.period], answer: RetentionReport.shape
            ) { call, scope in
                try await RetentionReport.run(scope, RetentionPeriod(rawValue: call.text("period") ?? "") ?? .weekly, now: call.now)
            },
            .report(
                "/api/v1/retention/grid", "Retention of each cohort by interval, with the weighted average of all cohorts.",
                parameters: ScopeParameters.range + Self.grid, answer: RetentionGrid.shape
            ) { call, scope in try await RetentionGrid.run(RetentionQuestion(call), over: scope, now: call.now) },
            .report(
                "/api/v1/retention/drill", "Visitors behind one cell of the grid (with the grid's parameters) or of the report by day.",
                parameters: ScopeParameters.list + Self.grid + [
                    Parameter("cohort", .text(maximum: 10), required: true, "First day of the cohort, as in the grid."),
                    Parameter(
                        "interval", .integer(0...RetentionQuestion.maximumIntervals, default: 0),
                        "Number of the interval; 0 for the whole cohort."),
                    Parameter(
                        "day", .choice(RetentionReport.days.map { "D\($0)" }, default: nil),
                        "Lists visitors behind this day of the report by day, instead of 'interval'. Of the grid's parameters, only 'period' then applies."
                    ),
                ],
                answer: VisitorList.shape
            ) { call, scope in
                if let day = call.text("day").flatMap({ Int64($0.dropFirst()) }) {
                    let period = RetentionPeriod(rawValue: call.text("period") ?? "") ?? .weekly
                    return try await RetentionQuestion.visitors(of: call.text("cohort") ?? "", period, day: day, over: scope, now: call.now)
                }
                return try await RetentionQuestion(call).visitors(
                    of: call.text("cohort") ?? "", interval: Int64(call.integer("interval", default: 0)), over: scope, now: call.now)
            },
        ]
    }
}
