import Core

extension WebVitalsModule {
    public var routes: [Route] {
        [
            .report(
                "/api/v1/webvitals", "Percentiles of each vital, with a rating of the 75th percentile.", parameters: ScopeParameters.range,
                answer: VitalsSummary.shape
            ) { _, scope in try await VitalsSummary.run(scope) },
            breakdown(.path, "/api/v1/webvitals/pages", "75th percentile of each vital by page, most measurements first."),
            breakdown(.device, "/api/v1/webvitals/devices", "75th percentile of each vital by device type, most measurements first."),
            breakdown(.country, "/api/v1/webvitals/countries", "75th percentile of each vital by country, most measurements first."),
            .report(
                "/api/v1/webvitals/timeseries", "75th percentile of one vital by day or hour.",
                parameters: ScopeParameters.range + [
                    Parameter("metric", .choice(Metric.names, default: nil), required: true, "Name of the vital."),
                    ScopeParameters.interval,
                ],
                answer: VitalsTimeseries.shape
            ) { call, scope in
                // The gate has already validated the parameter.
                let metric = call.text("metric").flatMap(Metric.init) ?? .lcp
                return try await VitalsTimeseries.run(scope, metric, by: call.interval)
            },
        ]
    }

    private func breakdown(_ dimension: VitalsBreakdown.Dimension, _ path: String, _ summary: String) -> Route {
        .report(path, summary, answer: .data(VitalsBreakdown.shape(dimension))) { _, scope in
            try await VitalsBreakdown.run(scope, by: dimension)
        }
    }
}
