import Synchronization

/// All series of one metric. There is one series per set of labels, up to a limit.
final class MetricFamily<Series: MetricSeries>: Sendable {
    private struct State {
        /// The series by the text of their labels.
        var series: [String: Series] = [:]
        var overflow: Series?
        var overflowed = 0
    }

    let name: String
    private let maximumSeries: Int
    private let state = Mutex(State())

    init(name: String, maximumSeries: Int) {
        self.name = name
        self.maximumSeries = maximumSeries
    }

    /// How many lookups asked for label sets beyond the limit.
    var overflowed: Int { state.withLock { $0.overflowed } }

    /// The series for `labels`. All label sets beyond the limit share one series.
    func series(_ labels: MetricLabels, make: () -> Series) -> Series {
        state.withLock { state in
            if let series = state.series[labels.text] { return series }
            if state.series.count < maximumSeries {
                let series = make()
                state.series[labels.text] = series
                return series
            }
            state.overflowed += 1
            let series = state.overflow ?? make()
            state.overflow = series
            return series
        }
    }

    /// Returns the metric in Prometheus' text format.
    func block() -> MetricBlock {
        let (series, overflow) = state.withLock { ($0.series, Series.canBeShared ? $0.overflow : nil) }
        var lines = ""
        for (labels, series) in series.sorted(by: { $0.key < $1.key }) { series.write(name, labels, into: &lines) }
        overflow?.write(name, #"overflow="true""#, into: &lines)
        return MetricBlock(name: name, type: Series.type, help: nil, lines: lines)
    }
}

/// One metric, rendered in Prometheus' text format.
struct MetricBlock {
    let name: String
    let type: String
    /// The help text to use unless another one is registered.
    let help: String?
    /// One line per sample, each ending in a line break.
    let lines: String

    func text(help registered: String?) -> String {
        var text = ""
        if let help = registered ?? help { text += "# HELP \(name) \(Self.escaped(help))\n" }
        return text + "# TYPE \(name) \(type)\n" + lines
    }

    private static func escaped(_ help: String) -> String {
        help.unicodeScalars.reduce(into: "") { text, scalar in
            switch scalar {
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(scalar)
            }
        }
    }
}
