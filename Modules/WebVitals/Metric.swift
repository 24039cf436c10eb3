import Core

/// A Web Vital. Its raw value is the name in payloads, responses and storage.
///
/// - Source: thresholds at https://web.dev/articles/vitals and the articles on each metric, as of 2024 (INP in place of FID).
enum Metric: String, Sendable, CaseIterable {
    /// Largest Contentful Paint, First Contentful Paint: milliseconds since navigation.
    case lcp = "LCP", fcp = "FCP"
    /// Cumulative Layout Shift: the worst session window, without a unit.
    case cls = "CLS"
    /// Interaction to Next Paint, Time to First Byte: milliseconds.
    case inp = "INP", ttfb = "TTFB"

    static let names = allCases.map(\.rawValue)

    enum Rating: String, Sendable, CaseIterable {
        case good, needsImprovement = "needs-improvement", poor

        static let shape = Shape<Rating>.choice.named("VitalRating")
    }

    /// Values up to and including `good` are good, values above `poor` are poor.
    var thresholds: (good: Double, poor: Double) {
        switch self {
        case .lcp: (2_500, 4_000)
        case .fcp: (1_800, 3_000)
        case .cls: (0.1, 0.25)
        case .inp: (200, 500)
        case .ttfb: (800, 1_800)
        }
    }

    func rating(_ value: Double) -> Rating {
        value <= thresholds.good ? .good : value <= thresholds.poor ? .needsImprovement : .poor
    }

    /// The largest accepted value in milliseconds. If a page seems to take longer than ten minutes, the clock jumped or the computer slept.
    static let maximum: Double = 600_000

    /// The range of values that a browser can plausibly have measured. A layout shift is at most 1, and a session window of five seconds
    /// has at most 300 frames at 60 per second.
    var accepted: ClosedRange<Double> { self == .cls ? 0...300 : 0...Self.maximum }
}
