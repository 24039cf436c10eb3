import Core
import Foundation

/// The imported costs of campaigns, with the orders and revenue attributed to them.
struct CampaignCosts: Sendable {
    struct Line: Sendable {
        let campaign: String
        let cost: Double
        let clicks: Double
        let impressions: Double
        /// The sum of the attributed shares of orders, with four decimals.
        let orders: Double
        let revenue: Double
        /// Cost divided by orders; nil without orders.
        let costPerConversion: Double?
        /// Revenue divided by cost: 4 means a revenue of four units for each unit spent. Nil if the cost is zero or less.
        let returnOnAdSpend: Double?

        static let shape = Shape<Line>([
            .required("campaign", \.campaign, .text(300)), .required("cost", \.cost, .amount), .required("clicks", \.clicks, .amount),
            .required("impressions", \.impressions, .amount), .required("orders", \.orders, .number(0...1e15)),
            .required("revenue", \.revenue, .amount),
            .required(
                "cost_per_conversion", \.costPerConversion, .nullable(.amount), "Cost divided by orders; null if there are no orders."),
            .required(
                "return_on_ad_spend", \.returnOnAdSpend, .nullable(.number(0...1e18)),
                "Revenue divided by cost; null if the cost is zero or less."),
        ])
    }

    let attribution: Attribution
    let data: [Line]

    static let shape = Shape<CampaignCosts>(
        Attribution.shape.fields(of: \.attribution) + [.required("data", \.data, .list(Line.shape))])

    /// Returns campaigns with imported costs, most expensive first. An imported campaign name matches `utm_campaign` regardless of case and
    /// surrounding white space. Imported amounts must be in the report's currency, because imports don't say which currency they are in.
    static func run(_ scope: Scope, _ attribution: Attribution, costs: [ImportedCosts]) async throws -> CampaignCosts {
        var credits: [ExactText: (orders: Double, revenue: Double)] = [:]
        for credit in try await attribution.credits(scope) where !credit.origin.campaign.isEmpty {
            let key = ImportedCosts.key(credit.origin.campaign), sum = credits[key] ?? (0, 0)
            credits[key] = (sum.orders + credit.orders, sum.revenue + credit.revenue)
        }
        let lines = costs.map { costs in
            let credit = credits[ImportedCosts.key(costs.campaign)] ?? (0, 0)
            let orders = Rounded.fourDecimals(credit.orders)
            return Line(
                campaign: costs.campaign, cost: costs.cost, clicks: costs.clicks, impressions: costs.impressions, orders: orders,
                revenue: Revenue.rounded(credit.revenue, in: attribution.currency),
                costPerConversion: orders == 0 ? nil : Self.rounded(costs.cost / orders),
                returnOnAdSpend: costs.cost <= 0 ? nil : Self.rounded(Revenue.units(credit.revenue) / costs.cost))
        }
        return CampaignCosts(attribution: attribution, data: Array(lines.dropFirst(scope.offset).prefix(scope.limit)))
    }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
}
