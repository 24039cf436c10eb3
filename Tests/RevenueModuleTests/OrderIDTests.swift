import Common
@_spi(Host) import Access
@_spi(Host) import Host
import RevenueModule
import Testing
import TestSupport

/// An event that `revenue` gives an id has two: the `event_id` that was sent and the order's. Either makes it a duplicate.
@Suite("Ids of events and of orders", .modules(RevenueModule.self))
struct OrderIDTests {
    private static func purchase(_ id: String, _ order: String?, amount: Int? = 10) -> String {
        let data = order.map { #","data":{"order_id":"\#($0)"}"# } ?? "", paid = amount.map { #","revenue_amount":\#($0)"# } ?? ""
        return #"{"type":"event","name":"purchase","visitor_id":"ada","event_id":"\#(id)"\#(data)\#(paid)}"#
    }

    /// How many events and orders are stored, and how many events were duplicates.
    private static func counts(_ app: TestApp) async throws -> [Int64?] {
        let orders = try await app.get("/api/v1/revenue").json()["orders"]?.integer
        let day = try await app.get("/api/v1/ingest/ledger").json()["data"]?.elements.first
        return [try await app.get("/api/v1/stats").json()["current"]?["events"]?.integer, orders, day?["duplicate"]?.integer]
    }

    private static func setRevenue(_ isEnabled: Bool, _ app: TestApp) async throws {
        try await app.installation.directory.setModules(
            [.init(module: "revenue", isEnabled: isEnabled, access: nil)], in: app.project, by: "test")
    }

    @Test("an event that is sent again counts once, though the module was switched in between", arguments: Profile.available)
    func switched(profile: Profile) async throws {
        for wasOn in [true, false] {
            try await TestApp.run(profile) { app in
                for isOn in [wasOn, !wasOn] {
                    try await Self.setRevenue(isOn, app)
                    try await app.collect(Self.purchase("EV-1", "O-1"))
                }
                try await Self.setRevenue(true, app)
                #expect(try await Self.counts(app) == [1, wasOn ? 1 : 0, 1], "on at first: \(wasOn)")
            }
        }
    }

    @Test("each id makes a duplicate, in one request and in several", arguments: Profile.available)
    func either(profile: Profile) async throws {
        let again = [
            Self.purchase("EV-1", "O-2"), Self.purchase("EV-1", nil), Self.purchase("EV-1", "O-1", amount: nil),
            Self.purchase("EV-1", "O-1", amount: -10), Self.purchase("EV-2", "O-1"),
            // The ids of duplicates count too: this is the reload of the page, which is sent again.
            Self.purchase("EV-2", nil),
        ]
        for isTogether in [true, false] {
            try await TestApp.run(profile) { app in
                let events = [Self.purchase("EV-1", "O-1")] + again + [Self.purchase("EV-3", "O-3"), Self.purchase("EV-4", nil)]
                for body in isTogether ? ["[\(events.joined(separator: ","))]"] : events { try await app.collect(body) }
                #expect(try await Self.counts(app) == [3, 3, 6], "together: \(isTogether)")
            }
        }
    }

    @Test("an event_id never stands for an order, whoever sends it", arguments: Profile.available)
    func forged(profile: Profile) async throws {
        try await TestApp.run(profile) { app in
            let limited = try await app.installation.directory.createKey(
                .init(name: "limited", scopes: [.ingest], allowedModules: ["core"]), in: app.project, by: "test")
            let pageview = #"{"type":"pageview","path":"/","visitor_id":"eve","event_id":"order:purchase:O-9"}"#
            try await app.collect("[\(pageview),\(pageview)]", as: .key(limited.secret))
            try await app.collect(Self.purchase("EV-9", "O-9"))
            try await app.collect(Self.purchase("order:purchase:O-10", nil))
            try await app.collect(Self.purchase("EV-10", "O-10"))
            #expect(try await Self.counts(app) == [3, 3, 1])
        }
    }
}
