import CoreMetrics
import Synchronization

/// The swift-metrics backend: keeps every metric in memory, and renders them in Prometheus' text format.
///
/// Labels become Prometheus names: any character other than a letter, digit, `_` or `:` becomes `_`. Counters and meters
/// keep their name. Timers are histograms in seconds whose name ends in `_seconds`. Recorders are histograms, or gauges if
/// they don't aggregate. Series are never removed: a counter that disappeared and came back would look like a restart.
public final class PrometheusMetrics: MetricsFactory {
    private let registry: Mutex<MetricRegistry>
    private let process: ProcessMetrics?

    /// - Parameters:
    ///   - help: Help texts, by the metric's name.
    ///   - maximumSeries: The most label sets per metric. Further ones are added up in one series with the label
    ///     `overflow="true"`, so totals stay correct; gauges leave them out. Each lookup of one is counted in
    ///     `metrics_overflow_total`.
    ///   - process: The source of the process metrics; nil for none.
    public init(help: [String: String] = [:], maximumSeries: Int = 2_000, process: ProcessMetrics? = ProcessMetrics()) {
        registry = Mutex(MetricRegistry(maximumSeries: maximumSeries, help: help))
        self.process = process
    }

    /// Adds help texts, by the metric's name.
    public func describe(_ texts: [String: String]) {
        registry.withLock { $0.help.merge(texts) { _, new in new } }
    }

    /// All metrics in text exposition format 0.0.4; serve them as `text/plain; version=0.0.4; charset=utf-8`. Metrics are in
    /// order of name, series in order of labels.
    ///
    /// - Source: https://prometheus.io/docs/instrumenting/exposition_formats/
    public func render() -> String {
        let registry = registry.withLock { $0 }
        let blocks = (process?.blocks() ?? []) + registry.blocks()
        return blocks.sorted { $0.name < $1.name }.map { $0.text(help: registry.help[$0.name]) }.joined()
    }

    // MARK: MetricsFactory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        counter(label).series(MetricLabels(dimensions)) { CounterSeries() }
    }

    public func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler {
        counter(label).series(MetricLabels(dimensions)) { CounterSeries() }
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label).series(MetricLabels(dimensions)) { GaugeSeries() }
    }

    public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        guard aggregate else { return gauge(label).series(MetricLabels(dimensions)) { GaugeSeries() } }
        let bounds = HistogramBounds.of(label)
        return histogram(label).series(MetricLabels(dimensions)) { HistogramSeries(bounds: bounds) }
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let name = label.hasSuffix("_seconds") ? label : label + "_seconds"
        return histogram(name).series(MetricLabels(dimensions)) { HistogramSeries(bounds: HistogramBounds.seconds) }
    }

    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}

    private func counter(_ label: String) -> MetricFamily<CounterSeries> {
        registry.withLock { $0.family(label, \.counters, suffix: "_counter") }
    }

    private func gauge(_ label: String) -> MetricFamily<GaugeSeries> {
        registry.withLock { $0.family(label, \.gauges, suffix: "_gauge") }
    }

    private func histogram(_ label: String) -> MetricFamily<HistogramSeries> {
        registry.withLock { $0.family(label, \.histograms, suffix: "_histogram") }
    }
}
