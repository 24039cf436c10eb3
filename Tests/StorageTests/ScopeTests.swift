import Common
@_spi(Scopes) import Storage
import Synchronization
import Testing

@Suite("Scope")
struct ScopeTests {
    /// Answers nothing, and remembers over which ranges it was asked.
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

    /// The ranges in which facts decide about an answer: what a kept answer is compared with.
    @Test("an answer about a segment rests on the range that tells who is in it too", arguments: [
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
