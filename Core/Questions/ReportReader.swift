import Common
@_spi(Host) import Storage

/// Where scopes get their rows. Implementations wait briefly until acknowledged events can be queried, cache results, and stop
/// statements that take too long.
public protocol ReportReader: Sendable {
    /// The SQL dialect of the event store.
    var dialect: Dialect { get }
    /// Runs one statement that reads the project's facts in the range.
    /// - Throws: `ServiceError` 503 past the installation's time limit or while the store is away.
    func rows(_ statement: SQL, of project: Int32, over range: TimeRange) async throws -> Rows
    /// `EventStore.visitorBound`, once acknowledged events can be queried.
    func visitorBound(of project: Int32) async throws -> Int64?

    /// A reader for one response, whose statements share a single wait.
    func forOneResponse() -> any ReportReader
    /// If acknowledged events may be missing in the response, the instant before which none is missing; nil if it has all of them.
    var asOf: Instant? { get }
}

extension ReportReader {
    public func forOneResponse() -> any ReportReader { self }
    public var asOf: Instant? { nil }
}
