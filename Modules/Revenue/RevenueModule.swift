import Core

/// Collects what visitors pay, and for which products, and reports it. The tables are defined in Core (`Revenue`), because other modules
/// read them.
public struct RevenueModule: AnalyticsModule {
    public static let manifest = ModuleManifest(
        name: "revenue", category: .tracking,
        summaries: [
            "en": "Orders, refunds and products, by currency, day and source.",
            "de": "Bestellungen, Erstattungen und Produkte, nach Währung, Tag und Herkunft.",
        ])

    let settings: RevenueSettings

    public init(_ setup: ModuleSetup) throws { settings = try setup.settings.read { RevenueSettings($0) } }

    public var pages: [DashboardPage] { [DashboardPage("revenue", titles: ["en": "Revenue", "de": "Umsatz"], Embedded.page_js)] }
    public var texts: [String: [UInt8]] { ["en": Embedded.en_js, "de": Embedded.de_js] }
    public var factTables: [FactTable] { [Revenue.orders, Revenue.items] }
    public var migrations: [Migration] {
        let orders = Revenue.orders.without(Revenue.eventData)
        return [
            Migration("001-create", on: .events, [.createFactTable(orders), .createFactTable(Revenue.items)]),
            Migration("002-event-data", on: .events, [.addColumn(table: orders.name, Revenue.eventData)]),
        ]
    }

    public var extensions: [CollectorExtension] {
        [
            CollectorExtension(
                "event", "An event with an amount is an order, or a refund if the amount is negative.",
                fields: [
                    .optional(
                        "revenue_amount", .number(-Revenue.maximumAmount...Revenue.maximumAmount),
                        "Amount in units of the currency, such as 59.98; negative for a refund."
                    ).exact,
                    .optional(
                        "revenue_currency", .optionalText(3), "ISO 4217 code, such as EUR. Default: the module's `currency` setting."
                    ).exact,
                ]
            ) { payload in try Order(payload, settings)?.addition }
        ]
    }

    public var datasets: [Dataset] {
        let session = [
            ("source", "Where the session came from."), ("country", "ISO 3166-1 code."), ("device", "Desktop, Mobile, Tablet ..."),
            ("browser", "Browser of the session."), ("os", "Operating system."),
        ]
        let
            money = [
                (
                    "amount",
                    "Amount in units of the order's own currency, such as 59.98; negative for refunds. "
                        + "If orders are in several currencies, filter or group by `currency`."
                ),
                ("currency", "ISO 4217 code of the currency of `amount`."),
                ("converted", "Amount in units of `converted_to`, at the configured rate; null if there is no rate."),
                ("converted_to", "ISO 4217 code of the currency of `converted`; empty if there is no rate."),
            ], millionths: Set = ["amount", "converted"]
        return [
            Dataset(
                "revenue_orders", "One row for each order and each refund.",
                columns: [
                    ("occurred_at", "When it happened, in epoch milliseconds."), ("path", "Path of the page."),
                    ("name", "Name of the event."),
                    ("order_id", "The site's own id for the order."),
                ] + money + session, millionths: millionths),
            Dataset(
                "revenue_items", "One row for each product of an order or refund.",
                columns: [
                    ("occurred_at", "When it happened, in epoch milliseconds."),
                    ("product", "The product's name, or its id or SKU if the site sent no name."),
                    ("quantity", "Number of units; negative for refunds."),
                ] + money + session, millionths: millionths),
        ]
    }

    public var routes: [Route] {
        [
            .report(
                "/api/v1/revenue", "Totals of orders, revenue and refunds.", parameters: ScopeParameters.range + [ScopeParameters.currency],
                answer: RevenueTotals.shape
            ) { call, scope in
                try await RevenueTotals.run(scope, in: try await currency(call))
            },
            .report(
                "/api/v1/revenue/timeseries", "Orders, revenue and refunds by day or hour.",
                parameters: ScopeParameters.range + [ScopeParameters.currency, ScopeParameters.interval],
                answer: RevenueTimeseries.shape
            ) { call, scope in
                try await RevenueTimeseries.run(scope, by: call.interval, in: try await currency(call))
            },
            .report(
                "/api/v1/revenue/products", "Products, highest revenue first.",
                parameters: ScopeParameters.list + [ScopeParameters.currency],
                answer: RevenueProducts.shape
            ) { call, scope in
                try await RevenueProducts.run(scope, in: try await currency(call))
            },
            .report(
                "/api/v1/revenue/sources", "Sources of the sessions with orders, highest revenue first.",
                parameters: ScopeParameters.list + [ScopeParameters.currency],
                answer: RevenueSources.shape
            ) { call, scope in try await RevenueSources.run(scope, in: try await currency(call)) },
        ]
    }

    private func currency(_ call: ProjectRequest) async throws -> String { try await call.currency(default: settings.currency) }
}
