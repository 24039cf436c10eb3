import Common
import Foundation

/// A simple reference implementation of the core reports, made of lists and loops. Pulse must return the same numbers.
struct PlainReports {
    struct Row {
        let event: Traffic.Event
        let session: Int
        let source: String
        /// Position in the order of arrival.
        let arrival: Int
    }

    let rows: [Row]

    /// Assigns all events to sessions in one pass, in chronological order, and in order of arrival within an instant.
    init(_ traffic: Traffic) {
        var seen: Set<String> = [], rows: [Row] = [], sessions = 0
        let arrived = traffic.events.enumerated().filter { seen.insert($1.id).inserted }
        for (_, mine) in Dictionary(grouping: arrived, by: \.element.visitor) {
            var last: Int64?, source = ""
            for (arrival, event) in mine.sorted(by: { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }) {
                if last.map({ event.at - $0 > 1_800_000 }) ?? true {
                    sessions += 1
                    source = Self.source(event.referrer)
                }
                last = event.at
                rows.append(Row(event: event, session: sessions, source: source, arrival: arrival))
            }
        }
        self.rows = rows
    }

    private init(rows: [Row]) { self.rows = rows }

    private static func source(_ referrer: String) -> String {
        switch referrer {
        case "https://www.google.com/search?q=a": "google.com"
        case "https://news.ycombinator.com/": "news.ycombinator.com"
        default: "(direct)"
        }
    }

    func within(_ start: Int64, _ end: Int64) -> PlainReports {
        PlainReports(rows: rows.filter { $0.event.at >= start && $0.event.at < end })
    }

    func where_(_ condition: (Row) -> Bool) -> PlainReports { PlainReports(rows: rows.filter(condition)) }

    // MARK: Reports as the expected JSON. `chosen` picks the rows that a filter keeps.

    typealias Choice = (Row) -> Bool

    private var sessions: [[Row]] {
        Dictionary(grouping: rows, by: \.session).sorted { $0.key < $1.key }.map { _, rows in
            rows.sorted { ($0.event.at, $0.arrival) < ($1.event.at, $1.arrival) }
        }
    }

    func overview(_ chosen: Choice = { _ in true }) -> String {
        let picked = rows.filter(chosen)
        let whole = sessions.filter { $0.contains(where: chosen) }
        let bounces = whole.filter { $0.filter { $0.event.name == nil }.count == 1 }.count
        let milliseconds = whole.reduce(Int64(0)) { $0 + $1.last!.event.at - $1.first!.event.at }
        return #"{"avg_duration":\#(seconds(milliseconds, whole.count)),"bounce_rate":\#(percent(bounces, whole.count)),"#
            + #""events":\#(picked.filter { $0.event.name != nil }.count),"pageviews":\#(picked.filter { $0.event.name == nil }.count),"#
            + #""sessions":\#(whole.count),"visitors":\#(Set(picked.map(\.event.visitor)).count)}"#
    }

    func timeseries(_ labels: [String], label: (Int64) -> String) -> String {
        let points = labels.map { name in
            let mine = rows.filter { label($0.event.at) == name }
            return #"{"date":"\#(name)","pageviews":\#(mine.filter { $0.event.name == nil }.count),"#
                + #""sessions":\#(Set(mine.map(\.session)).count),"visitors":\#(Set(mine.map(\.event.visitor)).count)}"#
        }
        return #"{"data":[\#(points.joined(separator: ","))]}"#
    }

    private struct View { let row: Row; let milliseconds: Int64; let isFirst, isLast, isOnly: Bool }

    /// Every pageview with its duration: until the next one, or the last activity.
    private var views: [View] {
        sessions.flatMap { rows -> [View] in
            let pages = rows.filter { $0.event.name == nil }
            return pages.enumerated().map { index, row in
                let end = index + 1 < pages.count ? pages[index + 1].event.at : rows.last!.event.at
                return View(
                    row: row, milliseconds: end - row.event.at, isFirst: index == 0, isLast: index == pages.count - 1,
                    isOnly: pages.count == 1)
            }
        }
    }

    func pages(_ chosen: Choice = { _ in true }) -> String {
        let grouped = Dictionary(grouping: views.filter { chosen($0.row) }, by: \.row.event.path)
        let lines = grouped.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map { path, views in
            #"{"avg_duration":\#(seconds(views.reduce(0) { $0 + $1.milliseconds }, views.count)),"path":"\#(path)","#
                + #""unique_views":\#(Set(views.map(\.row.event.visitor)).count),"views":\#(views.count)}"#
        }
        return #"{"data":[\#(lines.joined(separator: ","))],"total":\#(grouped.count)}"#
    }

    func entryPages() -> String {
        ends(views.filter(\.isFirst), rate: "bounce_rate") { path, first in percent(first.filter(\.isOnly).count, first.count) }
    }

    func exitPages() -> String {
        let all = Dictionary(grouping: views, by: \.row.event.path)
        return ends(views.filter(\.isLast), rate: "exit_rate") { path, last in percent(last.count, all[path]!.count) }
    }

    private func ends(_ views: [View], rate: String, _ share: (String, [View]) -> String) -> String {
        let grouped = Dictionary(grouping: views, by: \.row.event.path)
        let lines = grouped.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map { path, views in
            let members = ["\"path\":\"\(path)\"", "\"sessions\":\(views.count)", "\"\(rate)\":\(share(path, views))"].sorted()
            return "{" + members.joined(separator: ",") + "}"
        }
        return #"{"data":[\#(lines.joined(separator: ","))],"total":\#(grouped.count)}"#
    }

    func sources() -> String {
        list(
            Dictionary(grouping: rows, by: \.source).mapValues { rows in
                (Set(rows.map(\.event.visitor)).count, rows.filter { $0.event.name == nil }.count)
            }
        ) { name, numbers in #"{"pageviews":\#(numbers.1),"source":"\#(name)","visitors":\#(numbers.0)}"# }
    }

    func events() -> String {
        list(
            Dictionary(grouping: rows.filter { $0.event.name != nil }, by: { $0.event.name! }).mapValues { rows in
                (rows.count, Set(rows.map(\.event.visitor)).count)
            }
        ) { name, numbers in #"{"count":\#(numbers.0),"name":"\#(name)","unique":\#(numbers.1)}"# }
    }

    private func list(_ groups: [String: (Int, Int)], _ line: (String, (Int, Int)) -> String) -> String {
        let lines = groups.sorted { ($1.value.0, $0.key) < ($0.value.0, $1.key) }.map { line($0.key, $0.value) }
        return #"{"data":[\#(lines.joined(separator: ","))]}"#
    }

    // MARK: Numbers

    private func seconds(_ milliseconds: Int64, _ count: Int) -> String {
        number(count == 0 ? 0 : (Double(milliseconds) / Double(count) / 1_000 * 10).rounded() / 10)
    }

    private func percent(_ part: Int, _ total: Int) -> String {
        number(total == 0 ? 0 : (Double(part) / Double(total) * 100 * 10).rounded() / 10)
    }

    private func number(_ value: Double) -> String { value == value.rounded() ? String(Int64(value)) : "\(value)" }
}
