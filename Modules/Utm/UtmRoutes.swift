import Core

extension UtmModule {
    var campaignRoutes: [Route] {
        [
            .report("/api/v1/campaigns", "Campaigns, most visitors first.", answer: .data(Campaigns.shape)) { _, scope in
                try await Campaigns.run(scope)
            },
            .report("/api/v1/campaigns/sources", "Campaign sources, most visitors first.", answer: .data(CampaignBreakdown.shape(.source)))
            {
                _, scope in
                try await CampaignBreakdown.run(scope, by: .source)
            },
            .report("/api/v1/campaigns/mediums", "Campaign mediums, most visitors first.", answer: .data(CampaignBreakdown.shape(.medium)))
            {
                _, scope in
                try await CampaignBreakdown.run(scope, by: .medium)
            },
            .report(
                "/api/v1/campaigns/timeseries", "Visitors and pageviews from one campaign source by day.",
                parameters: [
                    Parameter(
                        "utm_source", .text(maximum: CampaignFields.maximumLength), required: true,
                        "Campaign source, spelled as it was sent.")
                ]
                    + ScopeParameters.range,
                answer: .data(CampaignTimeseries.shape)
            ) { call, scope in
                try await CampaignTimeseries.run(scope, source: CampaignFields.kept(call.text("utm_source") ?? ""))
            },
        ]
    }

    private static let attributionParameters = [
        Parameter(
            "model", .choice(AttributionModel.allCases.map(\.rawValue), default: AttributionModel.lastTouch.rawValue),
            "How credit for an order is divided among the touches of the visitor's journey."),
        Parameter("lookback_days", .integer(1...365, default: 30), "How many days before an order to look for touches."),
        ScopeParameters.currency,
    ]

    var marketingRoutes: [Route] {
        [
            .report(
                "/api/v1/marketing/channels", "Visitors, sessions and pageviews by channel.", parameters: ScopeParameters.range,
                answer: .data(Channels.shape)
            ) { _, scope in
                try await Channels.run(scope)
            },
            .report(
                "/api/v1/marketing/attribution", "Attributed orders and revenue by channel, source and campaign.",
                parameters: Self.attributionParameters + ScopeParameters.range, answer: AttributionReport.shape
            ) { call, scope in try await AttributionReport.run(scope, try await attribution(call)) },
            .report(
                "/api/v1/marketing/revenue", "Orders, revenue, revenue by currency, and the top products.",
                parameters: ScopeParameters.range + [ScopeParameters.currency],
                answer: MarketingRevenue.shape
            ) { call, scope in try await MarketingRevenue.run(scope, in: try await call.currency()) },
            .report(
                "/api/v1/marketing/ai-referrers", "Visitors and pageviews from AI assistants.", parameters: ScopeParameters.range,
                answer: .data(AIReferrers.shape)
            ) { _, scope in
                try await AIReferrers.run(scope)
            },
            .report(
                "/api/v1/marketing/campaign-costs", "Campaign costs, with each campaign's attributed orders and revenue.",
                parameters: Self.attributionParameters + [ImportBatch.providerParameter] + ScopeParameters.list,
                answer: CampaignCosts.shape
            ) { call, scope in
                let costs = try await ImportedCosts.read(call, scope.days, provider: call.text("provider"))
                return try await CampaignCosts.run(scope, try await attribution(call), costs: costs)
            },
        ]
    }

    private func attribution(_ call: ProjectRequest) async throws -> Attribution {
        Attribution(
            model: call.text("model").flatMap(AttributionModel.init) ?? .lastTouch, currency: try await call.currency(),
            lookbackDays: Int64(call.integer("lookback_days", default: 30)))
    }
}
