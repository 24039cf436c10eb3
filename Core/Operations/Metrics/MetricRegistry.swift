/// Holds all metrics by name.
struct MetricRegistry {
    var counters: [String: MetricFamily<CounterSeries>] = [:]
    var gauges: [String: MetricFamily<GaugeSeries>] = [:]
    var histograms: [String: MetricFamily<HistogramSeries>] = [:]
    /// The largest number of series per metric.
    let maximumSeries: Int
    /// The help text of each metric, by name.
    var help: [String: String]

    init(maximumSeries: Int, help: [String: String]) {
        self.maximumSeries = maximumSeries
        self.help = help
    }

    /// Returns the metric named `label`, and creates it if missing. A name can have only one type, so `suffix` is appended if a metric of
    /// another type has the name.
    mutating func family<Series>(
        _ label: String, _ own: WritableKeyPath<MetricRegistry, [String: MetricFamily<Series>]>, suffix: String
    ) -> MetricFamily<Series> {
        var name = MetricLabels.metricName(label)
        if let family = self[keyPath: own][name] { return family }
        if counters[name] != nil || gauges[name] != nil || histograms[name] != nil { name += suffix }
        if let family = self[keyPath: own][name] { return family }
        let family = MetricFamily<Series>(name: name, maximumSeries: maximumSeries)
        self[keyPath: own][name] = family
        return family
    }

    /// Returns every metric in Prometheus' text format, in no particular order.
    func blocks() -> [MetricBlock] {
        var blocks: [MetricBlock] = []
        var overflowed: [(name: String, count: Int)] = []
        func add<Series>(_ families: [String: MetricFamily<Series>]) {
            for family in families.values {
                blocks.append(family.block())
                if family.overflowed > 0 { overflowed.append((family.name, family.overflowed)) }
            }
        }
        add(counters)
        add(gauges)
        add(histograms)
        if !overflowed.isEmpty { blocks.append(Self.overflow(overflowed)) }
        return blocks
    }

    private static func overflow(_ counts: [(name: String, count: Int)]) -> MetricBlock {
        MetricBlock(
            name: "metrics_overflow_total", type: "counter", help: "Lookups of label sets beyond a metric's limit.",
            lines: counts.sorted { $0.name < $1.name }.map { "metrics_overflow_total{metric=\"\($0.name)\"} \($0.count)\n" }.joined())
    }
}
