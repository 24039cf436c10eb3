import Common
import Storage
import Synchronization

/// Answers the statements of scopes: waits for the writer, and keeps answers until facts in their range change.
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

    /// - Parameters:
    ///   - settle: waits until what is acknowledged for the project is there, though not for long; as of when what is there is, where
    ///     that took too long.
    ///   - version: grows whenever facts of the project in the range change; nil where this host can't know, because others
    ///     write too: then nothing is kept.
    public init(
        events: any EventStore, timeoutSeconds: Double, maximumBytes: Int, settle: @escaping @Sendable (Int32) async throws -> Instant?,
        version: @escaping @Sendable (Int32, TimeRange) -> Int64?
    ) {
        self.events = events
        self.timeoutSeconds = timeoutSeconds
        self.maximumBytes = maximumBytes
        self.settle = settle
        self.version = version
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
        guard maximumBytes > 0, let version = version(project, range) else { return try await ask(statement) }
        let (text, values) = statement.rendered(for: dialect)
        let question = Question(text: ExactText(text), values: values)
        if let rows = kept(question, version) { return rows }
        let rows = try await ask(statement)
        keep(rows, for: question, version)
        return rows
    }

    func bound(of project: Int32) async throws -> Int64? { try await events.visitorBound(of: project) }

    private func ask(_ statement: SQL) async throws -> Rows {
        do { return try await events.query(statement, timeoutSeconds: timeoutSeconds) } catch let timeout as QueryTimeout {
            throw ServiceError.unavailable(
                "query_timeout",
                "The report took longer than \(Int(timeout.seconds)) seconds and was stopped. Ask for a shorter range or fewer filters.",
                retryAfterSeconds: 5)
        }
    }

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
