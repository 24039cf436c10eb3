import Common
@testable import ErrorTrackingModule
import Testing

@Suite("Release order")
struct ReleaseOrderTests {
    @Test(
        "numbers compare numerically, and a hyphenated suffix comes first",
        arguments: [
            ("1.9", "1.10"), ("2026.05.09", "2026.05.10"), ("2026-05-09", "2026-05-10"), ("v1", "v2"), ("1.0", "1.0.1"),
            ("2.0.0-rc.1", "2.0.0"),
            ("2.0.0-rc.2", "2.0.0-rc.10"), ("2.0.0-beta", "2.0.0-rc"), ("1.9.9", "2.0.0-rc.1"), ("web-9", "web-10"),
            ("99999999999999999998", "99999999999999999999"),
        ])
    func order(earlier: String, later: String) {
        let order = ReleaseOrder(deployedAt: [:])
        #expect(order.isEarlier(earlier, than: later))
        #expect(!order.isEarlier(later, than: earlier))
        #expect(!order.isEarlier(earlier, than: earlier))
    }

    @Test("releases that look alike but differ in bytes are distinct and ordered by bytes")
    func sameLetters() {
        let order = ReleaseOrder(deployedAt: ["caf\u{E9}": 1, "cafe\u{301}": 2])
        #expect(order.isEarlier("caf\u{E9}", than: "cafe\u{301}") && !order.isEarlier("cafe\u{301}", than: "caf\u{E9}"))
        #expect(ReleaseOrder.compare("cafe\u{301}", "caf\u{E9}") == .earlier, "by name")
        // A hyphen or digit followed by a combining mark still counts as a hyphen or digit.
        #expect(ReleaseOrder.compare("2.0-\u{301}rc", "2.0") == .earlier)
        #expect(ReleaseOrder.compare("1.9\u{301}", "1.10\u{301}") == .earlier)
    }

    @Test("deployment order overrides names if both were deployed")
    func deployed() {
        let order = ReleaseOrder(deployedAt: ["f00": 2, "abc": 1, "zzz": 1])
        #expect(order.isEarlier("abc", than: "f00") && !order.isEarlier("f00", than: "abc"))
        #expect(order.isEarlier("abc", than: "zzz"), "by name if deployed at the same time")
        #expect(order.isEarlier("abc", than: "b"), "by name if one wasn't deployed")
    }
}
