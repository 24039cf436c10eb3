import Common
import Core
import Foundation
@testable import FunnelsModule
import IdentityModule
import RevenueModule
import Testing
import TestSupport

/// Funnels of every kind over random visits, compared with the plain reference.
@Suite("Funnels of random visits", .modules(FunnelsModule.self, IdentityModule.self, RevenueModule.self))
struct RandomFunnelTests {
    private static let home = #"{"type":"pageview","value":"/"}"#, pricing = #"{"type":"pageview","value":"/pricing"}"#
    private static let docs = #"{"type":"pageview","value":"/docs*"}"#, signup = #"{"type":"event","value":"signup"}"#
    private static let pro = #"{"type":"event","value":"purchase","where":[{"field":"plan","op":"eq","value":"pro"}]}"#
    private static let paying = #"{"type":"event","value":"purchase","where":[{"field":"event_data.plan","op":"exists"}]}"#
    private static let anyPage = #"{"type":"pageview","value":"*"}"#

    static let lists = [
        [home, pricing], [home, docs, signup], [docs, docs, docs], [anyPage, signup, pro, home, anyPage], [signup, paying],
        [anyPage, docs, home, pricing, signup, paying],
    ]

    private static let excluded = [
        #"{"type":"event","value":"cancel"}"#, #"{"type":"pageview","value":"/docs*","after_step":1}"#, #"{"type":"pageview","value":"/"}"#,
    ]

    static let options = [
        "", #","order":"strict""#, #","order":"strict","conversion_window":600"#, #","order":"any""#,
        #","order":"any","conversion_window":1800"#,
        #","order":"any","exclusions":[\#(excluded[0]),\#(excluded[2])]"#,
        #","order":"any","conversion_window":7200,"exclusions":[\#(excluded[0])]"#,
        #","conversion_window":60"#, #","conversion_window":1800"#, #","conversion_window":86400"#, #","exclusions":[\#(excluded[0])]"#,
        #","exclusions":[\#(excluded.joined(separator: ","))],"conversion_window":172800"#, #","exclusions":[\#(excluded[1])]"#,
    ]

    @Test("agree with the plain reference", arguments: Effort.runs())
    func agree(profile: Profile, seed: UInt64) async throws {
        let ordered = RandomVisits(seed: seed, from: Instant(iso: "2026-03-10T00:00:00Z"))
        let visits = seed == 1 ? ordered : ordered.shuffled(seed: seed)
        try await TestApp.run(profile, now: "2026-03-20T00:00:00Z") { app in
            try await visits.send(to: app)
            for (number, steps) in Self.lists.enumerated() {
                for options in Effort.share(Self.options, of: seed + UInt64(number)) {
                    let definition = #"{"name":"f","steps":[\#(steps.joined(separator: ","))]\#(options)}"#
                    try await Self.compare(app, visits, definition, by: seed == 1 ? Self.dimensions.prefix(2) : Self.dimensions.suffix(2))
                }
            }
        }
    }

    private typealias Dimension = (name: String, value: @Sendable (RandomVisits.Activity) -> String)
    private static let dimensions: [Dimension] = [
        ("path", \.path), ("browser", \.browser), ("source", \.source), ("data.plan", { $0.plan ?? "" }),
    ]

    private static func compare(_ app: TestApp, _ visits: RandomVisits, _ definition: String, by dimensions: ArraySlice<Dimension>)
        async throws
    {
        let plain = PlainFunnel(try Funnel(try JSON.parse(definition)), visits)
        let report = try await app.post("/api/v1/funnels/analyze", definition, as: .query).json()
        #expect(PlainFunnel.figures(report) == plain.figures(), "\(definition)")
        for (name, value) in dimensions {
            let lines = try await app.post("/api/v1/funnels/analyze?breakdown=\(name)&limit=4", definition, as: .query).json()["breakdown"]!
                .elements
            let values = plain.values(value, limit: 4)
            #expect(lines.map { $0["value"]!.string! } == values, "\(name) \(definition)")
            #expect(lines.map(PlainFunnel.figures) == values.map { plain.figures((value, $0)) }, "\(name) \(definition)")
        }
    }

    @Test("list the same visitors as the plain reference", arguments: Profile.available)
    func drill(profile: Profile) async throws {
        let visits = RandomVisits(seed: 9, from: Instant(iso: "2026-03-10T00:00:00Z"))
        try await TestApp.run(profile, now: "2026-03-20T00:00:00Z") { app in
            try await visits.send(to: app)
            for options in Self.options {
                let definition = #"{"name":"f","steps":[\#(Self.lists[1].joined(separator: ","))]\#(options)}"#
                let plain = PlainFunnel(try Funnel(try JSON.parse(definition)), visits)
                let id = try #require(try await app.post("/api/v1/funnels", definition, as: .query).json()["id"]?.string)
                for step in 1...3 {
                    let converted = Set(plain.journeys.filter { $0.reached.count >= step }.map(\.visitor))
                    let dropped = Set(plain.journeys.filter { $0.reached.count == step - 1 }.map(\.visitor))
                    for (state, expected) in [("converted", converted), ("dropped", dropped)] where step > 1 || state == "converted" {
                        let answer = try await app.get("/api/v1/funnels/\(id)/drill?step=\(step)&state=\(state)&limit=1000").json()
                        #expect(Set(answer["data"]!.elements.map { $0.string! }) == expected, "\(step) \(state) \(options)")
                    }
                }
            }
        }
    }
}
