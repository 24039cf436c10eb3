import Foundation

/// How long tests with random input run: briefly in `make test`, much longer in `make soak`.
package enum Effort {
    package static let isLong = ProcessInfo.processInfo.environment["PULSE_TEST_EFFORT"] == "long"

    /// Seeds for tests that need no store, starting at 1: `brief` or `long` of them.
    package static func seeds(_ brief: Int, long: Int) -> [UInt64] { (1...UInt64(isLong ? long : brief)).map { $0 } }

    /// The number of rounds of a loop: `brief` or `long`.
    package static func rounds(_ brief: Int, long: Int) -> Int { isLong ? long : brief }

    /// Pairs of profile and seed. In brief runs, the embedded profile gets every seed. The server profile, which runs the same statements,
    /// gets only the last one.
    /// - Parameter first: the first seed.
    package static func runs(_ brief: Int = 2, long: Int = 20, from first: UInt64 = 1) -> [(profile: Profile, seed: UInt64)] {
        let seeds = seeds(brief, long: long).map { $0 + first - 1 }
        return Profile.available.flatMap { profile in (profile == .embedded || isLong ? seeds : [seeds.last!]).map { (profile, $0) } }
    }

    /// The items that a run with this seed tries: all of them in long runs, every second one in brief runs. Two seeds in succession
    /// together try all of them.
    package static func share<Item>(_ items: [Item], of seed: UInt64) -> [Item] {
        isLong ? items : items.indices.filter { (UInt64($0) + seed).isMultiple(of: 2) }.map { items[$0] }
    }
}
