import Foundation

/// Confidence intervals and significance tests.
public enum Statistics {
    /// The 0.975 quantile of the standard normal distribution: 95 % of the distribution lies within ± this value.
    public static let z95 = 1.959963984540054
}

extension Statistics {
    /// The two-sided p-value, 0...1, of the difference between the means of two samples, by Welch's t-test. Nil if it can't be computed: a
    /// sample has fewer than two values, or neither sample has any spread.
    /// - Source: NIST/SEMATECH e-Handbook of Statistical Methods, 7.3.1, with unequal variances
    public static func welch(_ first: [Double], _ second: [Double]) -> Double? {
        guard first.count > 1, second.count > 1 else { return nil }
        let one = spread(first), other = spread(second), sum = one.ofMean + other.ofMean
        guard sum > 0 else { return nil }
        let t = (one.mean - other.mean) / sum.squareRoot()
        let freedom =
            sum * sum
            / (one.ofMean * one.ofMean / Double(first.count - 1) + other.ofMean * other.ofMean / Double(second.count - 1))
        return student(t, freedom: freedom)
    }

    /// The mean of a sample, and the estimated variance of that mean.
    private static func spread(_ values: [Double]) -> (mean: Double, ofMean: Double) {
        let count = Double(values.count), mean = values.reduce(0, +) / count
        return (mean, values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (count - 1) / count)
    }

    /// The two-sided probability that a value of Student's t-distribution with `freedom` degrees of freedom is at least as far from 0 as
    /// `t`.
    public static func student(_ t: Double, freedom: Double) -> Double {
        incompleteBeta(freedom / 2, 0.5, at: freedom / (freedom + t * t))
    }

    /// The regularized incomplete beta function, by its continued fraction.
    /// - Source: NIST Digital Library of Mathematical Functions, 8.17.22; Lentz's method
    static func incompleteBeta(_ a: Double, _ b: Double, at x: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        // The continued fraction converges fast only on this side.
        guard x <= (a + 1) / (a + b + 2) else { return 1 - incompleteBeta(b, a, at: 1 - x) }
        let logarithm: Double = lgamma(a + b) - lgamma(a) - lgamma(b)
        let factor: Double = exp(logarithm + a * log(x) + b * log(1 - x)) / a
        let tiny = 1e-300
        var numerator = 1.0, denominator = 1 - (a + b) * x / (a + 1)
        denominator = 1 / (abs(denominator) < tiny ? tiny : denominator)
        var fraction = denominator
        for step in 1...500 {
            let m = Double(step), end: Double = a + 2 * m
            let even: Double = m * (b - m) * x / ((end - 1) * end)
            let odd: Double = -(a + m) * (a + b + m) * x / (end * (end + 1))
            for coefficient in [even, odd] {
                denominator = 1 + coefficient * denominator
                denominator = 1 / (abs(denominator) < tiny ? tiny : denominator)
                numerator = 1 + coefficient / numerator
                if abs(numerator) < tiny { numerator = tiny }
                fraction *= denominator * numerator
                if abs(denominator * numerator - 1) < 1e-15 { return factor * fraction }
            }
        }
        return factor * fraction
    }
}

/// The 95 % confidence interval of a rate, as percentages. With few visitors the interval is wide, and rates that differ by less than its
/// width may not really differ.
public struct ConfidenceInterval: Sendable, Equatable {
    /// The bounds, 0...100, with two decimals.
    public let low: Double, high: Double

    /// Wilson's score interval for `successes` out of `trials`; 0 to 100 if there are no trials.
    /// - Source: E. B. Wilson, Journal of the American Statistical Association 22 (1927), 209-212
    public init(_ successes: Int64, of trials: Int64) {
        guard trials > 0 else {
            (low, high) = (0, 100)
            return
        }
        let n = Double(trials), p = Double(successes) / n, z = Statistics.z95
        let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
        let half = z / (1 + z * z / n) * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
        // Returns exactly 0 and 100 at the ends, where floating point would leave a remainder.
        low = successes == 0 ? 0 : Rounded.twoDecimals(max(0, centre - half) * 100)
        high = successes == trials ? 100 : Rounded.twoDecimals(min(1, centre + half) * 100)
    }

    /// The interval as it appears in responses.
    public static let shape = Shape<ConfidenceInterval>([.required("low", \.low, .percentage), .required("high", \.high, .percentage)])
}
