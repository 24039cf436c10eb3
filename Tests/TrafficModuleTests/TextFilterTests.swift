import Common
import IdentityModule
import RevenueModule
import SegmentsModule
import Testing
import TestSupport

/// Filters and segments over text with combining marks on special characters, or with characters that Swift considers equal to them.
@Suite("Text filters", .modules(IdentityModule.self, RevenueModule.self, SegmentsModule.self))
struct TextFilterTests {
    private static let titles = [
        "Hi!\u{FE0F} you", "Hi! you", "100%\u{20E3} sure", "100 sure", "a_\u{301}b", "axb", "2*3", "2x3", "back\\slash", "a;\u{301}b",
        "1,5",
    ]

    private static func view(_ number: Int, _ title: String) -> String {
        #"{"type":"pageview","path":"/","title":\#(title.quoted),"visitor_id":"v\#(number)","timestamp":"2026-03-01T10:00:00Z"}"#
    }

    private static let views = titles.enumerated().map { view($0, $1) }

    private func visitors(_ app: TestApp, _ filter: String) async throws -> Int64? {
        let encoded = filter.utf8.map { "%" + Digest.hex(CollectionOfOne($0)) }.joined()
        let answer = try await app.get("/api/v1/stats?start_at=2026-03-01&end_at=2026-03-01&filter=\(encoded)")
        #expect(answer.status == 200, "\(filter): \(answer.body)")
        return try answer.json()["current"]?["visitors"]?.integer
    }

    @Test("a combining mark doesn't change a special character, and a backslash escapes a star", arguments: Profile.available)
    func patterns(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.views) { app in
            for (filter, expected) in [
                ("title~:*Hi!\u{FE0F}*", 1), ("title~:Hi!*", 2), ("title~:100%\u{20E3}*", 1), ("title~:a_\u{301}*", 1),
                ("title~:*\u{301}b", 2),
                // A star matches any text; an escaped star or backslash matches itself.
                ("title~:2*3", 2), (#"title~:2\*3"#, 1), (#"title~:*\\s*"#, 1), (#"title!~:2\*3"#, 10), (#"title:2*3"#, 1),
                (#"title:2\*3"#, 1),
                // Separators of conditions and values work with a combining mark too, unless escaped.
                ("title:a\\;\u{301}b", 1), (#"title:1\,5"#, 1), (#"title~:*\,*"#, 1),
            ] {
                let found = try await visitors(app, filter)
                #expect(found == Int64(expected), "\(filter)")
            }
            // Swift considers the Greek question mark equal to a semicolon.
            let sign = try await app.get("/api/v1/stats?filter=title:a%CD%BEb&start_at=2026-03-01&end_at=2026-03-01")
            #expect(sign.status == 200, "\(sign.body)")
        }
    }

    @Test("segments and steps match text with combining marks", arguments: Profile.available)
    func segments(profile: Profile) async throws {
        try await TestApp.run(profile, collecting: Self.views) { app in
            for (operation, value, expected) in [
                ("contains", "!\u{FE0F}", 1), ("starts_with", "100%\u{20E3}", 1), ("ends_with", "_\u{301}b", 1), ("contains", "*", 1),
                ("contains", "!", 2),
            ] {
                let definition =
                    #"{"match":"all","conditions":[{"source":"pageview","field":"title","op":"\#(operation)","value":"\#(value)"}]}"#
                let answer = try await app.post("/api/v1/segments/preview", #"{"definition":\#(definition)}"#, as: .query).json()
                #expect(answer["visitors"]?.integer == Int64(expected), "\(operation) \(value)")
            }
        }
    }

    @Test("repeated queries for texts that look alike have separate results", arguments: Profile.available)
    func sameLetters(profile: Profile) async throws {
        let events = ["Kelvin", "Kelvin", "\u{212A}elvin"].enumerated().map { number, name in
            #"{"type":"event","name":"\#(name)","visitor_id":"v\#(number)","timestamp":"2026-03-01T10:00:00Z"}"#
        }
        try await TestApp.run(profile, collecting: events) { app in
            for _ in 0..<2 {
                let letter = try await visitors(app, "event:Kelvin"), sign = try await visitors(app, "event:\u{212A}elvin")
                #expect(letter == 2 && sign == 1)
            }
        }
    }
}
