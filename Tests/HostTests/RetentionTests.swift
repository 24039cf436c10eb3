import Common
@testable import Host
import Testing

@Suite("Retention")
struct RetentionTests {
    @Test("keeps whole calendar months", arguments: [
        ("2026-03-31T15:00:00Z", 1, "2026-02-28"), ("2024-03-31T15:00:00Z", 1, "2024-02-29"), ("2026-03-15T00:00:00Z", 12, "2025-03-15"),
        ("2026-01-31T23:59:59Z", 2, "2025-11-30"), ("2026-05-01T00:00:00Z", 1_200, "1926-05-01"),
    ])
    func start(now: String, months: Int, first: String) throws {
        #expect("\(Day(Retention.start(months: months, before: try #require(Instant(now)))))" == first)
    }
}
