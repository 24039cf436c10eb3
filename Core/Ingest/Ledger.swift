import Common
@_spi(Host) import Questions
@_spi(Host) import Storage

/// Accounts for every event received: received = stored + duplicate + refused + waiting. Adjusted events are not a separate group: they are
/// also counted as stored, duplicate or waiting.
@_spi(Host) public struct Ledger: Sendable {
    /// Number of events that arrived in one hour, by outcome.
    public struct Hour: Sendable {
        /// Start of the hour, UTC.
        public let hour: Instant
        /// All events that arrived.
        public let received: Int64
        /// Events stored for the first time.
        public let stored: Int64
        /// Events left out because an event with the same id was stored before.
        public let duplicate: Int64
        /// Events refused or dropped, by reason (`DropReason`).
        public let refused: [String: Int64]
        /// Events kept with changes, by reason (`Adjustments`). An event with several changes counts under each.
        public let adjusted: [String: Int64]
        /// Events in the journal that are not in the event store yet.
        public let waiting: Int64

        /// The hour as a response.
        /// - Parameter refused: what the reasons of refused events mean.
        public static func shape(refused: String) -> Shape<Hour> {
            Shape([
                .required("hour", \.hour, .timestamp), .required("received", \.received, .count), .required("stored", \.stored, .count),
                .required("duplicate", \.duplicate, .count), .required("refused", \.refused, .map(.count), refused),
                .required("adjusted", \.adjusted, .map(.count), "Events that were changed so they could be stored, by reason."),
                .required("waiting", \.waiting, .count),
            ])
        }
    }

    private let reports: Reports
    private let writer: IngestWriter
    private let counters: IngestCounters

    public init(reports: Reports, writer: IngestWriter, counters: IngestCounters) {
        self.reports = reports
        self.writer = writer
        self.counters = counters
    }

    /// Returns one entry for each hour of the range in which an event arrived, oldest first. Hours are hours of arrival in UTC.
    public func hours(of project: Int32, over range: TimeRange) async throws -> [Hour] {
        // Makes sure that refusals are included, because no request waited until their ledger entries were written.
        await writer.flush()
        try await writer.settle()
        let rows = try await reports.ask(
            """
            /* ingest.ledger */ SELECT hour, outcome, reason, count FROM ingest_ledger
            WHERE project = \(Int64(project)) AND hour >= \(range.start.startOfHour.milliseconds) AND hour < \(range.end.milliseconds)
            ORDER BY hour, outcome, reason
            """, of: project)
        let span = range.start.startOfHour.milliseconds..<max(range.start.startOfHour.milliseconds, range.end.milliseconds)
        let waiting = counters.waiting(of: project).filter { span.contains($0.key) }
        let notWritten = counters.unwritten(of: project).filter { span.contains($0.key) }
        let hours = Dictionary(grouping: rows) { $0.int("hour") }
        return Set(hours.keys).union(waiting.keys).union(notWritten.keys).sorted().map { hour in
            let lines = hours[hour] ?? []
            func count(_ outcome: LedgerEntry.Outcome) -> Int64 {
                lines.filter { $0.int("outcome") == Int64(outcome.rawValue) }.reduce(0) { $0 + $1.int("count") }
            }
            func reasons(_ outcome: LedgerEntry.Outcome) -> [String: Int64] {
                let counted = lines.filter { $0.int("outcome") == Int64(outcome.rawValue) }
                // exact: reasons are named in our source
                return Dictionary(counted.map { ($0.text("reason"), $0.int("count")) }) { $1 }
            }
            let unwritten = notWritten[hour] ?? [:], unapplied = waiting[hour] ?? 0
            return Hour(
                hour: Instant(milliseconds: hour), received: count(.received) + unapplied + unwritten.values.reduce(0, +),
                stored: count(.stored),
                duplicate: count(.duplicate),
                refused: reasons(.refused).merging(unwritten, uniquingKeysWith: +), adjusted: reasons(.adjusted), waiting: unapplied)
        }
    }
}
