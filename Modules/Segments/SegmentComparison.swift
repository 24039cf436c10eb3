import Core

/// The key figures of a segment, for comparison with other segments.
struct SegmentComparison: Sendable {
    let segmentID: String
    let name: String
    let visitors: Int64, sessions: Int64, pageviews: Int64, events: Int64
    /// Sessions with exactly one pageview, as a percentage of all sessions.
    let bounceRate: Double
    /// Average seconds from the first to the last activity of a session.
    let avgDuration: Double
    /// The number of orders. With `event`, the number of events of that name instead.
    let conversions: Int64
    /// Visitors who converted, as a percentage of the segment's visitors, with two decimals.
    let conversionRate: Double
    let confidenceInterval: ConfidenceInterval
    /// Revenue in the currency of most of the segment's orders; 0 if the caller may not read orders.
    let revenue: Double

    static let shape = Shape<SegmentComparison>([
        .required("segment_id", \.segmentID, .uuid), .required("name", \.name, .text(200)), .required("visitors", \.visitors, .count),
        .required("sessions", \.sessions, .count), .required("pageviews", \.pageviews, .count), .required("events", \.events, .count),
        .required("bounce_rate", \.bounceRate, .percentage), .required("avg_duration", \.avgDuration, .seconds),
        .required("conversions", \.conversions, .count), .required("conversion_rate", \.conversionRate, .percentage),
        .required("confidence_interval", \.confidenceInterval, ConfidenceInterval.shape), .required("revenue", \.revenue, .amount),
    ])

    /// - Parameters:
    ///   - event: the name of the event that counts as a conversion; nil for an order.
    ///   - hasRevenue: whether the caller may read orders.
    static func run(
        _ definition: Resource.Definition, _ segment: Segment, _ scope: Scope, converting event: String?, hasRevenue: Bool
    ) async throws -> SegmentComparison {
        let scope = scope.of(segment)
        async let traffic = scope.rows(
            "segments.traffic",
            [
                .tally(
                    "totals",
                    [
                        .visitors("visitors"), .count("sessions"), .sum("pageviews", of: "pageviews"), .sum("events", of: "events"),
                        .count("bounces", where: "pageviews = 1"), .sum("duration", of: "ended_at - started_at"),
                    ], from: "sessions")
            ],
            "SELECT visitors, sessions, pageviews, events, bounces, duration FROM totals")
        async let totals = hasRevenue ? RevenueTotals.run(scope, in: Revenue.currency(of: scope) ?? Revenue.defaultCurrency) : nil
        async let converted = scope.rows(
            "segments.conversions",
            [.tally("totals", [.count("times"), .visitors("visitors")], from: "events WHERE name = \(event ?? "")")],
            "SELECT times, visitors FROM totals")
        let row = try await traffic[0], orders = try await totals, times = try await converted[0], visitors = row.int("visitors")
        let (conversions, converting) =
            event == nil ? (orders?.orders ?? 0, orders?.buyers ?? 0) : (times.int("times"), times.int("visitors"))
        return SegmentComparison(
            segmentID: definition.id, name: definition.fields["name"]?.string ?? "", visitors: visitors, sessions: row.int("sessions"),
            pageviews: row.int("pageviews"), events: row.int("events"),
            bounceRate: Rounded.percentage(row.int("bounces"), of: row.int("sessions")),
            avgDuration: Rounded.seconds(row.int("duration"), over: row.int("sessions")), conversions: conversions,
            conversionRate: Rounded.percentage(converting, of: visitors, decimals: 2),
            confidenceInterval: ConfidenceInterval(converting, of: visitors),
            revenue: orders?.revenue ?? 0)
    }
}
