import CoreMetrics
import Synchronization

/// The values for one set of labels.
protocol MetricSeries: AnyObject, Sendable {
    static var type: String { get }
    /// Whether values of several label sets may be added up in one series.
    static var canBeShared: Bool { get }
    /// Appends to `lines` the lines of the series with this name and these labels.
    func write(_ name: String, _ labels: String, into lines: inout String)
}

/// A number that only increases. Negative amounts are ignored.
final class CounterSeries: MetricSeries, CounterHandler, FloatingPointCounterHandler {
    static let type = "counter"
    static let canBeShared = true
    private let whole = Atomic<Int64>(0)
    private let rest = AtomicDouble()

    func increment(by amount: Int64) {
        if amount > 0 { whole.wrappingAdd(amount, ordering: .relaxed) }
    }

    func increment(by amount: Double) {
        if amount.isFinite, amount > 0 { rest.add(amount) }
    }

    func reset() {
        whole.store(0, ordering: .relaxed)
        rest.set(0)
    }

    func write(_ name: String, _ labels: String, into lines: inout String) {
        let whole = whole.load(ordering: .relaxed), rest = rest.value
        lines.append(metric: name, labels, rest == 0 ? String(whole) : (Double(whole) + rest).metricText)
    }
}

/// A number that can increase and decrease.
final class GaugeSeries: MetricSeries, MeterHandler, RecorderHandler {
    static let type = "gauge"
    static let canBeShared = false
    private let value = AtomicDouble()

    func set(_ value: Int64) { self.value.set(Double(value)) }
    func set(_ value: Double) { self.value.set(value) }
    func increment(by amount: Double) { value.add(amount) }
    func decrement(by amount: Double) { value.add(-amount) }
    func record(_ value: Int64) { self.value.set(Double(value)) }
    func record(_ value: Double) { self.value.set(value) }

    func write(_ name: String, _ labels: String, into lines: inout String) {
        lines.append(metric: name, labels, value.value.metricText)
    }
}

/// A histogram: counts values per bucket, and keeps their total number and sum.
final class HistogramSeries: MetricSeries, RecorderHandler, TimerHandler {
    private struct State {
        /// One count per bound, and one for values above all bounds. The counts are not cumulative.
        var counts: [UInt64]
        var sum = 0.0
    }

    static let type = "histogram"
    static let canBeShared = true
    /// Inclusive upper bounds, in ascending order.
    private let bounds: [Double]
    private let state: Mutex<State>

    init(bounds: [Double]) {
        self.bounds = bounds
        state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1)))
    }

    func record(_ value: Int64) { record(Double(value)) }
    func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

    func record(_ value: Double) {
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        state.withLock { state in
            state.counts[bucket] += 1
            state.sum += value
        }
    }

    func write(_ name: String, _ labels: String, into lines: inout String) {
        let state = state.withLock { $0 }
        let before = labels.isEmpty ? "" : labels + ","
        var count: UInt64 = 0
        for (bound, inside) in zip(bounds.map(\.metricText) + ["+Inf"], state.counts) {
            count += inside
            lines.append(metric: name + "_bucket", "\(before)le=\"\(bound)\"", String(count))
        }
        lines.append(metric: name + "_sum", labels, state.sum.metricText)
        lines.append(metric: name + "_count", labels, String(count))
    }
}

/// The bounds of histograms. The unit in a metric's name decides which bounds it gets.
enum HistogramBounds {
    /// From a millisecond (a flag evaluation) to half a minute (a large report).
    static let seconds: [Double] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]
    /// From 256 B to 64 MB, in factors of four.
    static let bytes: [Double] = (4...13).map { Double(1 << (2 * $0)) }
    /// From one to 100,000.
    static let amounts: [Double] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 100_000]

    static func of(_ label: String) -> [Double] {
        label.hasSuffix("_seconds") ? seconds : label.hasSuffix("_bytes") ? bytes : amounts
    }
}

/// A number that several threads can change concurrently.
final class AtomicDouble: Sendable {
    private let bits = Atomic<UInt64>(0)

    var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func add(_ amount: Double) {
        var current = bits.load(ordering: .relaxed)
        while true {
            let (isExchanged, original) = bits.weakCompareExchange(
                expected: current, desired: (Double(bitPattern: current) + amount).bitPattern, ordering: .relaxed)
            if isExchanged { return }
            current = original
        }
    }
}

extension Double {
    /// Formats the number as Prometheus does: `1`, `0.005`, `+Inf`.
    var metricText: String {
        if let whole = Int64(exactly: self) { return String(whole) }
        if isNaN { return "NaN" }
        return isFinite ? "\(self)" : self < 0 ? "-Inf" : "+Inf"
    }
}

extension String {
    fileprivate mutating func append(metric name: String, _ labels: String, _ value: String) {
        self += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }
}
