/// Rounds the numbers in responses.
public enum Rounded {
    /// `part` as a percentage of `total`; 0 if `total` is 0.
    /// - Parameter decimals: 1 or 2.
    public static func percentage(_ part: Int64, of total: Int64, decimals: Int = 1) -> Double {
        guard total != 0 else { return 0 }
        let percentage = Double(part) / Double(total) * 100
        return decimals == 1 ? oneDecimal(percentage) : twoDecimals(percentage)
    }

    /// The mean of `count` durations, given their sum in milliseconds, in seconds with one decimal; 0 if `count` is 0.
    public static func seconds(_ milliseconds: Int64, over count: Int64) -> Double {
        count == 0 ? 0 : oneDecimal(Double(milliseconds) / Double(count) / 1_000)
    }

    /// The arithmetic mean with one decimal; 0 if `count` is 0.
    public static func average(_ sum: Int64, over count: Int64) -> Double {
        count == 0 ? 0 : oneDecimal(Double(sum) / Double(count))
    }

    /// `difference` as a percentage of the previous `total`, with one decimal; nil if `total` is 0.
    public static func change(_ difference: Int64, from total: Int64) -> Double? {
        total == 0 ? nil : oneDecimal(Double(difference) / Double(total) * 100)
    }

    /// `value` rounded to two decimals.
    public static func twoDecimals(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    /// `value` rounded to four decimals.
    public static func fourDecimals(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }

    private static func oneDecimal(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
