import Common
@_spi(Host) import Storage

/// The rows of a statement in batches, for results of any length: `Scope.stream` makes one. The statement waits until the next batch is
/// asked for, and ends when the stream is released.
public final class RowStream: Sendable {
    private let reader: any BatchReader

    init(_ reader: any BatchReader) { self.reader = reader }

    deinit { reader.close() }

    /// The next rows, at least one; nil after the last. Call it from one task at a time.
    /// - Throws: `ServiceError` 503 if the rows take longer than the installation's time limit, or the store is unavailable.
    public func next() async throws -> Rows? { try await Self.limited { try await reader.next() } }

    /// Runs `body`, and converts the error for a batch that took too long to the one that callers see.
    static func limited<Result>(_ body: () async throws -> Result) async throws -> Result {
        do { return try await body() } catch let timeout as QueryTimeout {
            throw ServiceError.unavailable(
                "query_timeout", "The next rows took longer than \(Int(timeout.seconds)) seconds, so the statement was stopped.",
                retryAfterSeconds: 5)
        }
    }
}
