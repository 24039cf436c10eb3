import Common
import Core
@testable import FunnelsModule
import TestSupport

/// A plain reference of a funnel: every attempt of every visitor, row by row.
struct PlainFunnel {
    typealias Row = RandomVisits.Activity

    /// How far a visitor got.
    struct Journey {
        let visitor: String
        let begun: Int64
        /// When each step was reached, in milliseconds since 1970.
        let reached: [Int64]
        /// The row of step 1.
        let first: Row
    }

    let funnel: Funnel
    let journeys: [Journey]

    init(_ funnel: Funnel, _ visits: RandomVisits) {
        self.funnel = funnel
        journeys = visits.byVisitor.compactMap { visitor, rows in
            var best: Journey?
            for start in rows.indices {
                guard
                    let attempt = funnel.order == .any ? Self.together(funnel, rows, from: start) : Self.inOrder(funnel, rows, from: start)
                else { continue }
                if attempt.reached.count > best?.reached.count ?? 0 { best = attempt }
            }
            return best
        }
    }

    private static func inOrder(_ funnel: Funnel, _ rows: [Row], from start: Int) -> Journey? {
        guard matches(rows[start], funnel.steps[0]) else { return nil }
        var reached = [rows[start].at], index = start + 1
        while reached.count < funnel.steps.count, index < rows.count {
            let row = rows[index]
            if isLate(funnel, row.at - rows[start].at) { break }
            if matches(row, funnel.steps[reached.count]) {
                reached.append(row.at)
            } else if funnel.order == .strict || isExcluded(funnel, row, after: reached.count) {
                break
            }
            index += 1
        }
        return Journey(visitor: rows[start].visitor, begun: rows[start].at, reached: reached, first: rows[start])
    }

    private static func together(_ funnel: Funnel, _ rows: [Row], from start: Int) -> Journey? {
        guard funnel.steps.contains(where: { matches(rows[start], $0) }) else { return nil }
        var done: [Row?] = funnel.steps.map { _ in nil }
        for index in start..<rows.count {
            let row = rows[index]
            if isLate(funnel, row.at - rows[start].at) { break }
            for (number, step) in funnel.steps.enumerated() where done[number] == nil && matches(row, step) { done[number] = row }
            if index > start, isExcluded(funnel, row, after: nil) { break }
        }
        let together = done.prefix { $0 != nil }.map { $0! }
        guard let first = together.first else { return nil }
        let reached = together.indices.map { together[...$0].map(\.at).max()! }
        return Journey(visitor: first.visitor, begun: rows[start].at, reached: reached, first: first)
    }

    private static func isLate(_ funnel: Funnel, _ milliseconds: Int64) -> Bool {
        funnel.windowSeconds.map { milliseconds > $0 * 1_000 } ?? false
    }

    private static func isExcluded(_ funnel: Funnel, _ row: Row, after step: Int?) -> Bool {
        funnel.exclusions.contains { ($0.afterStep == nil || $0.afterStep == step) && matches(row, $0.step) }
    }

    /// Supports only conditions on the property `plan`: equal to a text, or present.
    private static func matches(_ row: Row, _ step: Step) -> Bool {
        let value = step.value ?? ""
        guard step.kind == .event else {
            return row.name == nil && (value.hasSuffix("*") ? row.path.hasPrefix(value.dropLast()) : row.path == value)
        }
        return row.name == value
            && step.properties.allSatisfy { property in
                if property.comparison.operation == .exists { return row.plan != nil }
                guard case .text(let wanted)? = property.comparison.operands.first else { return false }
                return row.plan == wanted
            }
    }

    // MARK: Formatting

    /// One line per step, and one overall.
    func figures(_ value: ((Row) -> String, String)? = nil) -> [String] {
        let mine = journeys.filter { journey in value.map { $0.0(journey.first) == $0.1 } ?? true }
        let counts = funnel.steps.indices.map { step in mine.count { $0.reached.count > step } }
        let lines = funnel.steps.indices.map { step in
            let times = step == 0 ? [] : mine.filter { $0.reached.count > step }.map { $0.reached[step] - $0.reached[step - 1] }
            let before = step == 0 ? counts[0] : counts[step - 1]
            let rate = step == 0 ? 100 : Rounded.percentage(Int64(counts[step]), of: Int64(before))
            return "\(funnel.labels[step]) \(counts[step]) \(before - counts[step]) \(rate) \(Self.duration(times))"
        }
        let whole = mine.filter { $0.reached.count == funnel.steps.count }
        return lines + [
            "\(Rounded.percentage(Int64(whole.count), of: Int64(counts[0]))) \(Self.duration(whole.map { $0.reached.last! - $0.begun }))"
        ]
    }

    /// The first row's values with the most visitors.
    func values(_ value: (Row) -> String, limit: Int) -> [String] {
        let counts = Dictionary(grouping: journeys, by: { value($0.first) }).mapValues(\.count)
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(limit).map(\.key)
    }

    private static func duration(_ milliseconds: [Int64]) -> String {
        guard !milliseconds.isEmpty else { return "-" }
        let sorted = milliseconds.sorted()
        return [50, 90].map { "\(Double(sorted[(sorted.count * $0 + 99) / 100 - 1]) / 1_000)" }.joined(separator: "/")
    }

    /// The response in the same format.
    static func figures(_ json: JSON) -> [String] {
        func time(_ json: JSON) -> String { json["time_to_convert"].map { "\($0["median"]!.number!)/\($0["p90"]!.number!)" } ?? "-" }
        return json["steps"]!.elements.map {
            "\($0["label"]!.string!) \($0["visitors"]!.integer!) \($0["drop_off"]!.integer!) \($0["conversion_rate"]!.number!) \(time($0))"
        } + ["\(json["overall_conversion"]!.number!) \(time(json))"]
    }
}
