import Common
import Storage
import Synchronization

/// Answers the statements of scopes: waits for the writer, keeps answers until facts in their range change, and gives projects their turn.
public final class Reports: ReportReader {
    private struct Question: Hashable {
        let text: ExactText
        let values: [Value]
    }

    private struct Kept {
        let rows: Rows
        let version: Int64
        let bytes: Int
        var used: Int64
    }

    private struct Cache {
        var kept: [Question: Kept] = [:]
        var bytes = 0
        var clock: Int64 = 0
    }

    private let events: any EventStore
    let settle: @Sendable (Int32) async throws -> Instant?
    private let version: @Sendable (Int32, TimeRange) -> Int64?
    private let timeoutSeconds: Double
    private let maximumBytes: Int
    private let cache = Mutex(Cache())
    private let turns: FairSemaphore

    /// Statements of one project that may wait for their turn.
    private static let maximumWaiting = 256

    /// - Parameters:
    ///   - readers: statements that the store computes at a time. A project has all but one of them at most, so that another's statement, and
    ///     what the writer looks up, never waits for those of one project.
    ///   - settle: waits until what is acknowledged for the project is there, though not for long; as of when what is there is, where
    ///     that took too long.
    ///   - version: grows whenever facts of the project in the range change; nil where this host can't know, because others
    ///     write too: then nothing is kept.
    public init(
        events: any EventStore, readers: Int, timeoutSeconds: Double, maximumBytes: Int,
        settle: @escaping @Sendable (Int32) async throws -> Instant?, version: @escaping @Sendable (Int32, TimeRange) -> Int64?
    ) {
        self.events = events
        self.timeoutSeconds = timeoutSeconds
        self.maximumBytes = maximumBytes
        self.settle = settle
        self.version = version
        turns = FairSemaphore(permits: readers, permitsOfGroup: max(1, readers - 1), waitersOfGroup: Self.maximumWaiting)
    }

    public var dialect: Dialect { events.dialect }

    public func rows(_ statement: SQL, of project: Int32, over range: TimeRange) async throws -> Rows {
        try await forOneAnswer().rows(statement, of: project, over: range)
    }

    public func visitorBound(of project: Int32) async throws -> Int64? { try await forOneAnswer().visitorBound(of: project) }

    public func forOneAnswer() -> any ReportReader { AnswerReports(self) }

    // MARK: For one answer

    func answer(_ statement: SQL, of project: Int32, over range: TimeRange) async throws -> Rows {
        // Taken before the statement runs: what is applied meanwhile makes the answer old, never new.
        guard maximumBytes > 0, let version = version(project, range) else { return try await ask(statement, of: project) }
        let (text, values) = statement.rendered(for: dialect)
        let question = Question(text: ExactText(text), values: values)
        if let rows = kept(question, version) { return rows }
        let rows = try await ask(statement, of: project)
        keep(rows, for: question, version)
        return rows
    }

    func bound(of project: Int32) async throws -> Int64? { try await events.visitorBound(of: project) }

    /// Statements that wait for their turn.
    var waiting: Int { turns.waiting }

    /// Asks the store when it is the project's turn. The wait counts as part of the time that a statement may take.
    func ask(_ statement: SQL, of project: Int32) async throws -> Rows {
        let limit = Duration.seconds(timeoutSeconds), start = ContinuousClock.now
        do {
            return try await turns.withPermit(of: String(project), within: limit) {
                let left = (limit - (ContinuousClock.now - start)) / .seconds(1)
                return try await events.query(statement, timeoutSeconds: max(left, 0.001))
            }
        } catch FairSemaphore.Refusal.crowded {
            throw Self.crowded
        } catch where error is QueryTimeout || error as? FairSemaphore.Refusal == .late {
            throw ServiceError.unavailable(
                "query_timeout",
                "The report took longer than \(Int(timeoutSeconds)) seconds and was stopped. Ask for a shorter range or fewer filters.",
                retryAfterSeconds: 5)
        }
    }

    private static let crowded = ServiceError.unavailable(
        "event_store_busy", "\(maximumWaiting) statements of the project wait already. Try again in a few seconds.", retryAfterSeconds: 2)

    private func kept(_ question: Question, _ version: Int64) -> Rows? {
        cache.withLock { cache in
            guard let found = cache.kept[question] else { return nil }
            guard found.version == version else {
                cache.bytes -= found.bytes
                cache.kept[question] = nil
                return nil
            }
            cache.clock += 1
            cache.kept[question]?.used = cache.clock
            return found.rows
        }
    }

    private func keep(_ rows: Rows, for question: Question, _ version: Int64) {
        let bytes = question.text.text.utf8.count + rows.values.reduce(0) { total, row in
            total + row.reduce(64) { $0 + 32 + ($1.text?.utf8.count ?? 0) }
        }
        // One answer may not push out everything else.
        guard bytes <= maximumBytes / 8 else { return }
        cache.withLock { cache in
            cache.clock += 1
            if let old = cache.kept[question] { cache.bytes -= old.bytes }
            cache.kept[question] = Kept(rows: rows, version: version, bytes: bytes, used: cache.clock)
            cache.bytes += bytes
            guard cache.bytes > maximumBytes else { return }
            for (old, entry) in cache.kept.sorted(by: { $0.value.used < $1.value.used }) where cache.bytes > maximumBytes * 3 / 4 {
                cache.bytes -= entry.bytes
                cache.kept[old] = nil
            }
        }
    }
}
