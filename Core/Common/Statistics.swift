import Foundation

/// How sure a number is.
public enum Statistics {
    /// The 0.975 quantile of the standard normal distribution: 95 % lie within it on both sides.
    public static let z95 = 1.959963984540054

    /// The probability that a standard normal value is at most `z`.
    public static func normal(_ z: Double) -> Double { 0.5 * erfc(-z / 2.0.squareRoot()) }

    /// The probability of a value at least as far from 0 as `z` where nothing but chance is at work.
    public static func twoSided(_ z: Double) -> Double { min(1, erfc(abs(z) / 2.0.squareRoot())) }

    /// z of the difference of two proportions with the pooled variance; 0 where both are all or nothing.
    /// - Source: NIST/SEMATECH e-Handbook of Statistical Methods, 7.3.3
    public static func twoProportions(_ first: (successes: Int64, trials: Int64), _ second: (successes: Int64, trials: Int64)) -> Double {
        guard first.trials > 0, second.trials > 0 else { return 0 }
        let n1 = Double(first.trials), n2 = Double(second.trials)
        let pooled = Double(first.successes + second.successes) / (n1 + n2)
        let variance = pooled * (1 - pooled) * (1 / n1 + 1 / n2)
        return variance > 0 ? (Double(first.successes) / n1 - Double(second.successes) / n2) / variance.squareRoot() : 0
    }
}

/// A rate's 95 % confidence interval, in percent: with few visitors it is wide, and a difference inside it says little.
public struct ConfidenceInterval: Encodable, Sendable, Equatable {
    public let low: Double, high: Double

    /// Wilson's score interval for `successes` of `trials`; 0 to 100 of no trials.
    /// - Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212
    public init(_ successes: Int64, of trials: Int64) {
        guard trials > 0 else {
            (low, high) = (0, 100)
            return
        }
        let n = Double(trials), p = Double(successes) / n, z = Statistics.z95
        let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        // Exactly 0 and 100 at the ends, where rounding would leave a trace.
        low = successes == 0 ? 0 : Rounded.twoDecimals(max(0, centre - half) * 100)
        high = successes == trials ? 100 : Rounded.twoDecimals(min(1, centre + half) * 100)
    }

    public static let schema = Schema.object([
        .required("low", .number(0...100)), .required("high", .number(0...100)),
    ])
}
