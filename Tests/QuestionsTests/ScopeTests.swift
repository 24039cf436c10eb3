import Common
@_spi(Scopes) import Questions
import Storage
import Synchronization
import Testing

@Suite("Scope")
struct ScopeTests {
    /// Returns no rows, and records the ranges of all queries.
    private final class Recorder: ReportReader {
        let ranges = Mutex<[TimeRange]>([])

        var dialect: Dialect { .duckdb }

        func rows(_ statement: SQL, of project: Int32, over range: TimeRange) async throws -> Rows {
            ranges.withLock { $0.append(range) }
            return Rows(columns: [], values: [])
        }

        func visitorBound(of project: Int32) async throws -> Int64? { nil }
    }

    private static func days(_ first: Int64, _ last: Int64) -> TimeRange {
        TimeRange(start: Instant(milliseconds: first * 86_400_000), end: Instant(milliseconds: last * 86_400_000))
    }

    /// Checks the range of the facts that a result depends on. A cached result is stale if any of them changes.
    @Test(
        "a result for a segment also depends on the range that decides membership",
        arguments: [
            (nil, days(20, 30), days(20, 30)), (Segment(.all([])), days(20, 30), days(10, 30)),
            (Segment(.user(Comparison(.exists))), days(20, 30), .always),
        ])
    func decisiveRange(segment: Segment?, range: TimeRange, expected: TimeRange) async throws {
        let recorder = Recorder()
        let scope = Scope(project: 1, range: Self.days(10, 15), segment: segment, reader: recorder).widened(to: range)
        _ = try await scope.rows("test", "SELECT 1 FROM activity")
        #expect(recorder.ranges.withLock { $0 } == [expected])
    }
}
