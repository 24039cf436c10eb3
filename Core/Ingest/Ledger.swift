import Common
import Storage

/// What became of every event that arrived: received = stored + duplicate + refused + waiting. Those that were adjusted are among the stored,
/// duplicate and waiting ones.
public struct Ledger: Sendable {
    public struct Hour: Sendable, Encodable {
        public let hour: Instant
        public let received: Int64
        public let stored: Int64
        public let duplicate: Int64
        /// By reason.
        public let refused: [String: Int64]
        /// Not refused, and not kept quite as they were sent: by reason (`Adjustments`). An event with several counts under each.
        public let adjusted: [String: Int64]
        /// In the journal, and not yet in the event store.
        public let waiting: Int64
    }

    private let reports: Reports
    private let writer: IngestWriter
    private let counters: IngestCounters

    public init(reports: Reports, writer: IngestWriter, counters: IngestCounters) {
        self.reports = reports
        self.writer = writer
        self.counters = counters
    }

    /// One line for each hour of the range in which something arrived, oldest first. Hours are those of arrival, UTC.
    public func hours(of project: Int32, over range: TimeRange) async throws -> [Hour] {
        // Refusals too, which nobody waited for.
        await writer.flush()
        try await writer.settle()
        let rows = try await reports.ask(
            """
            /* ingest.ledger */ SELECT hour, outcome, reason, count FROM ingest_ledger
            WHERE project = \(Int64(project)) AND hour >= \(range.start.startOfHour.milliseconds) AND hour < \(range.end.milliseconds)
            ORDER BY hour, outcome, reason
            """, of: project)
        let asked = range.start.startOfHour.milliseconds..<max(range.start.startOfHour.milliseconds, range.end.milliseconds)
        let waiting = counters.waiting(of: project).filter { asked.contains($0.key) }
        let owed = counters.owed(of: project).filter { asked.contains($0.key) }
        let hours = Dictionary(grouping: rows) { $0.int("hour") }
        return Set(hours.keys).union(waiting.keys).union(owed.keys).sorted().map { hour in
            let lines = hours[hour] ?? []
            func count(_ outcome: LedgerEntry.Outcome) -> Int64 {
                lines.filter { $0.int("outcome") == Int64(outcome.rawValue) }.reduce(0) { $0 + $1.int("count") }
            }
            func reasons(_ outcome: LedgerEntry.Outcome) -> [String: Int64] {
                let told = lines.filter { $0.int("outcome") == Int64(outcome.rawValue) }
                return Dictionary(told.map { ($0.text("reason"), $0.int("count")) }) { $1 }  // exact: reasons are words of ours
            }
            let late = owed[hour] ?? [:], waits = waiting[hour] ?? 0
            return Hour(
                hour: Instant(milliseconds: hour), received: count(.received) + waits + late.values.reduce(0, +), stored: count(.stored),
                duplicate: count(.duplicate),
                refused: reasons(.refused).merging(late, uniquingKeysWith: +), adjusted: reasons(.adjusted), waiting: waits)
        }
    }
}
