import Synchronization

/// All series of one metric: one for each set of labels, up to a bound.
final class MetricFamily<Series: MetricSeries>: Sendable {
    private struct State {
        /// By the labels as they are written.
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

    /// Look-ups of label sets for which there was no room.
    var overflowed: Int { state.withLock { $0.overflowed } }

    /// The series of `labels`; when there are too many, the one that they share.
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

    func block() -> MetricBlock {
        let (series, overflow) = state.withLock { ($0.series, Series.canBeShared ? $0.overflow : nil) }
        var lines = ""
        for (labels, series) in series.sorted(by: { $0.key < $1.key }) { series.write(name, labels, into: &lines) }
        overflow?.write(name, #"overflow="true""#, into: &lines)
        return MetricBlock(name: name, type: Series.type, help: nil, lines: lines)
    }
}

/// One metric as it is shown.
struct MetricBlock {
    let name: String
    let type: String
    /// Shown when nobody has registered another text.
    let help: String?
    /// Each with its end.
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
