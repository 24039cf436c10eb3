import Foundation

/// A random generator that gives the same numbers for the same seed on every machine.
///
/// - Source: Sebastiano Vigna, SplitMix64, https://prng.di.unimi.it/splitmix64.c (public domain).
struct DemoRandom: Sendable {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mix(state)
    }

    /// A random-looking number that depends only on `value`.
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number in 0..<1.
    mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// A number in 0..<count.
    mutating func below(_ count: Int) -> Int {
        Int(truncatingIfNeeded: (UInt64(truncatingIfNeeded: count).multipliedFullWidth(by: next())).high)
    }

    /// Returns true with the given probability, 0...1.
    mutating func chance(_ probability: Double) -> Bool { unit() < probability }

    /// A random duration around `median`, with a long tail like the time people take. Its logarithm is normally distributed.
    mutating func time(median: Double) -> Double { median * Self.spread[Int(truncatingIfNeeded: next() >> 54)] }

    /// Factors for a standard deviation of 0.9: the exponentials of 1,024 quantiles of the normal distribution.
    private static let spread: [Double] = (0..<1_024).map { exp(0.9 * quantile((Double($0) + 0.5) / 1_024)) }

    /// The normal distribution's quantile, by bisection over the error function. Used only for the table above.
    private static func quantile(_ probability: Double) -> Double {
        var low = -8.0, high = 8.0
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if erfc(-middle / 2.0.squareRoot()) / 2 < probability { low = middle } else { high = middle }
        }
        return (low + high) / 2
    }

    /// A Poisson-distributed count with the given mean.
    mutating func poisson(_ mean: Double) -> Int {
        guard mean > 0 else { return 0 }
        if mean > 50 { return max(0, Int((mean + mean.squareRoot() * normal()).rounded())) }
        // Knuth's method: multiplies uniform numbers until the product falls below e^-mean.
        let limit = exp(-mean)
        var product = unit(), count = 0
        while product > limit {
            product *= unit()
            count += 1
        }
        return count
    }

    private mutating func normal() -> Double {
        // The sum of twelve uniform numbers has a variance of 1.
        (0..<12).reduce(-6) { sum, _ in sum + unit() }
    }
}

/// Elements with weights, for picking one at random.
struct Weighted<Element: Sendable>: Sendable {
    private let elements: [Element]
    /// Columns for Vose's alias method. A random number below a column's share selects the column's own element; a number above it
    /// selects another element.
    private let shares: [Double]
    private let others: [Int]

    init(_ entries: [(Element, Double)]) {
        elements = entries.map(\.0)
        let total = entries.reduce(0) { $0 + $1.1 }
        var scaled = entries.map { $0.1 * Double(entries.count) / total }
        var shares = [Double](repeating: 1, count: entries.count), others = Array(0..<entries.count)
        var small = scaled.indices.filter { scaled[$0] < 1 }, large = scaled.indices.filter { scaled[$0] >= 1 }
        while let less = small.popLast(), let more = large.popLast() {
            shares[less] = scaled[less]
            others[less] = more
            scaled[more] -= 1 - scaled[less]
            if scaled[more] < 1 { small.append(more) } else { large.append(more) }
        }
        self.shares = shares
        self.others = others
    }

    func pick(_ random: inout DemoRandom) -> Element { pick(random.next()) }

    /// The element that the random `number` selects.
    func pick(_ number: UInt64) -> Element {
        let place = Double(number >> 11) * 0x1p-53 * Double(elements.count)
        let column = min(Int(place), elements.count - 1)
        return elements[place - Double(column) < shares[column] ? column : others[column]]
    }
}
