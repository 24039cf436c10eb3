import Common
import Testing

@Suite("Service error")
struct ServiceErrorTests {
    @Test(
        "each kind has its status, code and message",
        arguments: [
            (
                ServiceError.invalid("funnel_steps", "A funnel needs 2 to 20 steps; got 1."), 400,
                "funnel_steps: A funnel needs 2 to 20 steps; got 1.", nil
            ),
            (.body("missing required field 'name'."), 400, "invalid_body: Invalid request body: missing required field 'name'.", nil),
            (.parameter("limit", "must be a number."), 400, "invalid_parameter: Invalid query parameter 'limit': must be a number.", nil),
            (.notFound("Funnel", "f1"), 404, "not_found: Funnel 'f1' not found.", nil),
            (.unavailable("away", "Not now."), 503, "away: Not now.", 1),
            (.unavailable("away", "Not now.", retryAfterSeconds: 5), 503, "away: Not now.", 5),
        ] as [(ServiceError, Int, String, Int?)])
    func kinds(error: ServiceError, status: Int, description: String, retryAfter: Int?) {
        #expect(error.status == status)
        #expect(error.description == description)
        #expect(error.retryAfterSeconds == retryAfter)
    }

    @Test("a long id is truncated in the message")
    func longID() {
        let error = ServiceError.notFound("Funnel", String(repeating: "f", count: 1_000_000))
        #expect(error.message == "Funnel '\(String(repeating: "f", count: 100))...' not found.")
    }

    @Test(
        "an excerpt is truncated between characters",
        arguments: [
            ("short", 10, "short"), ("0123456789", 10, "0123456789"), ("0123456789a", 10, "0123456789..."), ("🦆🦆🦆", 2, "🦆🦆..."),
            ("", 0, ""),
        ])
    func excerpt(text: String, limit: Int, expected: String) {
        #expect(text.excerpt(limit) == expected)
    }
}
