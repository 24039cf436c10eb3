/// How answers round.
public enum Rounded {
    /// A share of `total` in percent, one decimal; 0 of nothing.
    public static func percentage(_ part: Int64, of total: Int64) -> Double {
        total == 0 ? 0 : oneDecimal(Double(part) / Double(total) * 100)
    }

    /// Milliseconds over a count, as seconds with one decimal; 0 for no count.
    public static func seconds(_ milliseconds: Int64, over count: Int64) -> Double {
        count == 0 ? 0 : oneDecimal(Double(milliseconds) / Double(count) / 1_000)
    }

    /// The arithmetic mean, one decimal; 0 for no count.
    public static func average(_ sum: Int64, over count: Int64) -> Double {
        count == 0 ? 0 : oneDecimal(Double(sum) / Double(count))
    }

    /// A share of `total` in percent, two decimals; 0 of nothing.
    public static func exactPercentage(_ part: Int64, of total: Int64) -> Double {
        total == 0 ? 0 : twoDecimals(Double(part) / Double(total) * 100)
    }

    /// A change in percent of what was there, one decimal; nil of nothing.
    public static func change(_ difference: Int64, from total: Int64) -> Double? {
        total == 0 ? nil : oneDecimal(Double(difference) / Double(total) * 100)
    }

    public static func twoDecimals(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    public static func fourDecimals(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }

    private static func oneDecimal(_ value: Double) -> Double { (value * 10).rounded() / 10 }
}
