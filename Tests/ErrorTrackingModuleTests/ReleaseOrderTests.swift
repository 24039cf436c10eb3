@testable import ErrorTrackingModule
import Testing

@Suite("Order of releases")
struct ReleaseOrderTests {
    @Test("numbers count as numbers, and what a hyphen adds comes before", arguments: [
        ("1.9", "1.10"), ("2026.05.09", "2026.05.10"), ("2026-05-09", "2026-05-10"), ("v1", "v2"), ("1.0", "1.0.1"), ("2.0.0-rc.1", "2.0.0"),
        ("2.0.0-rc.2", "2.0.0-rc.10"), ("2.0.0-beta", "2.0.0-rc"), ("1.9.9", "2.0.0-rc.1"), ("web-9", "web-10"), ("99999999999999999998", "99999999999999999999"),
    ])
    func order(earlier: String, later: String) {
        let order = ReleaseOrder(deployedAt: [:])
        #expect(order.isEarlier(earlier, than: later))
        #expect(!order.isEarlier(later, than: earlier))
        #expect(!order.isEarlier(earlier, than: earlier))
    }

    @Test("deployment counts more than names, where both were deployed")
    func deployed() {
        let order = ReleaseOrder(deployedAt: ["f00": 2, "abc": 1, "zzz": 1])
        #expect(order.isEarlier("abc", than: "f00") && !order.isEarlier("f00", than: "abc"))
        #expect(order.isEarlier("abc", than: "zzz"), "by name where they were deployed at the same time")
        #expect(order.isEarlier("abc", than: "b"), "by name where one was not deployed")
    }
}
