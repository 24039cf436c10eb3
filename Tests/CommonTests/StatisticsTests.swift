import Common
import Testing

@Suite("Statistics")
struct StatisticsTests {
    /// - Source: Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
    @Test(
        "Wilson's interval matches published values",
        arguments: [
            (81, 263, 25.53, 36.62), (15, 148, 6.24, 16.05), (0, 20, 0, 16.11), (1, 29, 0.61, 17.18), (29, 29, 88.30, 100),
        ] as [(Int64, Int64, Double, Double)])
    func wilson(successes: Int64, trials: Int64, low: Double, high: Double) {
        let interval = ConfidenceInterval(successes, of: trials)
        #expect(abs(interval.low - low) < 0.011)
        #expect(abs(interval.high - high) < 0.011)
    }

    @Test("without trials the interval is 0 to 100")
    func nothing() {
        let interval = ConfidenceInterval(0, of: 0)
        #expect(interval.low == 0)
        #expect(interval.high == 100)
    }

    /// Two-sided critical values of Student's t-distribution.
    @Test(
        "Student's t-distribution matches the tables",
        arguments: [
            (12.7062, 1.0, 0.05), (2.2281, 10, 0.05), (3.1693, 10, 0.01), (2.0, 10, 0.07339), (1.9600, 1e7, 0.05),
        ])
    func student(t: Double, freedom: Double, probability: Double) {
        #expect(abs(Statistics.student(t, freedom: freedom) - probability) < 1e-4)
    }

    /// The expected probability comes from numerical integration of the density.
    @Test("Welch's test compares means, and returns nil if it can't")
    func welch() throws {
        let first = [27.5, 21.0, 19.0, 23.6, 17.0, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19.0, 21.7, 21.4]
        let second = [27.1, 22.0, 20.8, 23.4, 23.4, 23.5, 25.8, 22.0, 24.8, 20.2, 21.9, 22.1, 22.9, 30.0, 23.9]
        let p = try #require(Statistics.welch(first, second))
        #expect(abs(p - 0.00845273243744471) < 1e-9)
        #expect(Statistics.welch([1], [2, 3]) == nil)
        #expect(Statistics.welch([4, 4], [4, 4]) == nil)
    }
}
