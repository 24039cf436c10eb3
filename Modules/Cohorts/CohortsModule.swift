import Core

/// Compares what groups of visitors do: cohorts by first activity, and segments.
public struct CohortsModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "cohorts", category: .analysis, reads: ["revenue"],
        summaries: [
            "en": "Behaviour of visitors grouped by the week or month of their first activity, or by segment.",
            "de": "Was Besucher tun, die in derselben Woche oder im selben Monat zum ersten Mal kamen oder zum selben Segment gehören.",
        ])

    public init(_ setup: ModuleSetup) throws { try setup.settings.read { _ in } }

    private static let metric = Parameter(
        "metric", .choice(CohortMetric.Name.allCases.map(\.rawValue), default: "pageviews"), "Metric to sum up.")
    private static let grouping = Parameter(
        "group_by", .choice(["week", "month"], default: "week"), "Whether a cohort is a week or a month.")

    public var pages: [DashboardPage] { [DashboardPage("cohorts", titles: ["en": "Cohorts", "de": "Kohorten"], Embedded.page_js)] }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var routes: [Route] {
        [
            .report(
                "/api/v1/cohorts",
                "Visitors by the week or month of their first activity in the range, and what they did over the whole range.",
                parameters: ScopeParameters.range + [Self.grouping, Self.metric, ScopeParameters.currency], answer: CohortReport.shape
            ) { call, scope in try await CohortReport.run(scope, by: grouping(call), try await CohortMetric(call)) },
            .report(
                "/api/v1/cohorts/compare", "Compare segments side by side, by day or week.",
                parameters: ScopeParameters.range + [
                    Parameter("segment_ids", .text(maximum: 500), required: true, "Ids of 2 to 10 segments, separated by commas."),
                    Self.metric, ScopeParameters.currency,
                    Parameter("interval", .choice(["day", "week"], default: "day"), "Time that each point covers."),
                ],
                answer: SegmentComparison.shape
            ) { call, scope in try await SegmentComparison.run(call, scope, by: call.text("interval") == "week" ? .week : .day) },
            .report(
                "/api/v1/cohorts/drill", "List the visitors in a cohort.",
                parameters: ScopeParameters.list + [
                    Self.grouping,
                    Parameter("period", .text(maximum: 10), required: true, "Period of the cohort, as the report returns it."),
                ],
                answer: VisitorList.shape
            ) { call, scope in try await CohortReport.visitors(of: call.text("period") ?? "", by: grouping(call), scope) },
        ]
    }

    private func grouping(_ call: ProjectRequest) -> CalendarPeriod { call.text("group_by") == "month" ? .month : .week }
}
