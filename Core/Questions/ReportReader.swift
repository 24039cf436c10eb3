import Common
@_spi(Host) import Storage

/// Runs the SQL statements of reports. Implementations wait briefly until acknowledged events can be queried, cache results, and stop
/// statements that take too long.
public protocol ReportReader: Sendable {
    /// The SQL dialect of the event store.
    var dialect: Dialect { get }
    /// Runs one query that reads the project's facts in the range.
    /// - Throws: `ServiceError` 503 if the query exceeds the installation's time limit or the store is unavailable.
    func rows(_ query: PartedQuery, of project: Int32, over range: TimeRange) async throws -> Rows
    /// Starts a statement that reads the project's facts and may return any number of rows. They are not cached.
    /// - Throws: `ServiceError` 503 if too many such statements are running, or the first rows exceed the time limit.
    func stream(_ statement: SQL, of project: Int32) async throws -> RowStream
    /// The value of `EventStore.visitorBound`, read once acknowledged events can be queried.
    func visitorBound(of project: Int32) async throws -> Int64?

    /// A reader for one response, whose statements share a single wait.
    func forOneResponse() -> any ReportReader
    /// The response has all events that were acknowledged before this instant, but may lack later ones. Nil if it lacks none.
    var asOf: Instant? { get }
}

extension ReportReader {
    public func forOneResponse() -> any ReportReader { self }
    public var asOf: Instant? { nil }
}
