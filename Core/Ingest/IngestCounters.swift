import Common
import Metrics
import Questions
@_spi(Host) import Storage
import Synchronization

/// Counts what collection does. The metrics are totals over all projects since the process started. Per project, this holds the events not
/// applied yet, unwritten ledger entries, and versions of the facts.
@_spi(Host) public final class IngestCounters: Sendable {
    private let receivedTotal, storedTotal, duplicateTotal: Counter
    private let waitingGauge: Gauge
    private let refusedTotals: [String: Counter]
    private let adjustedTotals: [String: Counter]
    private let versions = Mutex<[Int32: ProjectVersions]>([:])
    /// Ledger entries that the journal could not accept.
    private let unwritten = Mutex<[RefusedEvents.Place: [String: Int]]>([:])
    /// Events in the journal that are not applied yet, by project and hour of arrival.
    private let waiting = Mutex(Waiting())

    private struct Waiting {
        var counts: [Int32: [Int64: Int64]] = [:]
        var total: Int64 = 0
    }

    /// What became of events whose senders wait to learn it.
    let awaited = AwaitedEvents()

    /// - Parameter reasons: the modules' reasons to drop events.
    public init(metrics: any MetricsFactory, reasons: [DropReason] = []) {
        receivedTotal = Counter(label: "ingest_received_events_total", dimensions: [], factory: metrics)
        storedTotal = Counter(label: "ingest_stored_events_total", dimensions: [], factory: metrics)
        duplicateTotal = Counter(label: "ingest_duplicate_events_total", dimensions: [], factory: metrics)
        waitingGauge = Gauge(label: "ingest_waiting_events", dimensions: [], factory: metrics)
        adjustedTotals = Dictionary(
            // exact: reasons are named in our source
            uniqueKeysWithValues: Adjustments.reasons.map {
                ($0.name, Counter(label: "ingest_adjusted_events_total", dimensions: [("reason", $0.name)], factory: metrics))
            })
        refusedTotals = Dictionary(
            (DropReason.core + reasons).map {
                ($0.name, Counter(label: "ingest_dropped_events_total", dimensions: [("reason", $0.name)], factory: metrics))
            }
        ) { first, _ in first }
    }

    func received(_ count: Int) { receivedTotal.increment(by: count) }
    func adjusted(_ reason: String, _ count: Int) { adjustedTotals[reason]?.increment(by: count) }
    func refused(_ reason: String, _ count: Int) { refusedTotals[reason]?.increment(by: count) }

    /// Counts events that entered the journal or, if the number is negative, left it.
    func kept(_ count: Int64, of project: Int32, at hour: Int64) {
        guard count != 0 else { return }
        let total = waiting.withLock { waiting in
            let left = (waiting.counts[project]?[hour] ?? 0) + count
            waiting.counts[project, default: [:]][hour] = left == 0 ? nil : left
            waiting.total += count
            return waiting.total
        }
        waitingGauge.record(total)
    }

    /// Keeps ledger entries in memory until the journal accepts them.
    func addUnwritten(_ refused: RefusedEvents) {
        unwritten.withLock { $0[refused.place, default: [:]].merge(refused.refusals, uniquingKeysWith: +) }
    }

    /// Removes and returns the ledger entries kept in memory.
    func takeUnwritten() -> [RefusedEvents] {
        unwritten.withLock { unwritten in
            guard !unwritten.isEmpty else { return [] }
            defer { unwritten = [:] }
            return unwritten.map { RefusedEvents(place: $0, refusals: $1) }
        }
    }

    /// Refused events of `project` whose ledger entries are still in memory, by hour of arrival and reason.
    func unwritten(of project: Int32) -> [Int64: [String: Int64]] {
        unwritten.withLock { unwritten in
            Dictionary(uniqueKeysWithValues: unwritten.filter { $0.key.project == project }.map { ($0.hour, $1.mapValues(Int64.init)) })
        }
    }

    /// Counts events that were already in the journal when this process started.
    func kept(_ rows: [EncodedRow]) {
        for row in rows {
            let header = row.read { header, _ in header }
            if header.role == .event { kept(1, of: header.project, at: header.hour) }
        }
    }

    /// Number of events of `project` that are not applied yet, by hour of arrival.
    public func waiting(of project: Int32) -> [Int64: Int64] { waiting.withLock { $0.counts[project] ?? [:] } }

    /// Counts a batch that the event store has applied.
    func applied(rows: [EncodedRow], duplicates: [Bool]) {
        var stored = 0, repeated = 0
        var touched: [Int32: Set<Int64>] = [:]
        var left: [Int32: [Int64: Int64]] = [:]
        let isAwaited = !awaited.isEmpty
        for (row, isDuplicate) in zip(rows, duplicates) {
            let (header, day) = row.read { header, cursor -> (EncodedRow.Header, Int64) in
                _ = cursor.next()
                guard case .int(let at)? = cursor.next() else { return (header, 0) }
                return (header, at / ProjectVersions.dayMilliseconds)
            }
            touched[header.project, default: []].insert(day)
            guard header.role == .event else { continue }
            left[header.project, default: [:]][header.hour, default: 0] += 1
            if isDuplicate { repeated += 1 } else { stored += 1 }
            if isAwaited, let id = header.eventID { awaited.note(id, isDuplicate: isDuplicate) }
        }
        storedTotal.increment(by: stored)
        duplicateTotal.increment(by: repeated)
        for (project, hours) in left { for (hour, count) in hours { kept(-count, of: project, at: hour) } }
        versions.withLock { versions in
            for (project, days) in touched { versions[project, default: ProjectVersions()].touch(days) }
        }
    }

    /// Counts rows that are not stored, because their visitors were erased.
    func erased(_ rows: [EncodedRow]) {
        for header in rows.lazy.map(\.header) where header.role == .event {
            refused(DropReason.erased.name, 1)
            kept(-1, of: header.project, at: header.hour)
            if let id = header.eventID { awaited.note(id, isDuplicate: true) }
        }
    }

    /// A number that increases whenever facts of `project` in `range` change.
    public func version(of project: Int32, over range: TimeRange) -> Int64 {
        versions.withLock { $0[project]?.version(over: range) ?? 0 }
    }

    /// Records that facts of `project` changed for a reason other than new rows: erasure, retention, restore or merged sessions.
    public func changed(project: Int32) {
        versions.withLock { $0[project, default: ProjectVersions()].touchAll() }
    }
}

/// For each day of a project, the number of the last change to its facts.
struct ProjectVersions {
    static let dayMilliseconds: Int64 = 86_400_000
    private var latest: Int64 = 0
    private var all: Int64 = 0
    private var days: [Int64: Int64] = [:]

    mutating func touch(_ changed: Set<Int64>) {
        latest += 1
        for day in changed { days[day] = latest }
    }

    mutating func touchAll() {
        latest += 1
        all = latest
    }

    func version(over range: TimeRange) -> Int64 {
        let first = range.start.milliseconds / Self.dayMilliseconds, last = (range.end.milliseconds - 1) / Self.dayMilliseconds
        var version = all
        if last - first > Int64(days.count) {
            for (day, changed) in days where day >= first && day <= last { version = max(version, changed) }
        } else {
            for day in first...max(first, last) { version = max(version, days[day] ?? 0) }
        }
        return version
    }
}
