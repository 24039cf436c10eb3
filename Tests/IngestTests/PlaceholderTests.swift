import AllModules
import Core
import Testing
import TestSupport

/// Placeholders that programs send when they have no id.
@Suite("Collect: placeholders instead of ids", .modules(.all))
struct PlaceholderTests {
    static let words = [
        "undefined", "null", "NaN", "[object Object]", "anonymous", "0", "None", "true", "false", "", " ", " Undefined ", "guest", "(null)",
        "00000000-0000-0000-0000-000000000000", "unknown", "nil",
    ]
    /// Similar to placeholders, but real ids.
    static let ids = ["00", "undefined1", "null-17", "a", "00000000-0000-0000-0000-000000000001", "objec", "nan@example.com", "0\u{301}"]

    @Test("an event is kept as if no id had been sent, and counted as adjusted", arguments: Profile.available)
    func events(profile: Profile) async throws {
        try await TestApp.collecting(profile) { app in
            for word in Self.words {
                let answer = try await app.collect(
                    #"{"type":"pageview","path":"/","visitor_id":"\#(word)","session_id":"\#(word)","event_id":"\#(word)"}"#)
                #expect(answer.status == 200, "\(word): \(answer.body)")
            }
            for id in Self.ids { try await app.collect(#"{"type":"pageview","path":"/","visitor_id":"\#(id)","event_id":"\#(id)"}"#) }
            let count = Self.words.count + Self.ids.count
            #expect(
                try await app.ledger() == [
                    "12:00 received \(count) = stored \(count) + duplicate 0 + waiting 0, adjusted: left_out \(Self.words.count)"
                ])
            // Events without an id come from one browser; every id is a visitor.
            #expect(Set(try await app.activity("CAST(visitor AS text)")).count == Self.ids.count + 1)
        }
    }

    @Test("an identify event is rejected with a message that quotes the placeholder", arguments: ["visitor_id", "user_id", "account_id"])
    func identify(field: String) async throws {
        try await TestApp.run { app in
            for word in Self.words where !word.isEmpty {
                let other = field == "visitor_id" ? "" : #""visitor_id":"v","#
                let answer = try await app.collect(#"{"type":"identify",\#(other)"\#(field)":"\#(word)","traits":{"a":1}}"#)
                #expect(answer.status == 400, "\(word): \(answer.body)")
                #expect(
                    answer.body
                        == #"{"error":"Invalid request body: field '\#(field)' must be a real id; got '\#(word)', a placeholder for a missing id. Send the id once it is known."}"#
                )
            }
            for id in Self.ids {
                let answer = try await app.collect(#"{"type":"identify","visitor_id":"v \#(id)","\#(field)":"\#(id)","traits":{"a":1}}"#)
                #expect(answer.status == 200, "\(id): \(answer.body)")
            }
        }
    }

    @Test("users can't be merged by a placeholder")
    func merges() async throws {
        try await TestApp.run { app in
            for body in [#"{"user_id":"undefined","into_user_id":"ada"}"#, #"{"user_id":"ada","into_user_id":"null"}"#] {
                for path in ["", "/preview"] {
                    let answer = try await app.post("/api/v1/identity/merges\(path)", body, as: .query)
                    #expect(answer.status == 400 && answer.body.contains("a placeholder for a missing id."), "\(answer.body)")
                }
            }
        }
    }

    @Test("orders with a placeholder as their id are separate orders")
    func orders() async throws {
        try await TestApp.run { app in
            for (id, other) in [("undefined", ""), ("undefined", ""), ("null", "t-1"), ("null", "t-1"), ("o-1", ""), ("o-1", "")] {
                let transaction = other.isEmpty ? "" : #","transaction_id":"\#(other)""#
                try await app.collect(
                    #"{"type":"event","name":"purchase","visitor_id":"v","revenue_amount":5,"data":{"order_id":"\#(id)"\#(transaction)}}"#)
            }
            let answer = try await app.get("/api/v1/revenue").json()
            #expect(answer["orders"]?.integer == 4, "\(answer)")
        }
    }
}
