import CoreMetrics
import Synchronization

/// A backend for swift-metrics that keeps all metrics in memory and renders them in Prometheus' text format.
///
/// Names become Prometheus names: any character other than a letter, digit, `_` or `:` is replaced by `_`. Counters and meters keep their
/// name. Timers are histograms in seconds, and their name ends in `_seconds`. Recorders are histograms, or gauges if they don't aggregate.
/// Series are never removed, because a counter that disappeared and came back would look like a restart.
public final class PrometheusMetrics: MetricsFactory {
    private let registry: Mutex<MetricRegistry>
    private let process: ProcessMetrics?

    /// - Parameters:
    ///   - help: Help texts, by metric name.
    ///   - maximumSeries: The most label sets per metric. Values of further label sets are added up in one series with the label
    ///     `overflow="true"`, so totals stay correct. Gauges drop such values. Each lookup of a label set beyond the limit is counted in
    ///     `metrics_overflow_total`.
    ///   - process: Where the metrics of the process come from; nil to leave them out.
    public init(help: [String: String] = [:], maximumSeries: Int = 2_000, process: ProcessMetrics? = ProcessMetrics()) {
        registry = Mutex(MetricRegistry(maximumSeries: maximumSeries, help: help))
        self.process = process
    }

    /// Adds help texts, by metric name.
    public func describe(_ texts: [String: String]) {
        registry.withLock { $0.help.merge(texts) { _, new in new } }
    }

    /// Returns all metrics in text exposition format 0.0.4, to be served as `text/plain; version=0.0.4; charset=utf-8`. Metrics are in
    /// order of name, and series in order of labels.
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
