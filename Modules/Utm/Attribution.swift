import Core

/// How credit for an order is divided among the touches of the journey that led to it.
enum AttributionModel: String, Sendable, CaseIterable {
    case firstTouch = "first_touch", lastTouch = "last_touch", linear, positionBased = "position_based", timeDecay = "time_decay"

    /// The half-life of time decay: a touch 7 days earlier is worth half as much.
    private static let halfLifeMilliseconds = 7.0 * 86_400_000

    /// The share of the credit that the touch in a row of `placed` gets, computed from `place`, `touches`, `started_at` and `ordered_at`.
    /// The shares of a journey add up to 1. Numbers are bound as parameters, so both engines calculate in floating point.
    ///
    /// - Source: Google Analytics, "About attribution and attribution modeling": 40/20/40 by position, half-life of 7 days.
    var share: SQL {
        switch self {
        case .firstTouch: "CASE WHEN place = 1 THEN \(1.0) ELSE \(0.0) END"
        case .lastTouch: "CASE WHEN place = touches THEN \(1.0) ELSE \(0.0) END"
        case .linear: "\(1.0) / touches"
        case .positionBased:
            """
            CASE WHEN touches = 1 THEN \(1.0) WHEN touches = 2 THEN \(0.5) WHEN place = 1 OR place = touches THEN \(0.4)
              ELSE \(0.2) / (touches - 2) END
            """
        case .timeDecay: "\(Self.weight) / sum(\(Self.weight)) OVER (PARTITION BY visitor, number)"
        }
    }

    private static let weight: SQL = "power(\(2.0), CAST(started_at - ordered_at AS double precision) / \(halfLifeMilliseconds))"
}

/// Credits the orders in a scope, and their revenue, to the channels and campaigns that brought the buyers.
struct Attribution: Sendable {
    let model: AttributionModel
    let currency: String
    /// How many days before an order a session may have ended and still be part of the journey.
    let lookbackDays: Int64

    static let shape = Shape<Attribution>([
        .required("model", \.model, .choice), .currency(\.currency), .required("lookback_days", \.lookbackDays, .integer(1...365)),
    ])

    struct Credit: Sendable {
        let origin: Origin
        /// The sum of the credited shares of orders.
        var orders: Double
        /// The credited revenue, in millionths.
        var revenue: Double
    }

    /// Returns the orders and revenue credited to each origin. A journey consists of the visitor's sessions in the `lookbackDays` before
    /// the order, up to the one in which the order was placed. Direct sessions count as touches only if the journey has no other sessions.
    /// Refunds are ignored.
    ///
    /// - Source: Google Analytics 4, "Get started with attribution": lookback window; direct visits get no credit.
    func credits(_ scope: Scope) async throws -> [Credit] {
        let lookback = lookbackDays * 86_400_000
        let wide = scope.widened(to: TimeRange(start: scope.range.start.adding(milliseconds: -lookback), end: scope.range.end))
        let rows = try await wide.rows(
            "utm.attribution",
            with: """
                \(UtmModule.firstTouches),
                converted AS MATERIALIZED (
                  SELECT row_number() OVER (PARTITION BY visitor ORDER BY occurred_at, name, order_id, worth) AS number, visitor, occurred_at AS ordered_at, worth
                  FROM (
                    SELECT occurred_at, visitor, name, order_id, \(Revenue.amount(in: currency)) AS worth FROM revenue_orders
                    WHERE occurred_at >= \(scope.range.start.milliseconds)) priced
                  WHERE worth >= 0),
                visits AS NOT MATERIALIZED (
                  SELECT sessions.visitor, sessions.session_at, started_at, ended_at, source, coalesce(utm_source, '') AS utm_source,
                    coalesce(utm_medium, '') AS utm_medium, coalesce(utm_campaign, '') AS utm_campaign, coalesce(click_id, '') AS click_id
                  FROM sessions
                  LEFT JOIN first_touches touch ON touch.visitor = sessions.visitor AND touch.session_at = sessions.session_at
                  WHERE sessions.visitor IN (SELECT visitor FROM converted)),
                journeys AS NOT MATERIALIZED (
                  SELECT converted.visitor, number, ordered_at, worth, coalesce(session_at, 0) AS session_at, coalesce(started_at, ordered_at) AS started_at,
                    coalesce(source, \(ReferrerSource.direct)) AS source, coalesce(utm_source, '') AS utm_source,
                    coalesce(utm_medium, '') AS utm_medium, coalesce(utm_campaign, '') AS utm_campaign, coalesce(click_id, '') AS click_id
                  FROM converted
                  LEFT JOIN visits ON visits.visitor = converted.visitor AND started_at <= ordered_at AND ended_at >= ordered_at - \(lookback)),
                weighed AS NOT MATERIALIZED (
                  SELECT *, (source = \(ReferrerSource.direct) AND utm_source = '' AND utm_medium = '' AND utm_campaign = '' AND click_id = '') AS is_direct FROM journeys),
                touched AS NOT MATERIALIZED (
                  SELECT * FROM (SELECT *, bool_and(is_direct) OVER (PARTITION BY visitor, number) AS only_direct FROM weighed) marked
                  WHERE only_direct OR NOT is_direct),
                placed AS NOT MATERIALIZED (
                  SELECT *, row_number() OVER (PARTITION BY visitor, number ORDER BY started_at, session_at) AS place,
                    count(*) OVER (PARTITION BY visitor, number) AS touches
                  FROM touched)
                """,
            [
                .tally(
                    "credits", by: ["source", "utm_source", "utm_medium", "utm_campaign", "click_id"],
                    [.sum("orders", of: "share"), .sum("revenue", of: "share * worth")],
                    from: """
                        (SELECT source, utm_source, utm_medium, utm_campaign, click_id, worth, \(model.share) AS share FROM placed) shared
                        WHERE share > 0
                        """)
            ],
            """
            SELECT source, utm_source, utm_medium, utm_campaign, click_id, orders, revenue FROM credits
            ORDER BY source, utm_source, utm_medium, utm_campaign, click_id
            """)
        return rows.map { row in
            Credit(
                origin: Origin(
                    referrer: row.text("source"), source: row.text("utm_source"), medium: row.text("utm_medium"),
                    campaign: row.text("utm_campaign"),
                    clickID: ClickID(rawValue: row.text("click_id"))),
                orders: row.double("orders"), revenue: row.double("revenue"))
        }
    }
}

/// Attributed orders and revenue by channel, source and campaign.
struct AttributionReport: Sendable {
    struct Line: Sendable {
        let channel: Channel
        let source: String
        /// The campaign; nil for sessions without one.
        let campaign: String?
        /// The sum of the credited shares of orders, with four decimals.
        let orders: Double
        let revenue: Double

        static let shape = Shape<Line>([
            .required("channel", \.channel, .choice), .required("source", \.source, .text(300)),
            .required("campaign", \.campaign, .nullable(.text(CampaignFields.maximumLength))),
            .required("orders", \.orders, .number(0...1e15)), .required("revenue", \.revenue, .amount),
        ])
    }

    let attribution: Attribution
    let data: [Line]

    static let shape = Shape<AttributionReport>(
        Attribution.shape.fields(of: \.attribution) + [.required("data", \.data, .list(Line.shape))])

    static func run(_ scope: Scope, _ attribution: Attribution) async throws -> AttributionReport {
        struct Key: Hashable { let channel: Channel, source: ExactText, campaign: ExactText }
        var sums: [Key: (orders: Double, revenue: Double)] = [:]
        for credit in try await attribution.credits(scope) {
            let key = Key(
                channel: Channel(credit.origin), source: ExactText(credit.origin.source), campaign: ExactText(credit.origin.campaign))
            let sum = sums[key] ?? (0, 0)
            sums[key] = (sum.orders + credit.orders, sum.revenue + credit.revenue)
        }
        let lines = sums.map { key, sum -> Line in
            let campaign = key.campaign.text
            return Line(
                channel: key.channel, source: key.source.text, campaign: campaign.isEmpty ? nil : campaign,
                orders: Rounded.fourDecimals(sum.orders), revenue: Revenue.rounded(sum.revenue, in: attribution.currency))
        }.sorted {
            ($1.revenue, $1.orders, $0.channel.rawValue, ExactText($0.source), ExactText($0.campaign ?? ""))
                < ($0.revenue, $0.orders, $1.channel.rawValue, ExactText($1.source), ExactText($1.campaign ?? ""))
        }
        return AttributionReport(attribution: attribution, data: lines)
    }
}
